import Glibc
import Status

/// Margay as it would be installed on a host: the built program, a configuration file, a folder of resources and a
/// socket, all in a temporary folder that goes with this.
final class Installation {
    let host: NetworkNamespace
    let folder: String

    /// The program beside the test bundle.
    static let program: String = {
        let bundle = (try? Command(["readlink", "/proc/\(getpid())/exe"]).succeed()) ?? ""
        return bundle.split(separator: "/").dropLast().reduce(into: "") { $0 += "/\($1)" } + "/margay"
    }()

    /// - Parameter settings: Lines of the configuration file besides node, source and socket.
    init(in host: NetworkNamespace, settings: String = "") throws {
        guard access(Self.program, X_OK) == 0 else {
            throw TestKitError("\(Self.program) is not there: build the product with the tests")
        }
        self.host = host
        folder = "/tmp/margay-test-\(getpid())-\(String(UInt32.random(in: 0 ... .max), radix: 16))"
        guard mkdir(folder, 0o755) == 0, mkdir(resources, 0o755) == 0 else {
            throw TestKitError("mkdir \(folder): errno \(errno)")
        }
        try configure(settings)
    }

    deinit {
        _ = try? Command(["rm", "-rf", folder]).run()
    }

    var resources: String { "\(folder)/resources" }
    var configuration: String { "\(folder)/margay.yaml" }
    var socket: String { "\(folder)/margay.sock" }
    /// Where the agent keeps what it has accepted.
    var lastGood: String { "\(folder)/state/last-good.yaml" }

    func configure(_ settings: String) throws {
        try writeFile(
            configuration,
            """
            node: node1
            source: {type: directory, directory: {path: \(resources)}}
            status: {socket: \(socket)}
            \(settings)

            """)
    }

    /// Brings a file into the folder in one step, as an editor or a deployment does.
    func put(_ name: String, _ text: String) throws {
        try writeFile("\(resources)/.\(name).new", text)
        guard rename("\(resources)/.\(name).new", "\(resources)/\(name)") == 0 else {
            throw TestKitError("rename to \(name): errno \(errno)")
        }
    }

    /// Takes away what an earlier agent has accepted.
    func forgetLastGood() throws { try Command(["rm", "-f", lastGood]).succeed() }

    func delete(_ name: String) throws {
        guard unlink("\(resources)/\(name)") == 0 else { throw TestKitError("delete \(name): errno \(errno)") }
    }

    /// The program inside the host's namespace, with this configuration, what was accepted kept in this folder, and no
    /// variables of somebody else's.
    /// - Parameters:
    ///   - through: A program and its options that will run it.
    ///   - program: Another copy of it.
    func command(
        _ arguments: [String], environment: [String: String] = [:], through: [String] = [],
        program: String = Installation.program
    ) -> Command {
        let environment = ["MARGAY_LAST_GOOD_PATH": lastGood].merging(environment) { $1 }
        let variables = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return host.command(
            ["env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"] + Self.sanitizing + variables + through
                + [program, "--config", configuration] + arguments)
    }

    /// What `scripts/test-sanitize` says to every process.
    private static let sanitizing = ["ASAN_OPTIONS", "TSAN_OPTIONS"].compactMap { (name: String) -> String? in
        getenv(name).map { "\(name)=\(String(cString: $0))" }
    }

    @discardableResult
    func run(_ arguments: String..., limit: Duration = .seconds(20)) throws -> CommandResult {
        try command(arguments).run(limit: limit)
    }

    func startAgent(
        _ arguments: [String] = [], environment: [String: String] = [:], preparation: String = ":",
        program: String = Installation.program
    ) throws -> RunningAgent {
        try RunningAgent(self, arguments, environment, preparation: preparation, program: program)
    }

    /// Everything of the kernel that is anybody's to program, with handles and without counters.
    func kernelState() throws -> String {
        try host.command([
            "sh", "-ec",
            """
            nft -a -s list ruleset
            ip route show table all
            ip neighbour show nud permanent
            sysctl -a --pattern '^net.ipv4.*(forwarding|proxy_arp|proxy_delay)$' 2>/dev/null || true
            """,
        ]).succeed()
    }
}

func writeFile(_ path: String, _ text: String) throws {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw TestKitError("write \(path): errno \(errno)") }
    defer { close(file) }
    let bytes = Array(text.utf8)
    guard write(file, bytes, bytes.count) == bytes.count else { throw TestKitError("write \(path): errno \(errno)") }
}

func readFile(_ path: String) throws -> String {
    try Command(["cat", path]).succeed()
}

extension StatusReport {
    func endpoint(_ name: String) -> Endpoint? { endpoints.first { $0.name == name } }

    func state(_ name: String) -> Endpoint.State? { endpoint(name)?.state }
}
