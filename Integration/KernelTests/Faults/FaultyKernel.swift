import Glibc

/// Has a program meet a kernel that errs: a library that is loaded before all others stands in its system calls.
///
/// It errs only while it was told to (``begin()``), so that a program may first come to rest.
final class FaultyKernel {
    /// Which of the program's calls meet the fault.
    struct Occasion {
        enum Call: String {
            /// A transaction of nftables that takes effect.
            case commit
            /// The same, and one that is only tried.
            case batch
            /// Changes of routes and neighbours.
            case routing
            /// The end of running flows.
            case flows
            /// Anything that only asks.
            case reading
            /// The value of a kernel parameter.
            case parameter
        }

        var call = Call.commit
        /// Octets that are part of what is sent; of a batch, a message that has them is the one that counts.
        var match: String?
        /// Counted from 1.
        var first = 1
        /// How often at most; `nil` for as long as the kernel errs.
        var times: Int?
    }

    enum Fault {
        /// What the messages of the batch bring as elements is lost; all else is done and acknowledged.
        case loseElements
        /// The batch loses its end; the kernel acknowledges its messages and takes them back.
        case cut
        /// The kernel did it and does not say so.
        case dropAcknowledgement
        /// Every answer comes twice.
        case repeatAnswers
        /// The kernel did it, and its answers found no room (ENOBUFS).
        case loseAnswers
        /// The call did nothing and failed.
        case failSend(Int32)
        /// The call did what it does; its answer is late.
        case failReceive(Int32)
        /// The kernel refuses the messages with this errno.
        case refuse(Int32)
        /// Somebody does something in the moment before the call.
        case preceded(by: String)

        fileprivate var variables: [String: String] {
            switch self {
            case .loseElements: ["FAULT_ACTION": "empty-elements"]
            case .cut: ["FAULT_ACTION": "cut"]
            case .dropAcknowledgement: ["FAULT_ACTION": "drop-acknowledgement"]
            case .repeatAnswers: ["FAULT_ACTION": "repeat-answers"]
            case .loseAnswers: ["FAULT_ACTION": "lose-answers"]
            case .failSend(let number): ["FAULT_ACTION": "fail-send", "FAULT_ERRNO": "\(number)"]
            case .failReceive(let number): ["FAULT_ACTION": "fail-receive", "FAULT_ERRNO": "\(number)"]
            case .refuse(let number): ["FAULT_ACTION": "refuse", "FAULT_ERRNO": "\(number)"]
            case .preceded(let command): ["FAULT_ACTION": "before", "FAULT_COMMAND": command]
            }
        }
    }

    private let folder: String
    private let variables: [String: String]

    init(_ fault: Fault, at occasion: Occasion = Occasion()) throws {
        var variables = fault.variables
        variables["FAULT_CALL"] = occasion.call.rawValue
        variables["FAULT_MATCH"] = occasion.match
        variables["FAULT_FIRST"] = "\(occasion.first)"
        variables["FAULT_TIMES"] = "\(occasion.times ?? 0)"
        self.variables = variables
        folder = try Self.makeFolder()
    }

    /// Has the program die of SIGKILL right before its so-manieth system call of those that change something of
    /// nftables, routes, neighbours, running flows or kernel parameters, or are the first after such a change.
    init(killsAt call: Int) throws {
        variables = ["FAULT_KILL_AT": "\(call)"]
        folder = try Self.makeFolder()
    }

    deinit {
        _ = try? Command(["rm", "-rf", folder]).run()
    }

    /// For the programs that are to meet it.
    var environment: [String: String] {
        variables.merging([
            "LD_PRELOAD": Self.library, "FAULT_WHILE": flag, "FAULT_LOG": "\(folder)/log",
        ]) { $1 }
    }

    private var flag: String { "\(folder)/errs" }

    /// It errs from now on.
    func begin() throws { try writeFile(flag, "") }

    /// It errs no more.
    func end() throws {
        guard unlink(flag) == 0 else { throw TestKitError("unlink \(flag): errno \(errno)") }
    }

    /// What it did so far, a line each.
    var log: [String] { ((try? readFile("\(folder)/log")) ?? "").split(separator: "\n").map(String.init) }

    /// How often the program met the fault.
    var errors: Int { log.count { !$0.hasPrefix("step ") && !$0.hasPrefix("failed ") } }

    private static func makeFolder() throws -> String {
        let folder = "/tmp/margay-test-\(getpid())-\(String(UInt32.random(in: 0 ... .max), radix: 16))"
        guard mkdir(folder, 0o755) == 0 else { throw TestKitError("mkdir \(folder): errno \(errno)") }
        return folder
    }

    /// Built once for all tests of this process.
    private static let library: String = {
        atexit { _ = try? Command(["rm", "-rf", libraryFolder]).run() }
        let folder = libraryFolder
        do {
            guard mkdir(folder, 0o755) == 0 || errno == EEXIST else { throw TestKitError("mkdir: errno \(errno)") }
            try writeFile("\(folder)/faulty.c", source)
            // The one compiler that is there wherever Swift is.
            try Command(["clang", "-shared", "-fPIC", "-O1", "-o", "\(folder)/faulty.so", "\(folder)/faulty.c"])
                .succeed()
        } catch {
            fatalError("cannot build the library of faults: \(error)")
        }
        return "\(folder)/faulty.so"
    }()

    private static let libraryFolder = "/tmp/margay-faults-\(getpid())"
}
