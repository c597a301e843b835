import DatastoreEtcd
import Glibc
import TestSupport

/// An etcd cluster of Debian's package, on loopback in a network namespace of its own.
final class EtcdCluster: @unchecked Sendable {
    let namespace: NetworkNamespace
    let folder = TemporaryFolder()
    /// Whose thread is in the namespace.
    let executor: NamespaceExecutor
    private let arguments: [String]
    private let scheme: String
    private let count: Int
    private let ownUsers: Bool
    private var members: [Int: RunningCommand] = [:]
    /// What `etcdctl` says of itself: `--cacert`, `--cert`, `--user` and so on.
    var credentials: [String] = []

    static let prefix = "/calico/resources/v3/projectcalico.org/"

    /// Starts the members, and returns when they answer.
    /// - Parameters:
    ///   - namespace: One of its own when `nil`.
    ///   - arguments: More of etcd's options, for every member.
    ///   - scheme: `https` where the arguments say with which certificates.
    ///   - ownUsers: Whether each member runs as a user of its own, so that its packets can be told apart.
    init(
        in namespace: NetworkNamespace? = nil, members count: Int = 1, arguments: [String] = [],
        scheme: String = "http", ownUsers: Bool = false
    ) throws {
        let namespace = try namespace ?? NetworkNamespace()
        self.namespace = namespace
        self.count = count
        self.arguments = arguments
        self.scheme = scheme
        self.ownUsers = ownUsers
        executor = NamespaceExecutor(namespace)
        for member in 0..<count { try start(member) }
        if scheme == "http" { try waitUntilHealthy() }
    }

    static func clientPort(_ member: Int) -> Int { 23_790 + member * 10 }
    static func peerPort(_ member: Int) -> Int { clientPort(member) + 1 }
    static func user(of member: Int) -> Int { 61_000 + member }

    var endpoints: [String] { (0..<count).map { "\(scheme)://127.0.0.1:\(Self.clientPort($0))" } }

    /// How to reach the cluster, as nobody in particular.
    var access: EtcdAccess { EtcdAccess(endpoints: endpoints.compactMap(EtcdEndpoint.init)) }

    func start(_ member: Int) throws {
        let peers = (0..<count).map { "m\($0)=http://127.0.0.1:\(Self.peerPort($0))" }.joined(separator: ",")
        let data = folder.path(of: "m\(member)")
        let options =
            [
                "--name", "m\(member)", "--data-dir", data,
                "--listen-client-urls", endpoints[member], "--advertise-client-urls", endpoints[member],
                "--listen-peer-urls", "http://127.0.0.1:\(Self.peerPort(member))",
                "--initial-advertise-peer-urls", "http://127.0.0.1:\(Self.peerPort(member))",
                "--initial-cluster", peers, "--heartbeat-interval", "50", "--election-timeout", "500",
                "--logger", "zap", "--log-level", "warn",
            ] + arguments
        // Nobody reads a running program's output, and a full pipe would stop it.
        let log = folder.path(of: "m\(member).log")
        let program =
            ownUsers
            ? "chmod 711 \(folder.path) && mkdir -p \(data) && chown \(Self.user(of: member)) \(data) && "
                + "exec setpriv --reuid \(Self.user(of: member)) --clear-groups etcd" : "exec etcd"
        members[member] = try namespace.command(["sh", "-c", "\(program) \"$@\" >>\(log) 2>&1", "sh"] + options).start()
    }

    /// Ends a member as `kill` does, and waits for its end where the signal brings that about.
    func signal(_ member: Int, _ number: Int32) throws {
        members[member]?.signal(number)
        guard number == SIGKILL || number == SIGTERM else { return }
        _ = try members.removeValue(forKey: member)?.wait()
    }

    /// Forgets what a member that has ended knew.
    func erase(_ member: Int) { TemporaryFolder.removeTree(folder.path(of: "m\(member)")) }

    func waitUntilHealthy(limit: Duration = .seconds(30)) throws {
        let deadline = ContinuousClock.now + limit
        while try ctl("endpoint", "health", "--cluster").exitCode != 0 {
            guard ContinuousClock.now < deadline else {
                let logs = (0..<count).map { "cat \(folder.path(of: "m\($0).log"))" }.joined(separator: ";")
                throw TestKitError("etcd did not become healthy: \(try Command(["sh", "-c", logs]).run())")
            }
            usleep(50_000)
        }
    }

    /// Runs `etcdctl` against all endpoints.
    func ctl(_ arguments: String..., options: [String] = []) throws -> CommandResult {
        try namespace.command(
            ["env", "ETCDCTL_API=3", "etcdctl", "--endpoints", endpoints.joined(separator: ",")] + credentials + options
                + arguments
        ).run()
    }

    /// Sets a key below ``prefix``.
    func put(_ path: String, _ value: String) throws {
        let result = try ctl("put", Self.prefix + path, value)
        guard result.exitCode == 0 else { throw TestKitError("put \(path): \(result)") }
    }

    /// Removes a key below ``prefix``.
    func delete(_ path: String) throws {
        let result = try ctl("del", Self.prefix + path)
        guard result.exitCode == 0 else { throw TestKitError("delete \(path): \(result)") }
    }

    /// Lets the cluster forget all revisions before the present one.
    func compact() throws {
        let revision = try ctl("get", Self.prefix, "-w", "json").output.firstMatch(of: /"revision":(\d+)/)?.1
        guard let revision else { throw TestKitError("etcd tells no revision") }
        let result = try ctl("compact", String(revision))
        guard result.exitCode == 0 else { throw TestKitError("compact: \(result)") }
    }

    /// Swallows every packet to and from a port, as a cut cable does: nobody is told.
    func cut(_ port: Int) throws {
        try namespace.nft(
            """
            add table inet cut
            add chain inet cut input { type filter hook input priority 0; }
            add rule inet cut input tcp dport \(port) drop
            add rule inet cut input tcp sport \(port) drop
            """)
    }

    /// Lets all packets pass again.
    func heal() throws { try namespace.nft("delete table inet cut") }
}
