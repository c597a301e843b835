import Dataplane
import NetworkValues
import Testing

/// Something that a workload might try, and what must become of each of its frames.
struct Attack: Sendable {
    /// Why a frame is dropped, as the sets of drops are named; or what else becomes of it.
    enum Verdict: String, Sendable {
        case mac, ip, arp, nd, ra, dhcp
        /// The kernel itself discards it before any hook, so that nothing can count it.
        case kernel
        /// It passes the source filter.
        case passed
        /// It passes, and the host hands it on, to a socket of its own or to another interface.
        case delivered, forwarded
    }

    let name: String
    let frames: [Frame]
    let verdict: Verdict

    init(_ name: String, _ frames: [Frame], _ verdict: Verdict) {
        self.name = name
        self.frames = frames
        self.verdict = verdict
    }

    init(_ name: String, _ frame: Frame, _ verdict: Verdict) { self.init(name, [frame], verdict) }
}

/// Two workloads, the host and the outside; witnesses of what passes the source filter, what gets into the host's stack
/// and what leaves it; and everything that endpoints are known to have had stolen: translated addresses and a gateway.
final class AttackScene {
    let scene: SourceScene
    let gateway6 = address("2001:db8::ffff")
    let external = (address("203.0.113.2"), address("2001:db8:e::2"))
    private let listening: [Listener]

    /// A packet socket where nothing may arrive but what the host says of its own accord.
    private final class Listener {
        let place: String
        let host: MACAddress
        let socket: PacketSocket

        init(_ place: String, host: MACAddress, _ socket: consuming PacketSocket) {
            self.place = place
            self.host = host
            self.socket = socket
        }
    }

    var one: Workload { scene.one }
    var two: Workload { scene.two }
    let own4 = address("10.65.0.1")
    let own6 = SourceScene.own
    let neighbour4 = address("10.65.0.2")
    let neighbour6 = SourceScene.neighbours
    let linkLocal = SourceScene.linkLocal
    let foreignMAC = SourceScene.foreignMAC
    let gateway4 = address("169.254.1.1")
    var outside4: IPAddress { address(scene.topology.outsideAddress) }
    var outside6: IPAddress { scene.outside }
    var host4: IPAddress { address(scene.topology.hostAddress) }
    var host6: IPAddress { address(scene.topology.hostAddress6) }

    init(options: DataplaneOptions = DataplaneOptions(node: "host")) throws {
        scene = try SourceScene(options: options)
        // The marker is taken away before the source filter, whatever that is told.
        try scene.topology.host.nft(
            """
            table inet attack {
                chain marker {
                    type filter hook prerouting priority -451; policy accept
                    iifname { "cali1", "cali9" } udp sport 9 udp dport 9 counter drop
                }
                chain delivered {
                    type filter hook input priority -500; policy accept
                    iifname { "cali1", "cali9" } counter
                }
                chain forwarded {
                    type filter hook forward priority -500; policy accept
                    iifname { "cali1", "cali9" } counter
                }
                chain neighbour {
                    type filter hook prerouting priority -449; policy accept
                    iifname "cali2" counter
                }
            }
            table arp attack {
                chain arp-passed {
                    type filter hook input priority 1; policy accept
                    iifname { "cali1", "cali9" } counter
                }
            }
            """)
        let externals = [("10.65.0.2", "\(external.0)"), ("\(SourceScene.neighbours)", "\(external.1)")]
        try scene.host.program(
            ResourceText.endpoint(
                "two", "cali2", mac: "02:00:00:00:00:02", ["10.65.0.2", "2001:db8::2"], nats: externals))
        try scene.program(more: "ipv6Gateway: \(gateway6)")
        let uplink = try scene.topology.uplinkMACs().host
        listening = [
            Listener("outside", host: uplink, try scene.topology.outsideSocket()),
            Listener("the neighbour", host: scene.two.hostMAC, try scene.two.packetSocket()),
            Listener("the attacker", host: scene.one.hostMAC, try scene.one.packetSocket()),
        ]
        for listener in listening { try listener.socket.ignoreOutgoing() }
    }

    private static let witnesses = ["passed", "marker", "delivered", "forwarded", "neighbour", "arp-passed"]

    // MARK: Judging

    /// Records an issue for each of the ``failures(_:from:)``, and, where nothing else is under way that may, for each
    /// frame that got somewhere.
    func judge(
        _ attacks: [Attack], from workload: Workload? = nil, isAlone: Bool = true,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let isAttack = attacks.allSatisfy { !$0.verdict.isHonest }
        for failure in try failures(attacks, from: workload) + (isAlone && isAttack ? leaks() : []) {
            Issue.record(Comment(rawValue: failure), sourceLocation: sourceLocation)
        }
    }

    /// A line for each attack of which not exactly the expected became.
    ///
    /// Each is followed by a marker, at whose arrival the host is past it; what is counted late all the same shows in
    /// the totals.
    func failures(_ attacks: [Attack], from workload: Workload? = nil) throws -> [String] {
        let attacker = workload ?? one
        let socket = try attacker.packetSocket()
        let marker = IPPacket.udp(from: own4, 9, to: outside4, 9).frame(from: attacker.mac, to: attacker.hostMAC)
        let start = try counts()
        var before = start
        var failures: [String] = []
        var total: [String: Int] = [:]
        for attack in attacks {
            guard failures.count < 5 else { return failures + ["and perhaps others"] }
            for frame in attack.frames { try socket.send(frame) }
            try socket.send(marker)
            let expected = expectation(attack)
            total.merge(expected) { $0 + $1 }
            let now = try eventually(
                until: { change($0, before, attack.verdict) == expected }, counts)
            let found = change(now, before, attack.verdict)
            if found != expected { failures.append("\(attack.name): \(found), not \(expected)") }
            before = now
        }
        let verdict = attacks.last?.verdict ?? .kernel
        let places = verdict.isHonest ? ["delivered", "forwarded", "host"] : []
        let all = change(try counts(), start, verdict).filter { !places.contains($0.key) }
        if all != total.filter({ !places.contains($0.key) }), failures.isEmpty {
            failures.append("in all \(all), not \(total)")
        }
        return failures
    }

    /// How many of these frames of the first workload pass the source filter.
    /// - Parameter expected: So many are waited for, if only for two seconds.
    func passing(_ frames: [Frame], expected: Int) throws -> Int {
        let socket = try one.packetSocket()
        let before = try counts()
        for frame in frames { try socket.send(frame) }
        try socket.send(IPPacket.udp(from: own4, 9, to: outside4, 9).frame(from: one.mac, to: one.hostMAC))
        func passed(_ now: [String: Int]) -> Int {
            ["passed", "arp-passed"].reduce(0) { $0 + now[$1, default: 0] - before[$1, default: 0] }
        }
        return passed(
            try eventually(until: { $0["marker"] != before["marker"] && passed($0) >= expected }, counts))
    }

    /// What the first workload's endpoint may send.
    var model: FilterModel { FilterModel(mac: one.mac, addresses: [own4, own6], hostMAC: one.hostMAC) }

    func attacks() -> [Attack] {
        foreignMACAttacks4() + foreignMACAttacks6() + foreignAddressAttacks4() + foreignAddressAttacks6()
            + frameAttacks() + optionAttacks() + solicitationAttacks() + advertisementAttacks()
            + routerSolicitationAttacks() + otherMessageAttacks() + hiddenDiscoveryAttacks()
            + fragmentHeaderAttacks() + routerAttacks() + dhcpAttacks() + arpAttacks()
    }

    func honest() -> [Attack] { honestPackets() + honestDiscovery() + honestDHCP() + honestARP() }

    private func expectation(_ attack: Attack) -> [String: Int] {
        var expected = ["marker": 1]
        switch attack.verdict {
        case .kernel: break
        case .passed, .delivered, .forwarded:
            expected[attack.frames[0].isARP ? "arp-passed" : "passed"] = attack.frames.count
            if attack.verdict != .passed { expected[attack.verdict.rawValue] = 1 }
        case .mac, .ip, .arp, .nd, .ra, .dhcp: expected[attack.verdict.rawValue] = attack.frames.count
        }
        return expected
    }

    /// What was counted since. Where the filter is all that is asked about, what came after it is left out.
    private func change(_ now: [String: Int], _ before: [String: Int], _ verdict: Attack.Verdict) -> [String: Int] {
        var change = now.merging(before) { $0 - $1 }.filter { $0.value != 0 }
        if verdict.isHonest {
            // Whether the host answers is another matter.
            for place in ["delivered", "forwarded", "host"] where place != verdict.rawValue { change[place] = nil }
            // A router's solicitation or a broadcast is delivered once, a datagram in fragments as well.
            if let count = change[verdict.rawValue], verdict != .passed {
                change[verdict.rawValue] = min(count, 1)
            }
        }
        return change
    }

    /// All counters that tell: of drops by reason, of the neighbour's as `two …`, and of the witnesses.
    private func counts() throws -> [String: Int] {
        var counts: [String: Int] = [:]
        var block = ""
        // A ruleset is long, and this is asked often: only the lines that count, and by a program that starts in the
        // namespace itself.
        let listing = try scene.topology.host.run {
            try Command(["sh", "-c", "nft list ruleset | grep -E '^.(set|map|chain) |counter packets'"]).succeed()
        }
        for line in listing.split(separator: "\n") {
            let words = line.split(whereSeparator: \.isWhitespace)
            if words.count == 3, words[2] == "{" { block = String(words[1]) }
            guard let place = line.firstRange(of: "counter packets ") else { continue }
            if block.hasPrefix("drops") {
                let reason = block == "drops" ? "arp" : String(block.dropFirst(6))
                for (interface, prefix) in [("cali1", ""), ("cali2", "two ")] {
                    guard let element = line.firstRange(of: "\"\(interface)\" counter packets ") else { continue }
                    counts[prefix + reason] = Int(line[element.upperBound...].prefix { $0.isNumber })
                }
            } else if Self.witnesses.contains(block) {
                counts[block] = Int(line[place.upperBound...].prefix { $0.isNumber })
            }
        }
        return counts
    }

    // MARK: Leaks

    /// What the host sent anywhere since it was last asked, beside its own solicitations and listener reports.
    func leaks() throws -> [String] {
        try listening.flatMap { listener in
            var leaks: [String] = []
            _ = try listener.socket.receive(within: .zero) { frame in
                if frame.octets.count > 14, frame.source == listener.host, !isHostsOwn(frame) {
                    leaks.append("\(listener.place) got \(frame.hex)")
                }
                return false
            }
            return leaks
        }
    }

    private func isHostsOwn(_ frame: Frame) -> Bool {
        if let packet = ARPPacket(frame) {
            return packet.operation == ARPPacket.request && packet.senderAddress == host4
        }
        guard frame.type == EtherType.ipv6 else { return false }
        let octets = Array(frame.payload)
        // A report of listeners stands behind a router alert.
        let type = octets[6] == 0 ? octets[48] : octets[40]
        let source = IPAddress(octets: octets[8..<24])
        return [133, 135, 143].contains(type) && (source == host6 || source!.isLinkLocalIPv6 || source == address("::"))
    }
}

extension Attack.Verdict {
    var isHonest: Bool { self == .passed || self == .delivered || self == .forwarded }
}

extension Frame {
    /// Behind whatever priority tags.
    fileprivate var isARP: Bool {
        var start = 12
        while octets[start...].starts(with: [0x81, 0x00]) { start += 4 }
        return octets[start...].starts(with: [8, 6])
    }

    var hex: String { octets.map { $0 < 16 ? "0\(String($0, radix: 16))" : String($0, radix: 16) }.joined() }
}
