import NetworkValues

/// Packets of which the settings alone decide whether they pass, sent without pause: beside an endpoint's traffic what
/// it sends to the host, what it says as a DHCP server, what it claims in ARP, and what an unclaimed interface sends.
struct SettingsProbe {
    let scene: TrafficScene
    private let stranger: Workload

    /// What is sent, with the line of the settings that lets it pass.
    enum Kind: String, CaseIterable {
        case toHost = "endpointToHost: accept"
        case serverReply = "sourceFilter: {dhcp: false}"
        case foreignARP = "sourceFilter: {arp: false}"
        case unknownInterface = "unknownInterfaces: ignore"

        func passes(_ settings: String) -> Bool { settings.contains(rawValue) }
    }

    init(_ scene: TrafficScene) throws {
        self.scene = scene
        stranger = try scene.topology.addSilentWorkload(interfaceName: "cali9", mac: "02:00:00:00:00:09")
        try scene.host.ip("route add 10.65.0.9 dev cali9")
        // Behind all of ours, and where the kernel answers nobody.
        try scene.host.nft(
            """
            table inet witness {
                chain heard {
                    type filter hook input priority 10
                    iifname "cali1" ip daddr \(scene.topology.hostAddress) meta l4proto udp counter drop
                }
            }
            """)
        try scene.outside.nft(
            """
            table netdev witness {
                chain heard {
                    type filter hook ingress device "eth0" priority -1
                    udp sport 67 udp dport 68 counter drop
                    ip saddr 10.65.0.9 counter drop
                }
            }
            """)
        try scene.one.namespace.nft(
            """
            table netdev witness {
                chain heard {
                    type filter hook ingress device "eth0" priority -1
                    arp operation reply counter drop
                }
            }
            """)
    }

    /// The endpoint's traffic, and all of these.
    func traffic() throws -> Traffic {
        let (one, mac) = (scene.one, scene.one.mac)
        let attack = scene.attack(from: one).map { ($0.key, $0.value) }
        let target = address(scene.outsideAddress)
        let request = ARPPacket(
            operation: ARPPacket.request, senderMAC: mac, senderAddress: address("10.65.0.66"),
            targetAddress: address("169.254.1.1"))
        let arp = Frame(from: mac, to: Frame.broadcast, type: EtherType.arp, payload: request.octets)
        let reply = IPPacket.udp(from: address("10.65.0.1"), 67, to: target, 68).frame(from: mac, to: one.hostMAC)
        let probes: [(String, Traffic.Stream)] = [
            (Kind.toHost.rawValue, one.stream(from: "10.65.0.1", to: scene.topology.hostAddress)),
            (Kind.serverReply.rawValue, Traffic.Stream(sender: one.namespace) { _ in reply }),
            (Kind.foreignARP.rawValue, Traffic.Stream(sender: one.namespace) { _ in arp }),
            (Kind.unknownInterface.rawValue, stranger.stream(from: "10.65.0.9", to: scene.outsideAddress)),
        ]
        return try Traffic(attack + probes, seenBy: [scene.outside])
    }

    /// How many of these have passed so far.
    func passed(_ kind: Kind) throws -> Int {
        let (namespace, table) =
            switch kind {
            case .toHost: (scene.host, "inet")
            case .serverReply, .unknownInterface: (scene.outside, "netdev")
            case .foreignARP: (scene.one.namespace, "netdev")
            }
        let counts = try namespace.command(["nft", "list", "chain", table, "witness", "heard"]).succeed()
            .split(separator: "counter packets ").dropFirst().compactMap { Int($0.prefix { $0.isNumber }) }
        return kind == .unknownInterface ? counts[1] : counts[0]
    }

    /// Waits until more of these have been sent, and where the settings let them pass, have come.
    func waitForMore(_ kind: Kind, _ traffic: Traffic, passing: Bool) throws {
        let before = try passed(kind)
        try traffic.waitForMore(kind.rawValue)
        if passing { try eventually("more of \(kind)") { try passed(kind) > before + 5 } }
    }
}
