import CPeers
import Glibc

/// Runs `body` in a network namespace of its own, which is gone afterwards, with an uplink `eth0` that has an address.
///
/// The harness is one thread, which moves there and back: what `body` starts and opens is there as well. Without an addressed
/// interface among the first every IPv4 route costs a walk over all interfaces (`inet_select_addr`).
func inNamespace<Result>(_ body: () throws -> Result) throws -> Result {
    guard geteuid() == 0 else { throw HarnessError("network namespaces take root (CAP_SYS_ADMIN)") }
    let home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
    guard home >= 0 else { throw HarnessError.system("open this namespace") }
    defer { close(home) }
    guard cpeers_new_network() == 0 else { throw HarnessError.system("make a network namespace") }
    defer {
        if cpeers_enter_network(home) != 0 { fatalError("cannot return to the first network namespace") }
    }
    try ip([
        "link set lo up", "link add eth0 type veth peer name outside", "address add 192.0.2.1/24 dev eth0",
        "link set outside up", "link set eth0 up",
    ])
    return try body()
}

/// Runs lines of iproute2, without the leading `ip`.
func ip(_ lines: [String]) throws {
    try Program("ip", "-batch", "-").run(input: lines.joined(separator: "\n") + "\n")
}
