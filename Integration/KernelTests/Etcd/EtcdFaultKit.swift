import Datastore
import DatastoreEtcd
import Glibc
import Logging
import Synchronization

extension EtcdTuning {
    /// Gives up within a second what the agent waits for longer.
    static var quick: EtcdTuning {
        var tuning = EtcdTuning()
        tuning.connecting = .seconds(2)
        tuning.call = .seconds(2)
        tuning.question = .milliseconds(300)
        tuning.longestPause = .milliseconds(400)
        return tuning
    }

    /// Gives nothing up while a test lasts.
    static var patient: EtcdTuning {
        var tuning = EtcdTuning()
        tuning.connecting = .seconds(600)
        tuning.call = .seconds(600)
        tuning.question = .seconds(600)
        tuning.keepalive = .seconds(600)
        tuning.shortestPause = .seconds(600)
        tuning.longestPause = .seconds(600)
        return tuning
    }

    func with(_ change: (inout EtcdTuning) -> Void) -> EtcdTuning {
        var copy = self
        change(&copy)
        return copy
    }
}

extension EtcdCluster {
    func datastore(_ tuning: EtcdTuning, port: Int? = nil) -> EtcdDatastore {
        let access = port.map { EtcdAccess(endpoints: [EtcdEndpoint("http://127.0.0.1:\($0)")].compactMap(\.self)) }
        return EtcdDatastore(
            access: access ?? self.access, allowWideNetworks: false, logger: Logger(label: "test"), executor: executor,
            tuning: tuning)
    }

    /// Answers of `ss` about TCP sockets in the namespace.
    func sockets(_ filter: String...) throws -> [Substring] {
        try namespace.command(["ss", "-tnHp"] + filter).succeed().split(separator: "\n")
    }

    /// The member that this process is connected to.
    func followed() throws -> Int? {
        let ports = try sockets("state", "established").filter { $0.contains("pid=\(getpid()),") }
            .compactMap { $0.split(separator: " ").dropFirst(3).first?.split(separator: ":").last }
        return (0..<3).first { ports.contains("\(Self.clientPort($0))") }
    }

    /// How many sockets this process has in the namespace, whatever their state.
    func ownDescriptors() throws -> Int {
        try namespace.run {
            let own = Self.target(of: "/proc/thread-self/ns/net")
            guard let folder = opendir("/proc/self/fd") else { throw TestKitError("/proc/self/fd: errno \(errno)") }
            defer { closedir(folder) }
            var count = 0
            while let entry = readdir(folder) {
                let name = withUnsafeBytes(of: entry.pointee.d_name) {
                    String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                }
                // SIOCGSKNS: the namespace of a socket; anything else refuses.
                guard let descriptor = Int32(name) else { continue }
                let space = ioctl(descriptor, 0x894c)
                guard space >= 0 else { continue }
                if Self.target(of: "/proc/self/fd/\(space)") == own { count += 1 }
                close(space)
            }
            return count
        }
    }

    /// `net:[4026531840]`
    private static func target(of link: String) -> String {
        var bytes = [CChar](repeating: 0, count: 64)
        let count = readlink(link, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

/// A source whose receiver does something before it takes a batch.
struct Hindered: Datastore {
    let base: any Datastore
    let before: @Sendable ([DatastoreEvent]) async -> Void

    var kind: String { base.kind }
    var location: String { base.location }

    func run(_ deliver: @escaping @Sendable ([DatastoreEvent]) async -> Void) async throws {
        let before = before
        try await base.run { events in
            await before(events)
            await deliver(events)
        }
    }

    func snapshot() async throws -> [DatastoreEvent] { try await base.snapshot() }
}

/// Says yes once it has been asked for.
final class Latch: Sendable {
    private let state = Atomic(false)

    func open() { state.store(true, ordering: .sequentiallyConsistent) }
    func close() { state.store(false, ordering: .sequentiallyConsistent) }
    var isOpen: Bool { state.load(ordering: .sequentiallyConsistent) }
    /// Opens it; whether it was closed before.
    func openFirst() -> Bool { !state.exchange(true, ordering: .sequentiallyConsistent) }
    func wait() async { while !isOpen { try? await Task.sleep(for: .milliseconds(5)) } }
}

/// Tries again until the condition holds: for as long as the limit says, and a hundred times at least, however rarely this
/// gets to run.
func until(_ what: String, limit: Duration = .seconds(20), _ condition: () throws -> Bool) async throws {
    let deadline = ContinuousClock.now + limit
    var attempts = 0
    while try !condition() {
        attempts += 1
        guard ContinuousClock.now < deadline || attempts < 100 else {
            throw TestKitError("waited \(limit) for \(what) in vain")
        }
        try await Task.sleep(for: .milliseconds(20))
    }
}
