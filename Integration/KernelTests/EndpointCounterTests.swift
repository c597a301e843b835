import Dataplane
import DataplaneLinux
import NetworkValues
import Nftables
import Testing

/// What is reported of an endpoint's packets is what the kernel has counted.
struct EndpointCounterTests: PolicySuite {
    let scene: PolicyScene

    init() throws {
        scene = try PolicyScene()
    }

    /// What the link's host end has sent and received, by its own account.
    private func statistics(_ direction: String) throws -> CounterValue {
        let folder = "/sys/class/net/cali1/statistics"
        let numbers = try scene.topology.host.command([
            "cat", "\(folder)/\(direction)_packets", "\(folder)/\(direction)_bytes",
        ]).succeed().split(separator: "\n").compactMap { UInt64($0) }
        return CounterValue(packets: numbers[0], bytes: numbers[1])
    }

    @Test func whatAWorkloadReceivesIsWhatItsLinkHasTransmitted() throws {
        let host = try host(["open"], [])
        // Of other sizes in either direction, and more the one way than the other.
        let packets = (1...5).map {
            IPPacket.udp(from: outside, 1, to: own, $0, data: [UInt8](repeating: 7, count: 400))
        }
        #expect(try arriving(packets, .fromOutside, expecting: [0, 1, 2, 3, 4]) == [0, 1, 2, 3, 4])
        let answers = (1...20).map { IPPacket.udp(from: own, 1, to: outside, $0) }
        #expect(try arriving(answers, .toOutside, expecting: Array(0..<20)) == Array(0..<20))
        // The host has sent something of its own in between, perhaps.
        let equal = try eventually(true) {
            let before = try statistics("tx")
            let counted = try #require(try host.counters()["cali1"]).toWorkload
            return try counted == before && before == statistics("tx")
        }
        #expect(equal)
        let counters = try #require(try host.counters()["cali1"])
        #expect(counters.toWorkload.packets >= 5 && counters.toWorkload.bytes >= 5 * 428)
        #expect(counters.fromWorkload == CounterValue(packets: 20, bytes: 20 * 28))
    }

    @Test func everyWayThroughTheSourceFilterIsCounted() throws {
        let host = try ProgrammedHost(scene.topology.host)
        func send(_ packets: [IPPacket], mac: String?, _ addresses: [String], more: String = "") throws -> CounterValue
        {
            host.removeEndpoint("one")
            try host.update()
            try host.program(ResourceText.open, ResourceText.endpoint("one", "cali1", mac: mac, addresses, more: more))
            let socket = try one.packetSocket()
            for packet in packets { try socket.send(one.frame(packet)) }
            let count = UInt64(packets.count)
            func counted() throws -> CounterValue { try host.counters()["cali1"]?.fromWorkload ?? CounterValue() }
            return try eventually(until: { $0.packets == count }, counted)
        }
        let own6 = address("2001:db8:65::1")
        let target6 = address(scene.topology.outsideAddress6)
        let packets = [datagram(own, outside, 1), .udp(from: own6, 1, to: target6, 1)]
        let expected = CounterValue(packets: 2, bytes: 28 + 48)
        let (mac, single) = ("02:00:00:00:00:01", ["10.65.0.1", "2001:db8:65::1"])
        #expect(try send(packets, mac: mac, single) == expected)
        #expect(try send(packets, mac: nil, single) == expected)
        #expect(try send(packets, mac: mac, ["10.65.0.0/24", "2001:db8:65::/64"]) == expected)
        #expect(try send(packets, mac: nil, ["10.65.0.0/24", "2001:db8:65::/64"]) == expected)
    }

    @Test func dropsByPolicyAndForTheHostAreReported() throws {
        let host = try host(["judged"], [])
        try host.program(
            ResourceText.profile("judged", egress: "{action: Allow, destination: {notNets: [192.0.2.2/32]}}"))
        let socket = try one.packetSocket()
        let target = address(scene.topology.hostAddress)
        for packet in [datagram(own, outside, 1), datagram(own, target, 1), datagram(own, target, 2)] {
            try socket.send(one.frame(packet))
        }
        #expect(try arriving([datagram(outside, own, 1)], .fromOutside, expecting: []) == [])
        func reported() throws -> [DropReason: UInt64] { try host.counters()["cali1"]?.drops ?? [:] }
        let drops = try eventually(until: { $0[.policy] == 2 && $0[.host] == 2 }, reported)
        #expect(drops.filter { $0.value > 0 } == [.policy: 2, .host: 2])
    }
}
