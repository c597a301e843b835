import CLinux
import Glibc
import Routing

/// What the test kit itself could not do.
struct TestKitError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// A network namespace of its own, as `/run/netns/margay-test-…`, gone when the last reference is.
///
/// Never skips: a test that cannot have a namespace fails, and says what is missing.
final class NetworkNamespace: Sendable {
    let name: String
    private let descriptor: Int32

    init() throws {
        guard geteuid() == 0 else {
            throw TestKitError("kernel tests make network namespaces (CAP_SYS_ADMIN): run them as root")
        }
        Self.sweep
        name = "margay-test-\(getpid())-\(String(UInt32.random(in: 0 ... .max), radix: 16))"
        try Command(["ip", "netns", "add", name]).succeed()
        descriptor = open("/run/netns/\(name)", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw TestKitError("cannot open /run/netns/\(name): errno \(errno)") }
        try run {
            // Duplicate address detection would keep every IPv6 address unusable for a second.
            for scope in ["all", "default"] {
                try Sysctl().write("0", to: SysctlKey(path: "net/ipv6/conf/\(scope)/accept_dad"))
            }
        }
        try ip("link set lo up")
    }

    deinit {
        close(descriptor)
        _ = try? Command(["ip", "netns", "delete", name]).run()
    }

    /// Removes what a killed test process left behind, once per process.
    private static let sweep: Void = {
        guard let folder = opendir("/run/netns") else { return }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            let parts = name.split(separator: "-")
            guard name.hasPrefix("margay-test-"), parts.count == 4, let owner = pid_t(parts[2]), kill(owner, 0) != 0,
                errno == ESRCH
            else { continue }
            _ = try? Command(["ip", "netns", "delete", name]).run()
        }
    }()

    /// Moves the calling thread into the namespace, for good; returns whether that succeeded.
    func enter() -> Bool { clinux_enter_network(descriptor) == 0 }

    /// Runs `body` on a thread of its own inside the namespace, and waits for it.
    ///
    /// Sockets that `body` opens stay in the namespace and may be returned and used from anywhere.
    func run<Result: ~Copyable>(_ body: () throws -> Result) throws -> Result {
        var result: Result?
        var failure: (any Error)?
        withoutActuallyEscaping(body) { body in
            let work = Work {
                guard self.enter() else {
                    failure = TestKitError("cannot enter the network namespace: errno \(errno)")
                    return
                }
                do { result = try body() } catch { failure = error }
            }
            var thread = pthread_t()
            let created = pthread_create(
                &thread, nil,
                { argument in
                    Unmanaged<Work>.fromOpaque(argument!).takeUnretainedValue().body()
                    return nil
                }, Unmanaged.passUnretained(work).toOpaque())
            if created == 0 {
                pthread_join(thread, nil)
            } else {
                failure = TestKitError("cannot start a thread: errno \(created)")
            }
            work.body = {}
        }
        if let failure { throw failure }
        return result.take()!
    }

    private final class Work {
        var body: () -> Void

        init(_ body: @escaping () -> Void) {
            self.body = body
        }
    }

    /// A command that will run inside the namespace.
    func command(_ arguments: [String]) -> Command {
        Command(["ip", "netns", "exec", name] + arguments)
    }

    /// Runs a command inside the namespace to its end.
    @discardableResult
    func execute(_ arguments: String..., limit: Duration = .seconds(20)) throws -> CommandResult {
        try command(arguments).run(limit: limit)
    }

    /// Runs lines of iproute2 (without the leading `ip`) in one go; the first that fails is an error.
    @discardableResult
    func ip(_ lines: String...) throws -> String {
        try command(["sh", "-ec", lines.map { "ip \($0)" }.joined(separator: "\n")]).succeed()
    }

    /// Loads nft text.
    func nft(_ text: String) throws {
        try command(["nft", text]).succeed()
    }

    /// Whether the peer answers one ping within a second.
    func pings(_ address: some CustomStringConvertible) throws -> Bool {
        try execute("ping", "-n", "-c", "1", "-W", "1", "\(address)").exitCode == 0
    }
}
