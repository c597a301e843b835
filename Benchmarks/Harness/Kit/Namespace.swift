import CPeers
import Glibc

/// A network namespace without a name, gone when nothing refers to it and nothing runs in it any more.
///
/// The harness is one thread, which moves there and back: what `within` starts and opens is there.
final class Namespace {
    private let descriptor: Int32

    init() throws {
        guard geteuid() == 0 else { throw HarnessError("network namespaces take root (CAP_SYS_ADMIN)") }
        let home = try Self.current()
        defer { close(home) }
        guard cpeers_new_network() == 0 else { throw HarnessError.system("make a network namespace") }
        defer { Self.enter(home) }
        descriptor = try Self.current()
        try margay_bench.ip(["link set lo up"])
        // Addresses of IPv6 are usable at once.
        for scope in ["all", "default"] { try write("0", to: "/proc/sys/net/ipv6/conf/\(scope)/accept_dad") }
    }

    deinit { close(descriptor) }

    /// What iproute2 takes for a namespace's name.
    var path: String { "/proc/\(getpid())/fd/\(descriptor)" }

    @discardableResult
    func within<Result: ~Copyable>(_ body: () throws -> Result) throws -> Result {
        let home = try Self.current()
        defer { close(home) }
        Self.enter(descriptor)
        defer { Self.enter(home) }
        return try body()
    }

    func ip(_ lines: String...) throws {
        try within { try margay_bench.ip(lines) }
    }

    private static func current() throws -> Int32 {
        let descriptor = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw HarnessError.system("open a network namespace") }
        return descriptor
    }

    private static func enter(_ descriptor: Int32) {
        // There is no going on in another namespace than the one that is meant.
        if cpeers_enter_network(descriptor) != 0 { fatalError("cannot enter a network namespace") }
    }
}

/// Runs `body` in a network namespace of its own with an uplink `eth0` that has an address.
///
/// Without an addressed interface among the first every IPv4 route costs a walk over all interfaces (`inet_select_addr`).
func inNamespace<Result>(_ body: () throws -> Result) throws -> Result {
    try Namespace().within {
        try ip([
            "link add eth0 type veth peer name outside", "address add 192.0.2.1/24 dev eth0", "link set outside up",
            "link set eth0 up",
        ])
        return try body()
    }
}

/// Runs lines of iproute2, without the leading `ip`.
func ip(_ lines: [String]) throws {
    try Program("ip", "-batch", "-").run(input: lines.joined(separator: "\n") + "\n")
}

/// Writes a file of the kernel's, or of a scene's.
func write(_ text: String, to path: String) throws {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw HarnessError.system("open \(path)") }
    defer { close(file) }
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
        let written = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
        guard written > 0 else { throw HarnessError.system("write \(path)") }
        bytes = bytes.dropFirst(written)
    }
}
