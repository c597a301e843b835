import Dataplane
import NetworkValues

/// Two silent workloads and the outside, for tests that judge policy by the packets that arrive.
struct PolicyScene {
    let topology: Topology
    let one: Workload
    let two: Workload
    let own = address("10.65.0.1")
    let neighbours = address("10.65.0.2")
    let outside: IPAddress

    /// The way that packets take in a test.
    enum Way { case fromOutside, toOutside, betweenWorkloads, back }

    init() throws {
        topology = try Topology()
        outside = address(topology.outsideAddress)
        one = try topology.addSilentWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01")
        two = try topology.addSilentWorkload(interfaceName: "cali2", mac: "02:00:00:00:00:02")
    }
}

/// Tests that play in one.
protocol PolicySuite {
    var scene: PolicyScene { get }
}

extension PolicySuite {
    var own: IPAddress { scene.own }
    var neighbours: IPAddress { scene.neighbours }
    var outside: IPAddress { scene.outside }
    var one: Workload { scene.one }

    func host(
        _ firstProfiles: [String], _ secondProfiles: [String],
        options: DataplaneOptions = DataplaneOptions(node: "host")
    ) throws -> ProgrammedHost {
        let host = try ProgrammedHost(scene.topology.host, options: options)
        try host.program(
            ResourceText.open, ResourceText.profile("egress-only", egress: "{action: Allow}"),
            ResourceText.endpoint(
                "one", "cali1", mac: "02:00:00:00:00:01",
                ["10.65.0.1", "10.65.0.3", "2001:db8:65::1", "2001:db8:65::3"],
                profiles: firstProfiles),
            ResourceText.endpoint(
                "two", "cali2", mac: "02:00:00:00:00:02", ["10.65.0.2", "2001:db8:65::2"],
                profiles: secondProfiles))
        return host
    }

    /// Sends packets and tells which arrive, as indices; waits for the expected ones.
    func arriving(_ packets: [IPPacket], _ way: PolicyScene.Way, expecting expected: [Int]) throws -> [Int] {
        let macs = try scene.topology.uplinkMACs()
        let sender =
            switch way {
            case .fromOutside: try scene.topology.outsideSocket()
            case .toOutside, .betweenWorkloads: try scene.one.packetSocket()
            case .back: try scene.two.packetSocket()
            }
        let receiver =
            switch way {
            case .fromOutside, .back: try scene.one.packetSocket()
            case .toOutside: try scene.topology.outsideSocket()
            case .betweenWorkloads: try scene.two.packetSocket()
            }
        for packet in packets {
            switch way {
            case .fromOutside: try sender.send(packet.frame(from: macs.outside, to: macs.host))
            case .toOutside, .betweenWorkloads: try sender.send(scene.one.frame(packet))
            case .back: try sender.send(scene.two.frame(packet))
            }
        }
        var arrived: [Int] = []
        func take(_ frame: Frame) -> Bool {
            guard let packet = IPPacket(frame) else { return false }
            // The hop limit, and with it the header's checksum, is all that changes on the way.
            if let index = packets.firstIndex(where: {
                $0.source == packet.source && $0.destination == packet.destination && $0.protocol == packet.protocol
                    && $0.payload == packet.payload
            }) {
                arrived.append(index)
            }
            return arrived.count == expected.count
        }
        if !expected.isEmpty { _ = try receiver.receive(where: take) }
        // One too many came before the last, or is there already.
        _ = try receiver.receive(within: .milliseconds(expected.isEmpty ? 50 : 0)) { frame in
            _ = take(frame)
            return false
        }
        return arrived.sorted()
    }

    func datagram(_ source: IPAddress, _ destination: IPAddress, _ port: UInt16) -> IPPacket {
        .udp(from: source, 4000, to: destination, port)
    }
}
