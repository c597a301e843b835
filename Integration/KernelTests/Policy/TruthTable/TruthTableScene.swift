import NetworkValues
import Status

/// A host with the local endpoints of a ``PolicyWorld`` and everybody else behind its uplink, and an agent whose folder
/// describes that world. All are silent: what is sent, a test sends.
final class TruthTableScene {
    let topology: Topology
    let installation: Installation
    private(set) var agent: RunningAgent
    private let stations: [Station]
    private var documents: [String: String] = [:]
    private var steps = 0

    /// Where packets are sent and seen: an endpoint's namespace, or the outside.
    private final class Station {
        let name: String
        /// The only addresses that it sends from; `nil` for the outside.
        let addresses: [IPAddress]?
        let socket: PacketSocket
        let frame: (IPPacket) -> Frame

        init(
            _ name: String, _ addresses: [IPAddress]?, _ socket: consuming PacketSocket,
            _ frame: @escaping (IPPacket) -> Frame
        )
            throws
        {
            try socket.ignoreOutgoing()
            self.socket = socket
            (self.name, self.addresses, self.frame) = (name, addresses, frame)
        }
    }

    /// - Parameter settings: Lines of the configuration.
    init(settings: String) throws {
        topology = try Topology()
        let macs = try topology.uplinkMACs()
        try topology.host.ip("neighbour add \(topology.outsideAddress) lladdr \(macs.outside) dev eth0")
        var stations = [
            try Station("outside", nil, try topology.outsideSocket()) { $0.frame(from: macs.outside, to: macs.host) }
        ]
        for number in 1...PolicyWorldGenerator.localEndpoints {
            let workload = try topology.addSilentWorkload(
                interfaceName: "cali\(number)", mac: "02:00:00:00:00:0\(number)")
            stations.append(
                try Station(
                    "l\(number)", PolicyWorldGenerator.localAddresses(number), try workload.packetSocket(),
                    { workload.frame($0) }))
        }
        self.stations = stations
        installation = try Installation(in: topology.host, settings: "massDeleteLimit: 100\n\(settings)")
        agent = try installation.startAgent()
    }

    // MARK: The folder

    /// Makes the folder describe the world, one file after the other in a random order, and waits until the agent has
    /// dealt with all of them.
    /// - Parameters:
    ///   - files: Over how many files the documents are strewn; `nil` is one for each.
    ///   - repeating: Whether files that say the same as before are written again.
    func apply(
        _ world: PolicyWorld, _ random: inout PolicyWorldGenerator, files: Int? = nil, repeating: Bool = false
    ) throws {
        var wanted = world.documents()
        if let files {
            let names = random.shuffled(wanted.keys).enumerated()
            wanted = Dictionary(grouping: names) { $0.offset % files }.reduce(into: [:]) { strewn, file in
                strewn["strewn-\(file.key)"] = file.value.compactMap { wanted[$0.element] }.joined(separator: "---\n")
            }
        }
        let names = Set(wanted.keys).union(documents.keys).filter { repeating || wanted[$0] != documents[$0] }
        for name in random.shuffled(names) {
            if let text = wanted[name] {
                try installation.put("\(name).yaml", text)
            } else {
                try installation.delete("\(name).yaml")
            }
        }
        documents = wanted
        // The last that changes is seen last.
        steps += 1
        try installation.put(
            "zz-last.yaml",
            endpointText("last-\(steps)", interface: "absent", mac: nil, addresses: ["10.99.0.1"], profiles: []))
        try waitUntilApplied()
    }

    private func waitUntilApplied() throws {
        let report = try agent.wait(for: "the world to be programmed", limit: .seconds(60)) {
            $0.endpoint("last-\(self.steps)") != nil && $0.ready
        }
        guard report.source.rejected.isEmpty else { throw TestKitError("rejected: \(report.source.rejected)") }
    }

    /// Ends the agent and starts another.
    /// - Parameter clean: Whether it finds nothing of its predecessor's.
    func restart(clean: Bool = false) throws {
        _ = try agent.terminate()
        if clean { try installation.command(["cleanup"]).succeed() }
        agent = try installation.startAgent()
        try waitUntilApplied()
    }

    // MARK: Packets

    struct Outcome {
        /// Indices of the probes that reached their destination.
        var arrived: Set<Int> = []
        /// What came elsewhere, or twice.
        var strays: [String] = []
        /// How many more the host has counted as dropped by policy.
        var dropped = 0
    }

    /// Sends the probes, and waits until each has arrived or is counted as dropped; for two seconds at most.
    func send(_ probes: [PolicyProbe]) throws -> Outcome {
        // No flow of an earlier world lets anything pass.
        try topology.host.command(["conntrack", "-F"]).succeed()
        let before = try drops()
        var outcome = Outcome()
        for (index, probe) in probes.enumerated() {
            let sender = station(of: probe.source)
            try sender.socket.send(sender.frame(probe.packet(mark: UInt32(index))))
            if index % 32 == 31 { collect(into: &outcome, probes) }
        }
        let deadline = ContinuousClock.now + .seconds(2)
        repeat {
            collect(into: &outcome, probes)
            outcome.dropped = try drops() - before
            collect(into: &outcome, probes)
        } while outcome.arrived.count + outcome.dropped < probes.count && ContinuousClock.now < deadline
        return outcome
    }

    private func station(of address: IPAddress) -> Station {
        stations.first { $0.addresses?.contains(address) ?? false } ?? stations[0]
    }

    private func collect(into outcome: inout Outcome, _ probes: [PolicyProbe]) {
        for station in stations {
            _ = try? station.socket.receive(within: .zero) { frame in
                guard let packet = IPPacket(frame), let mark = packet.mark, probes.indices.contains(Int(mark)) else {
                    return false
                }
                let probe = probes[Int(mark)]
                let isRight =
                    packet.source == probe.source && packet.destination == probe.destination
                    && self.station(of: probe.destination) === station
                if !isRight || !outcome.arrived.insert(Int(mark)).inserted {
                    outcome.strays.append("\(probe) at \(station.name)")
                }
                return false
            }
        }
    }

    /// What policy has dropped so far.
    private func drops() throws -> Int {
        var count = 0
        for set in ["drops-policy-from", "drops-policy-to"] {
            let listing = try topology.host.command(["nft", "list", "set", "inet", "margay", set]).succeed()
            for place in listing.ranges(of: "counter packets ") {
                count += Int(listing[place.upperBound...].prefix { $0.isNumber }) ?? 0
            }
        }
        return count
    }
}

extension PolicyProbe {
    /// - Parameter mark: By which it is known again.
    fileprivate func packet(mark: UInt32) -> IPPacket {
        switch transport {
        case .tcp: return .tcp(from: source, sourcePort, to: destination, destinationPort, flags: 2, sequence: mark)
        case .udp: return .udp(from: source, sourcePort, to: destination, destinationPort, data: mark.octets)
        case .sctp:
            return .sctp(
                from: source, sourcePort, to: destination, destinationPort, tag: 0, chunk: 1, initiateTag: mark + 1)
        case .icmp, .icmpv6:
            return IPPacket(
                source: source, destination: destination, protocol: transport == .icmp ? 1 : 58,
                payload: [message.type, message.code ?? 0, 0, 0] + UInt16(truncatingIfNeeded: mark).octets + [0, 0]
                    + mark.octets + [UInt8](repeating: 0, count: 8)
            ).withChecksum(at: 2, hasPseudoHeader: transport == .icmpv6)
        }
    }
}

extension IPPacket {
    /// By which a probe is known again.
    fileprivate var mark: UInt32? {
        let (place, first): (Int, UInt32) =
            switch self.protocol {
            case ProtocolNumber.tcp: (4, 0)
            case ProtocolNumber.udp, ProtocolNumber.icmp, ProtocolNumber.icmpv6: (8, 0)
            case 132: (16, 1)
            default: (0, 0)
            }
        guard place > 0, payload.count >= place + 4 else { return nil }
        let value = payload[place..<place + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return value >= first ? value - first : nil
    }
}
