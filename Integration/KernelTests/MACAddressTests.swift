import Dataplane
import NetworkValues
import Testing

/// Whatever way a MAC is written, frames with it pass and others do not.
struct MACAddressTests {
    private let scene: SourceScene
    private let mac = MACAddress(rawValue: 0x02ab_cdef_0001)
    private var one: Workload { scene.one }

    init() throws {
        scene = try SourceScene()
    }

    /// A frame of each family with the endpoint's own address.
    private func frames(_ mac: MACAddress) -> [Frame] {
        let packets = [
            IPPacket.udp(from: address("10.65.0.1"), 1, to: address(scene.topology.outsideAddress), 2),
            scene.datagram(2), .icmpv6(from: SourceScene.linkLocal, to: address("ff02::2"), type: 133),
        ]
        return packets.map { one.frame($0, from: mac) }
    }

    /// The host's reply tells that its kernel took the request; nothing else is said on this link.
    private func isAnswered(_ mac: MACAddress) throws -> Bool {
        let socket = try one.packetSocket()
        let before = try scene.host.drops(of: "cali1")["arp"] ?? 0
        let request = ARPPacket(
            operation: ARPPacket.request, senderMAC: mac, senderAddress: address("10.65.0.1"),
            targetAddress: Skeleton.gateway)
        try socket.send(Frame(from: mac, to: Frame.broadcast, type: EtherType.arp, payload: request.octets))
        func verdict() throws -> Bool? {
            if try socket.receive(within: .zero, where: { ARPPacket($0)?.operation == ARPPacket.reply }) != nil {
                return true
            }
            return try scene.host.drops(of: "cali1")["arp"] ?? 0 > before ? false : nil
        }
        return try eventually(until: { $0 != nil }, verdict) ?? false
    }

    /// Six octets, or the eight of the EUI-64 that encapsulates them.
    @Test(arguments: [
        "02:ab:cd:ef:00:01", "02:AB:cd:EF:00:01", "02-ab-cd-ef-00-01", "02ab.cdef.0001", "02:ab:cd:ff:fe:ef:00:01",
        "02-AB-CD-FF-FE-EF-00-01", "02ab.cdff.feef.0001",
    ])
    func aMACIsEnforcedHoweverItIsWritten(text: String) throws {
        try scene.program(mac: text)
        #expect(try scene.verdicts(frames(mac)) == ["passed", "passed", "passed"])
        #expect(try isAnswered(mac))
        // One bit beside it, and what an address cut short or mixed up would be.
        for other in [0x02ab_cdef_0000, 0x03ab_cdef_0001, 0x02ab_cdff_feef, 0xfffe_efef_0001, 0x0200_0000_0001]
            as [UInt64]
        {
            #expect(try scene.verdicts(frames(MACAddress(rawValue: other))) == ["mac", "mac", "mac"])
        }
        #expect(try !isAnswered(MACAddress(rawValue: 0x02ab_cdff_feef)))
        let state = try scene.host.state(of: "one")
        #expect(state.phase == .up && state.filter == .enforced)
        let neighbours = try scene.topology.host.ip("neighbour show dev cali1 nud permanent")
        #expect(neighbours.contains("10.65.0.1 lladdr 02:ab:cd:ef:00:01"))
        #expect(neighbours.contains("2001:db8::1 lladdr 02:ab:cd:ef:00:01"))
    }

    /// Eight octets without FF-FE between the third and the sixth encapsulate no EUI-48; not FF-FF either, which once
    /// stood for a MAC-48.
    @Test(arguments: [
        "02:ab:cd:ef:00:01:00:02", "02:ab:cd:ff:ff:ef:00:01", "02:ab:cd:fe:ff:ef:00:01", "02:ab:ff:fe:cd:ef:00:01",
        "02:ab:cd:ef:ff:fe:00:01",
    ])
    func anEndpointWhoseMACNoFrameCanHaveIsClosed(text: String) throws {
        try scene.program(mac: text)
        // Its first or last octets, its outer ones, the interface's own.
        for source in [0x02ab_cdef_0001, 0x02ab_cdff_feef, 0x02ab_cd01_0002, 0x0200_0000_0001] as [UInt64] {
            #expect(try scene.verdicts(frames(MACAddress(rawValue: source))) == ["mac", "mac", "mac"])
        }
        #expect(try !isAnswered(mac))
        let state = try scene.host.state(of: "one")
        #expect(state.phase == .blocked && state.filter == .unenforceable)
        #expect(state.reason == "MAC \(text) is an EUI-64 that encapsulates no EUI-48: nothing may leave")
        let policy = try scene.topology.host.command(["nft", "list", "chain", "inet", "margay", "from-cali1"]).succeed()
        #expect(policy.contains("goto deny-egress"))
        // Nothing leads to it either.
        #expect(try scene.topology.host.ip("neighbour show dev cali1 nud permanent") == "")
        #expect(
            try scene.topology.host.ip("-4 route show dev cali1 proto 77", "-6 route show dev cali1 proto 77") == "")
        // With one that can be enforced it opens.
        try scene.program(mac: "02:ab:cd:ef:00:01")
        #expect(try scene.verdicts(frames(mac)) == ["passed", "passed", "passed"])
        #expect(try scene.host.state(of: "one").phase == .up)
    }

    @Test func withoutAMACEveryMACPasses() throws {
        try scene.program(mac: nil)
        for other in [mac, SourceScene.foreignMAC] {
            #expect(try scene.verdicts(frames(other)) == ["passed", "passed", "passed"])
            #expect(try isAnswered(other))
        }
        let state = try scene.host.state(of: "one")
        #expect(state.phase == .up && state.filter == .absent)
        #expect(try scene.topology.host.ip("neighbour show dev cali1 nud permanent") == "")
        try scene.program(mac: "02:ab:cd:ef:00:01")
        #expect(try scene.verdicts(frames(SourceScene.foreignMAC)) == ["mac", "mac", "mac"])
    }
}
