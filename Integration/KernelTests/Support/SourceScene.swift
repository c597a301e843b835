import Dataplane
import NetworkValues
import Testing

/// Two silent workloads with endpoints of both families, the host between them and the outside, and a witness of what
/// passes the source filter.
struct SourceScene {
    let topology: Topology
    let host: ProgrammedHost
    let one: Workload
    let two: Workload
    let outside: IPAddress
    static let own = address("2001:db8::1")
    static let neighbours = address("2001:db8::2")
    static let linkLocal = address("fe80::1:2:3:4")
    static let foreignMAC = MACAddress(rawValue: 0x0200_0000_0666)

    init(options: DataplaneOptions = DataplaneOptions(node: "host")) throws {
        topology = try Topology()
        outside = address(topology.outsideAddress6)
        one = try topology.addSilentWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01")
        two = try topology.addSilentWorkload(interfaceName: "cali2", mac: "02:00:00:00:00:02")
        // Right behind the filter, and before anything that puts fragments together.
        try topology.host.nft(
            """
            table inet witness {
                chain passed {
                    type filter hook prerouting priority -449; policy accept
                    iifname "cali1" counter
                }
            }
            """)
        host = try ProgrammedHost(topology.host, options: options)
        try host.program(
            ResourceText.open,
            ResourceText.endpoint("two", "cali2", mac: "02:00:00:00:00:02", ["10.65.0.2", "2001:db8::2"]))
        try program()
    }

    /// The first workload's endpoint, which has one address of each family unless said otherwise.
    func program(
        mac: String? = "02:00:00:00:00:01", _ addresses: [String] = ["10.65.0.1", "2001:db8::1"], more: String = ""
    ) throws {
        try host.program(ResourceText.endpoint("one", "cali1", mac: mac, addresses, more: more))
    }

    /// What becomes of each frame from the first workload at the source filter: `passed`, or the reason for which it was
    /// dropped.
    func verdicts(_ frames: [Frame]) throws -> [String] {
        let socket = try one.packetSocket()
        var before = try counts()
        return try frames.map { frame in
            try socket.send(frame)
            let now = try eventually(until: { $0 != before }, counts)
            defer { before = now }
            return now.keys.sorted().filter { now[$0] != before[$0] }.joined(separator: " and ")
        }
    }

    /// The same, of packets with the workload's own MAC.
    func verdicts(_ packets: [IPPacket]) throws -> [String] { try verdicts(packets.map { one.frame($0) }) }

    func verdicts(_ packets: IPPacket...) throws -> [String] { try verdicts(packets) }

    private func counts() throws -> [String: Int] {
        var counts = try host.drops(of: "cali1").filter { ["mac", "ip", "nd", "ra", "dhcp"].contains($0.key) }
        counts["passed"] = try host.counts(in: "passed", table: "inet witness")[0]
        return counts
    }

    /// The destination ports of the datagrams and segments that got outside when a workload sent these frames, of which
    /// the last must.
    func arriving(_ frames: [Frame], from workload: Workload? = nil) throws -> [UInt16] {
        let socket = try (workload ?? one).packetSocket()
        let listening = try topology.outsideSocket()
        for frame in frames { try socket.send(frame) }
        let last = IPPacket(frames[frames.count - 1])?.ports?.destination
        return try listening.packets { $0.destination == outside && $0.ports?.destination == last }
            .filter { $0.destination == outside }.compactMap { $0.ports?.destination }
    }

    /// A datagram to the outside, told from others by its destination port.
    func datagram(_ port: UInt16, from source: IPAddress = own) -> IPPacket {
        .udp(from: source, 4000, to: outside, port, data: Array("data".utf8))
    }
}
