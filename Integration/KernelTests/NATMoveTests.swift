import Dataplane
import NetworkValues
import Testing

/// External addresses change hands while clients outside go on asking, and what is nobody's passes beside them.
struct NATMoveTests {
    private let scene: NATScene
    private var topology: Topology { scene.topology }

    init() throws {
        scene = try NATScene()
    }

    /// What came to the outside host under an internal address.
    private func watchInternals() throws {
        try topology.outside.nft(
            """
            table netdev watch {
                chain arrivals {
                    type filter hook ingress device "eth0" priority 0
                    ip saddr 10.65.0.0/24 counter
                    ip6 saddr 2001:db8::/120 counter
                }
            }
            """)
    }

    private func internalsSeen() throws -> Bool {
        let chain = try topology.outside.command(["nft", "list", "chain", "netdev", "watch", "arrivals"]).succeed()
        return chain.split(separator: "\n").filter { $0.contains("counter") }.contains { !$0.contains("packets 0 ") }
    }

    /// The endpoints are servers, as most that have an external address: what they say of themselves their egress rules
    /// deny. So an answer whose connection has ended meanwhile is none.
    @Test(arguments: NATScene.Addresses.both)
    func anAddressThatMovesIsAnsweredByTheOldWorkloadOrTheNewAndUnderNoOtherAddress(_ at: NATScene.Addresses) throws {
        let host = try scene.host(nats: [])
        let server = ResourceText.profile("open", ingress: "{action: Allow}", egress: "{action: Deny}")
        func move(to owner: String) throws {
            let mapping = [(owner == "one" ? at.inside : at.neighbours, at.external)]
            try host.take([
                server, NATScene.endpoint("one", owner == "one" ? mapping : []),
                NATScene.endpoint("two", owner == "two" ? mapping : []),
            ])
            try host.update()
        }
        let servers = try [
            NamedServer("one", in: scene.one.namespace, port: 5001),
            NamedServer("two", in: scene.two.namespace, port: 5001),
        ]
        try move(to: "one")
        try watchInternals()
        let asker = try Asker(at.external, port: 5001, from: topology.outside)
        for round in 0..<6 {
            let (old, new) = round % 2 == 0 ? ("one", "two") : ("two", "one")
            let former = asker.answers
            func isAnswered(by name: String, since former: [Asker.Answer: Int]) -> Bool {
                let answer = Asker.Answer(name: name, source: at.external)
                return asker.answers[answer, default: 0] > former[answer, default: 0] + 5
            }
            try eventually("answers of \(old)") { isAnswered(by: old, since: former) }
            try move(to: new)
            // One that was under way may still be the old one's.
            let moved = asker.answers
            try eventually("answers of \(new)") { isAnswered(by: new, since: moved) }
            let settled = asker.answers
            try eventually("more answers of \(new)") { isAnswered(by: new, since: settled) }
            let late = Asker.Answer(name: old, source: at.external)
            #expect(asker.answers[late] == settled[late], "\(old) answers still in round \(round)")
        }
        asker.stop()
        #expect(Set(asker.answers.keys.map(\.source)) == [at.external], "\(asker.answers)")
        #expect(Set(asker.answers.keys.map(\.name)) == ["one", "two"], "\(asker.answers)")
        #expect(try !internalsSeen())
        withExtendedLifetime(servers) {}
    }

    /// The host is a router for others too, and a host itself.
    @Test(arguments: NATScene.Addresses.both)
    func whatIsNoEndpointsPassesUntranslated(_ at: NATScene.Addresses) throws {
        let isIPv4 = at.family == .v4
        let lan = try NetworkNamespace()
        try topology.host.ip(
            "link add eth1 type veth peer name eth0 netns \(lan.name)", "link set eth1 up",
            "address add 172.31.0.1/24 dev eth1", "address add 2001:db8:31::1/64 dev eth1 nodad")
        try lan.ip(
            "link set eth0 up", "address add 172.31.0.2/24 dev eth0", "address add 2001:db8:31::2/64 dev eth0 nodad",
            "route add default via 172.31.0.1", "route add default via 2001:db8:31::1")
        let host = try scene.host()
        let inLAN = address(isIPv4 ? "172.31.0.2" : "2001:db8:31::2")
        let own = address(isIPv4 ? topology.hostAddress : topology.hostAddress6)
        let (outside, patience) = (topology.outside, Duration.seconds(5))
        #expect(
            try exchange(from: lan, to: at.outside, at: outside, within: patience)
                == Exchange(clientAsSeen: inLAN, serverAsSeen: at.outside))
        #expect(
            try exchange(from: outside, to: inLAN, at: lan, within: patience)
                == Exchange(clientAsSeen: at.outside, serverAsSeen: inLAN))
        #expect(
            try exchange(from: topology.host, to: at.outside, at: outside)
                == Exchange(clientAsSeen: own, serverAsSeen: at.outside))
        #expect(
            try exchange(from: outside, to: own, at: topology.host)
                == Exchange(clientAsSeen: at.outside, serverAsSeen: own))
        // To that network a workload is what it is to everybody outside.
        #expect(
            try exchange(from: scene.one.namespace, to: inLAN, at: lan)
                == Exchange(clientAsSeen: at.external, serverAsSeen: inLAN))
        #expect(
            try exchange(from: lan, to: at.external, at: scene.one.namespace)
                == Exchange(clientAsSeen: inLAN, serverAsSeen: at.external))
        withExtendedLifetime(host) {}
    }
}
