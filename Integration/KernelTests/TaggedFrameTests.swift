import NetworkValues
import Testing

/// A tag that carries a priority and names no VLAN (IEEE 802.1Q, VLAN identifier 0) is taken off by the kernel, which
/// then treats the frame as any other. So must the source filter: behind a tag all fields stand four octets later.
struct TaggedFrameTests {
    private let scene: SourceScene
    private let foreignMAC = SourceScene.foreignMAC
    private var one: Workload { scene.one }

    init() throws {
        scene = try SourceScene()
    }

    private func tagged(_ frame: Frame) -> Frame {
        Frame(octets: Array(frame.octets[..<12]) + [0x81, 0x00, 0xe0, 0x00] + Array(frame.octets[12...]))
    }

    private func verdicts(_ frames: Frame...) throws -> [String] { try scene.verdicts(frames.map(tagged)) }

    @Test func aTagHidesNeitherAMACNorAnAddress() throws {
        let outside = address(scene.topology.outsideAddress)
        func datagram(_ source: String) -> IPPacket { .udp(from: address(source), 1, to: outside, 2) }
        #expect(
            try verdicts(
                one.frame(datagram("10.65.0.1")), one.frame(datagram("10.65.0.1"), from: foreignMAC),
                one.frame(datagram("10.65.0.2")), one.frame(scene.datagram(2)),
                one.frame(scene.datagram(2), from: foreignMAC),
                one.frame(scene.datagram(2, from: SourceScene.neighbours)),
                one.frame(.icmpv6(from: SourceScene.linkLocal, to: address("ff02::2"), type: 133), from: foreignMAC))
                == ["passed", "mac", "ip", "passed", "mac", "ip", "mac"])
        try scene.program(mac: nil)
        #expect(
            try verdicts(one.frame(datagram("10.65.0.1"), from: foreignMAC), one.frame(datagram("10.65.0.2")))
                == ["passed", "ip"])
    }

    @Test func aTagHidesNoForgedClaim() throws {
        let socket = try one.packetSocket()
        for (source, sender, claimed) in [
            (foreignMAC, one.mac, "10.65.0.1"), (one.mac, foreignMAC, "10.65.0.1"), (one.mac, one.mac, "10.65.0.2"),
        ] {
            let request = ARPPacket(
                operation: ARPPacket.request, senderMAC: sender, senderAddress: address(claimed),
                targetAddress: address("169.254.1.1"))
            try socket.send(
                tagged(Frame(from: source, to: Frame.broadcast, type: EtherType.arp, payload: request.octets)))
        }
        #expect(try scene.host.drops(of: "cali1", expecting: ["arp": 3]) == ["arp": 3])
    }
}
