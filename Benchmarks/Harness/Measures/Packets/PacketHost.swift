import Glibc

/// A host that forwards between one workload (interface `cali1`) and the outside (`eth0`), each in a namespace of its own.
///
/// Over veth pairs the kernel does all its work for a packet within the system call that sends it: the time of that call is the
/// packet's cost.
final class PacketHost {
    static let workloadAddress = (v4: "10.64.0.1", v6: "2001:db8:0::1")
    static let outsideAddress = (v4: "192.0.2.2", v6: "2001:db8:ffff::2")
    /// The outside is handed what is sent there and drops it.
    static let nobodysAddress = "192.0.2.3"

    let host: Namespace
    let workload: Namespace
    let outside: Namespace

    init() throws {
        (host, workload, outside) = (try Namespace(), try Namespace(), try Namespace())
        let (own, peer) = (Self.workloadAddress, Self.outsideAddress)
        try host.ip(
            "link add eth0 address 02:00:00:00:ff:01 type veth peer name eth0 address 02:00:00:00:ff:02 netns \(outside.path)",
            "link add cali1 address 02:00:00:00:ff:03 type veth peer name eth0 address 02:00:00:00:00:01 netns \(workload.path)",
            "address add 192.0.2.1/24 dev eth0", "address add 2001:db8:ffff::1/64 dev eth0", "link set eth0 up",
            "link set cali1 up", "neighbour add \(peer.v4) lladdr 02:00:00:00:ff:02 dev eth0",
            "neighbour add \(peer.v6) lladdr 02:00:00:00:ff:02 dev eth0",
            "neighbour add \(Self.nobodysAddress) lladdr 02:00:00:00:ff:02 dev eth0")
        try outside.ip(
            "address add \(peer.v4)/24 dev eth0", "address add \(peer.v6)/64 dev eth0", "link set eth0 up",
            "neighbour add 192.0.2.1 lladdr 02:00:00:00:ff:01 dev eth0",
            "neighbour add 2001:db8:ffff::1 lladdr 02:00:00:00:ff:01 dev eth0", "route add 10.64.0.0/16 via 192.0.2.1",
            "route add 2001:db8::/64 via 2001:db8:ffff::1")
        try workload.ip(
            "address add \(own.v4)/32 dev eth0", "address add \(own.v6)/128 dev eth0", "link set eth0 up",
            "neighbour add 169.254.1.1 lladdr 02:00:00:00:ff:03 dev eth0",
            "neighbour add fe80::1 lladdr 02:00:00:00:ff:03 dev eth0", "route add 169.254.1.1 dev eth0",
            "route add default via 169.254.1.1", "route add default via fe80::1 dev eth0")
    }

    /// Routes, neighbours and forwarding as the agent makes them, and no filter but this text of nft.
    func programByHand(_ ruleset: String = "") throws {
        let own = Self.workloadAddress
        try host.ip(
            "route add \(own.v4) dev cali1", "route add \(own.v6) dev cali1",
            "neighbour add \(own.v4) lladdr 02:00:00:00:00:01 dev cali1",
            "neighbour add \(own.v6) lladdr 02:00:00:00:00:01 dev cali1")
        try host.within {
            try write("1", to: "/proc/sys/net/ipv4/ip_forward")
            try write("1", to: "/proc/sys/net/ipv6/conf/all/forwarding")
            if !ruleset.isEmpty { try Program("nft", "-f", "-").run(input: ruleset) }
        }
    }

    /// What the agent makes of these resources, the first of whose endpoints is there; the others wait for their interfaces.
    func program(_ documents: String, layout: String = "perInterface", margay: String) throws {
        try host.within {
            let folder = try AgentFolder(documents, layout: layout)
            // With endpoints that wait the status is 1, so that it is the output that tells.
            let summary = try Program(
                "sh", "-c", "\(margay) --config \(folder.configuration) agent --once || [ $? = 1 ]"
            ).run().output
            guard summary.contains("Endpoints  1 up") else {
                throw HarnessError("agent --once: \(summary.prefix(800))")
            }
        }
    }
}
