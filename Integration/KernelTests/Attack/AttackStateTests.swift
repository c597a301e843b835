import Dataplane
import NetworkValues
import Testing

/// Attacks that count on what came before them: a flow under way, somebody's half datagram, an endpoint as it was.
struct AttackStateTests {
    private let scene: AttackScene

    init() throws {
        scene = try AttackScene()
    }

    private func attack(
        _ name: String, _ packet: IPPacket, from mac: MACAddress? = nil, _ verdict: Attack.Verdict
    ) -> Attack {
        Attack(name, scene.one.frame(packet, from: mac), verdict)
    }

    @Test func theNextPacketIsJudgedByTheNewMACAndAddresses() throws {
        let (own4, own6) = (scene.own4, scene.own6)
        let (new4, new6) = (address("10.65.0.9"), address("2001:db8::9"))
        let old = scene.one.mac
        let new = MACAddress(rawValue: 0x0200_0000_000a)
        let scene = scene
        func trials(mac: MACAddress, _ addresses: (IPAddress, IPAddress), _ verdicts: [Attack.Verdict]) -> [Attack] {
            let packets: [(String, IPPacket)] = [
                ("datagram", .udp(from: addresses.0, 1, to: scene.outside4, 2)),
                ("IPv6 datagram", .udp(from: addresses.1, 1, to: scene.outside6, 2)),
                ("solicitation", scene.solicitation(from: addresses.1, DiscoveryOption.source(mac))),
                ("advertisement", scene.advertisement(from: scene.linkLocal, target: addresses.1, [])),
            ]
            let claim = scene.arp(from: mac) { ($0.senderMAC, $0.senderAddress) = (mac, addresses.0) }
            return zip(packets, verdicts).map {
                Attack("\($0.0) of \(mac), \(addresses.0)", scene.one.frame($0.1, from: mac), $1)
            } + [Attack("claim of \(mac), \(addresses.0)", claim, verdicts[4])]
        }
        let honest = [Attack.Verdict](repeating: .passed, count: 5)
        try scene.judge(trials(mac: old, (own4, own6), honest), isAlone: false)

        try scene.scene.program(mac: "\(new)", ["\(new4)", "\(new6)"])
        try scene.judge(trials(mac: new, (new4, new6), honest), isAlone: false)
        try scene.judge(trials(mac: old, (own4, own6), [.mac, .mac, .mac, .mac, .arp]), isAlone: false)
        try scene.judge(trials(mac: old, (new4, new6), [.mac, .mac, .mac, .mac, .arp]), isAlone: false)
        try scene.judge(trials(mac: new, (own4, own6), [.ip, .ip, .ip, .nd, .arp]), isAlone: false)
        try scene.judge(
            [
                attack("solicitation with the former MAC", scene.solicitation(from: new6), from: new, .nd),
                attack("discover for the former MAC", scene.discover(), from: new, .dhcp),
            ], isAlone: false)
    }

    @Test func withoutAMACAllElseIsBound() throws {
        try scene.scene.program(mac: nil, more: "ipv6Gateway: \(scene.gateway6)")
        let mac = scene.foreignMAC
        let forged = scene.advertisement(DiscoveryOption.target(mac))
        try scene.judge(
            [
                attack("a datagram", .udp(from: scene.own4, 1, to: scene.outside4, 2), from: mac, .passed),
                attack("an IPv6 datagram", .udp(from: scene.own6, 1, to: scene.outside6, 2), from: mac, .passed),
                attack("an advertisement", forged, from: mac, .passed),
            ], isAlone: false)
        try scene.judge(
            [
                attack(
                    "the neighbour's address", .udp(from: scene.neighbour4, 1, to: scene.outside4, 2), from: mac, .ip),
                attack("its IPv6 address", .udp(from: scene.neighbour6, 1, to: scene.outside6, 2), from: mac, .ip),
                attack("its advertisement", scene.advertisement(target: scene.neighbour6), from: mac, .nd),
                attack("a hidden advertisement", scene.advertisement().behind(.hopByHop), from: mac, .nd),
                attack("a router's advertisement", scene.routerAdvertisement(), from: mac, .ra),
                attack("a redirect", scene.redirect(), from: mac, .ra),
                attack("an offer", .udp(from: scene.own4, 67, to: scene.host4, 68), from: mac, .dhcp),
                Attack("the neighbour's announcement", scene.arp { $0.senderAddress = scene.neighbour4 }, .arp),
            ], isAlone: false)
    }

    /// An EUI-64 that holds no EUI-48 cannot be compared with what an Ethernet frame bears.
    @Test func nothingLeavesWhereTheMACCannotBeEnforced() throws {
        try scene.scene.program(mac: "02:00:00:00:00:00:00:01")
        let packets = scene.honestPackets() + scene.honestDiscovery() + scene.honestDHCP()
        try scene.judge(packets.map { Attack($0.name, $0.frames, .mac) })
        try scene.judge(scene.honestARP().map { Attack($0.name, $0.frames, .arp) })
    }

    /// What comes from it is counted by a rule, for there is no endpoint to count it for.
    @Test func nothingLeavesAWorkloadsInterfaceThatIsNoEndpoints() throws {
        let stranger = try scene.scene.topology.addSilentWorkload(interfaceName: "cali9", mac: "02:00:00:00:00:09")
        let frames = (scene.honestPackets() + scene.honestDiscovery() + scene.honestDHCP() + scene.honestARP()).map {
            Attack($0.name, $0.frames.map { $0.to(stranger.hostMAC) }, .kernel)
        }
        try scene.judge(frames, from: stranger)
    }

    @Test func anEstablishedFlowExemptsNobody() throws {
        let scene = scene
        let listener = try scene.scene.topology.outside.run { try InternetSocket.datagrams(port: 5000) }
        let socket = try scene.one.packetSocket()
        for (source, target) in [(scene.own4, scene.outside4), (scene.own6, scene.outside6)] {
            func datagram(_ text: String) -> IPPacket {
                .udp(from: source, 4000, to: target, 5000, data: Array(text.utf8))
            }
            try socket.send(scene.one.frame(datagram("question")))
            let question = listener.receive()
            #expect(question?.text == "question")
            try listener.send("answer", to: source, port: 4000)
            #expect(try socket.receive { IPPacket($0)?.ports.map { $0 == (5000, 4000) } ?? false } != nil)
            let family = source.family
            try scene.judge(
                scene.foreignMACs.map { name, mac in
                    attack("a datagram of the \(family) flow with \(name)", datagram("forged"), from: mac, .mac)
                }, isAlone: false)
            // The flow is no neighbour's to join either.
            let theirs = datagram("forged").frame(from: scene.two.mac, to: scene.two.hostMAC)
            try scene.two.packetSocket().send(theirs)
            #expect(try scene.scene.host.drops(of: "cali2", expecting: ["ip": 1])["ip"] != nil)
            try socket.send(scene.one.frame(datagram("honest")))
            #expect(listener.receive()?.text == "honest")
        }
    }

    /// Whatever a neighbour puts beside the halves of a datagram: it arrives as it was sent.
    @Test func noFragmentGetsIntoANeighboursDatagram() throws {
        let listener = try scene.scene.topology.outside.run { try InternetSocket.datagrams(port: 5000) }
        let victim = try scene.two.packetSocket()
        let outside = (scene.outside4, scene.outside6)
        func parts(_ source: IPAddress, _ text: String, _ identification: UInt16) -> [IPPacket] {
            let target = source.family == .v4 ? outside.0 : outside.1
            let whole = IPPacket.udp(from: source, 4000, to: target, 5000, data: Array(text.utf8))
            let halves =
                source.family == .v4
                ? whole.fragments4(at: 16, identification: identification)
                : whole.fragments(at: 16, identification: UInt32(identification))
            return [halves.first, halves.second]
        }
        var identification: UInt16 = 100
        for source in [scene.neighbour4, scene.neighbour6] {
            let honest = { (parts(source, "honest-1honest-2", $0)) }
            // The same words in another order have the same checksum: put together, they would be delivered.
            let forged = { (parts(source, "honest-1neho-2st", $0)) }
            for (name, chosen) in [("second", [1]), ("first", [0]), ("both", [0, 1]), ("both, turned round", [1, 0])] {
                identification += 1
                let (mine, theirs) = (honest(identification), forged(identification))
                try victim.send(scene.two.frame(mine[0]))
                try scene.judge(
                    [
                        Attack("\(source.family), \(name)", chosen.map { scene.one.frame(theirs[$0]) }, .ip),
                        Attack(
                            "\(source.family), \(name), with the neighbour's MAC",
                            chosen.map { scene.one.frame(theirs[$0], from: scene.two.mac) }, .mac),
                    ], isAlone: false)
                try victim.send(scene.two.frame(mine[1]))
                #expect(listener.receive()?.text == "honest-1honest-2", "\(source.family), \(name)")
                #expect(listener.receive(within: .zero) == nil)
            }
        }
    }
}

extension Frame {
    /// To another host's end, where it was addressed to one.
    fileprivate func to(_ mac: MACAddress) -> Frame {
        guard octets[0] & 1 == 0 else { return self }
        return Frame(octets: mac.octets + octets[6...])
    }
}
