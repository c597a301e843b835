import Foundation

/// Tries a property on mutated inputs.
///
/// `make test` tries a fixed number from a fixed seed. `make fuzz` goes on for a while from a random one; the
/// environment says how:
/// - `MARGAY_FUZZ_SECONDS`: until so many seconds have passed, instead of the fixed number.
/// - `MARGAY_FUZZ_SEED`: the seed, a number.
///
/// What is being tried stands in a file all the time, so that an input that ends the process is there afterwards.
public struct Fuzz: ~Copyable {
    private let name: String
    private let seed: UInt64
    private let rounds: Int
    private let seconds: Int?
    private let corpus: [[UInt8]]
    private let mutate: (SplitMix) -> [UInt8]
    private let record: InputRecord

    /// - Parameters:
    ///   - rounds: How many inputs `make test` tries.
    ///   - corpus: What is mutated: real inputs, none empty.
    ///   - words: What is put into inputs now and then: the language's own signs.
    public init(_ name: String, rounds: Int, corpus: [[UInt8]], words: [[UInt8]] = []) {
        self.init(name, rounds: rounds, corpus: corpus) { generator in
            var mutator = Mutator(generator, words: words)
            return mutator.mutated(corpus)
        }
    }

    /// - Parameter mutate: Makes an input of a format that octets cannot be changed in at will.
    public init(_ name: String, rounds: Int, corpus: [[UInt8]], mutate: @escaping (SplitMix) -> [UInt8]) {
        let environment = ProcessInfo.processInfo.environment
        let seconds = environment["MARGAY_FUZZ_SECONDS"].flatMap { Int($0) }
        let given = environment["MARGAY_FUZZ_SEED"].flatMap { UInt64($0) }
        self.name = name
        seed = given ?? (seconds == nil ? 1 : .random(in: 0 ... .max))
        self.rounds = rounds
        self.seconds = seconds
        self.corpus = corpus
        self.mutate = mutate
        record = InputRecord(name)
    }

    /// Runs the property on every input of the corpus as it is, and then on mutated ones, until one fails.
    ///
    /// - Parameters:
    ///   - limit: The processor time that one input may take: what a hang and a thousandfold effort look like. Others'
    ///     load does not count.
    ///   - property: Says what is wrong with what came of an input, or `nil`.
    /// - Returns: What failed, and how to see it again; `nil` if nothing did.
    public func run(limit: Duration = .seconds(10), _ property: ([UInt8]) throws -> String?) -> String? {
        for (number, input) in corpus.enumerated() {
            if let problem = attempt(input, limit, property) { return "\(name), input \(number) as it is: \(problem)" }
        }
        let start = ContinuousClock.now
        var round = 0
        while seconds.map({ ContinuousClock.now - start < .seconds($0) }) ?? (round < rounds) {
            // Each round has a generator of its own: it can be tried again alone.
            let input = mutate(SplitMix(seed: seed &+ UInt64(round) &* 0x2545_f491_4f6c_dd1d))
            if let problem = attempt(input, limit, property) {
                return "\(name), seed \(seed), round \(round), input in \(record.keep()): \(problem)"
            }
            round += 1
        }
        if seconds != nil { print("fuzzed \(name) with seed \(seed): \(round) inputs") }
        return nil
    }

    private func attempt(_ input: [UInt8], _ limit: Duration, _ property: ([UInt8]) throws -> String?) -> String? {
        record.write(input)
        let start = Self.processorTime
        let problem: String?
        do {
            problem = try property(input)
        } catch {
            problem = "threw \(error)"
        }
        let used = Self.processorTime - start
        return problem ?? (used > limit ? "took \(used) of processor time" : nil)
    }

    private static var processorTime: Duration {
        var now = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now)
        return .seconds(now.tv_sec) + .nanoseconds(now.tv_nsec)
    }
}

/// Writes an input where it outlives the process: a mapped file costs no system call for each.
private final class InputRecord {
    private let path: String
    private let pages: UnsafeMutableRawPointer?
    private var isKept = false
    private static let size = 1 << 20

    init(_ name: String) {
        path = "/tmp/margay-fuzz-\(name)-\(getpid())"
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        defer { close(descriptor) }
        guard descriptor >= 0, ftruncate(descriptor, Self.size) == 0,
            let pages = mmap(nil, Self.size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), pages != MAP_FAILED
        else {
            self.pages = nil
            return
        }
        self.pages = pages
    }

    /// Its length in eight octets, then its octets.
    func write(_ input: [UInt8]) {
        guard let pages else { return }
        pages.storeBytes(of: input.count, as: Int.self)
        input.withUnsafeBytes {
            (pages + 8).copyMemory(
                from: $0.baseAddress ?? UnsafeRawPointer(pages), byteCount: min($0.count, Self.size - 8))
        }
    }

    /// Where the input can be found from now on.
    func keep() -> String {
        isKept = true
        return path
    }

    deinit {
        if let pages { munmap(pages, Self.size) }
        if !isKept { unlink(path) }
    }
}

/// A generator whose numbers depend on its seed alone.
public struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }
}
