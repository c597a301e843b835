import Dataplane
import NetworkValues
import Testing

/// An interface, address or external address that two endpoints claim: one has it, the other is told who does, and has
/// it as soon as the first is gone.
struct ConflictTests {
    private let topology: Topology
    private let host: ProgrammedHost
    private let workloads: [Workload]
    private static let macs = ["02:00:00:00:00:01", "02:00:00:00:00:02"]

    init() throws {
        let topology = try Topology()
        self.topology = topology
        workloads = try [1, 2].map {
            try topology.addSilentWorkload(interfaceName: "cali\($0)", mac: Self.macs[$0 - 1])
        }
        host = try ProgrammedHost(topology.host)
        try host.program(ResourceText.open)
    }

    /// What decides a contest.
    struct Claimant: Sendable {
        let name: String
        var namespace = "default"
        var created: String?

        var fullName: String { "\(namespace)/\(name)" }

        func text(
            _ interface: Int, mac: Int, _ addresses: [String], nats: [(String, String)] = []
        ) -> String {
            let time = created.map { ", creationTimestamp: \"\($0)\"" } ?? ""
            return ResourceText.endpoint(name, "cali\(interface)", mac: macs[mac - 1], addresses, nats: nats)
                .replacing("namespace: default}", with: "namespace: \(namespace)\(time)}")
        }
    }

    /// Each time the first has to win.
    static let contests: [(winner: Claimant, loser: Claimant)] = [
        // The older one, whatever its name.
        (.init(name: "b", created: "2026-01-01T00:00:00Z"), .init(name: "a", created: "2026-01-02T00:00:00Z")),
        (.init(name: "b", created: "2026-01-01T01:30:00+02:00"), .init(name: "a", created: "2026-01-01T00:00:00Z")),
        // One whose age is known.
        (.init(name: "b", created: "2026-01-01T00:00:00Z"), .init(name: "a")),
        // Of the same age: by namespace, then by name.
        (.init(name: "a", created: "2026-01-01T00:00:00Z"), .init(name: "b", created: "2026-01-01T00:00:00Z")),
        (.init(name: "a"), .init(name: "b")),
        (.init(name: "b", namespace: "x"), .init(name: "a", namespace: "y")),
    ]

    // MARK: Packets

    /// Whether a datagram from outside comes to this workload, as one to `internalAddress`, and to no other.
    private func arrives(_ destination: String, as internalAddress: String? = nil, at number: Int) throws -> Bool {
        let at = try workloads[number - 1].packetSocket()
        let other = try workloads[2 - number].packetSocket()
        let destination = address(destination)
        let internalAddress = internalAddress.map(address) ?? destination
        let macs = try topology.uplinkMACs()
        let outside = address(destination.family == .v4 ? topology.outsideAddress : topology.outsideAddress6)
        // A flow of its own each time.
        let port = UInt16.random(in: 1024...65535)
        try topology.outsideSocket().send(
            IPPacket.udp(from: outside, port, to: destination, 2).frame(from: macs.outside, to: macs.host))
        func isIt(_ frame: Frame) -> Bool {
            IPPacket(frame).map { $0.destination == internalAddress && $0.ports?.source == port } ?? false
        }
        let came = try at.receive(where: isIt) != nil
        return try came && other.receive(within: .zero, where: isIt) == nil
    }

    /// The sources of the datagrams that get outside when the workload sends one from each; the last must.
    private func leaving(_ sources: [(String, mac: Int)], from number: Int) throws -> [String] {
        let socket = try workloads[number - 1].packetSocket()
        let port = UInt16.random(in: 1024...65535)
        let listening = try topology.outsideSocket()
        for (index, source) in sources.enumerated() {
            let from = address(source.0)
            let target = address(from.family == .v4 ? topology.outsideAddress : topology.outsideAddress6)
            try socket.send(
                workloads[number - 1].frame(
                    .udp(from: from, port, to: target, UInt16(index + 1)),
                    from: try MACAddress(text: Self.macs[source.mac - 1])))
        }
        return try listening.packets { $0.ports?.destination == UInt16(sources.count) }
            .filter { $0.ports != nil }.map { "\($0.source)" }
    }

    private func routes() throws -> [String] {
        try [topology.host.ip("-4 route show proto 77"), topology.host.ip("-6 route show proto 77")].joined()
            .split(separator: "\n").filter { !$0.hasPrefix("local") }
            .map { $0.split(separator: " ").prefix(3).joined(separator: " ") }.sorted()
    }

    /// Programs both in either order, lets `judge` look, and takes them away.
    private func contend(
        _ contest: (winner: Claimant, loser: Claimant), _ winner: String, _ loser: String,
        _ judge: (Claimant, Claimant) throws -> Void, afterPromotion: () throws -> Void
    ) throws {
        for texts in [[winner, loser], [loser, winner]] {
            try host.program(texts[0])
            try host.program(texts[1])
            #expect(try host.state(of: contest.winner.name, namespace: contest.winner.namespace).phase == .up)
            #expect(try host.state(of: contest.loser.name, namespace: contest.loser.namespace).phase == .conflict)
            try judge(contest.winner, contest.loser)
            host.removeEndpoint(contest.winner.name, namespace: contest.winner.namespace)
            try host.update()
            #expect(try host.state(of: contest.loser.name, namespace: contest.loser.namespace).phase == .up)
            try afterPromotion()
            host.removeEndpoint(contest.loser.name, namespace: contest.loser.namespace)
            try host.update()
            #expect(try routes() == [])
        }
    }

    // MARK: Contests

    @Test(arguments: contests.indices)
    func anInterface(index: Int) throws {
        let contest = Self.contests[index]
        let (first, second) = (["10.65.0.1", "2001:db8::1"], ["10.65.0.2", "2001:db8::2"])
        try contend(contest, contest.winner.text(1, mac: 1, first), contest.loser.text(1, mac: 2, second)) {
            winner, loser in
            let state = try host.state(of: loser.name, namespace: loser.namespace)
            #expect(state.reason == "interface cali1 belongs to \(winner.fullName)")
            #expect(state.networks == [.conflict, .conflict])
            #expect(try routes() == ["10.65.0.1 dev cali1", "2001:db8::1 dev cali1"])
            #expect(try leaving([("10.65.0.2", mac: 2), ("10.65.0.1", mac: 1)], from: 1) == ["10.65.0.1"])
            #expect(try leaving([("2001:db8::2", mac: 2), ("2001:db8::1", mac: 1)], from: 1) == ["2001:db8::1"])
            #expect(try arrives("10.65.0.1", at: 1))
            #expect(try !host.ruleset().contains(Self.macs[1]))
        } afterPromotion: { () throws in
            #expect(try routes() == ["10.65.0.2 dev cali1", "2001:db8::2 dev cali1"])
            #expect(try leaving([("10.65.0.1", mac: 1), ("10.65.0.2", mac: 2)], from: 1) == ["10.65.0.2"])
            #expect(try arrives("2001:db8::2", at: 1))
            #expect(try !host.ruleset().contains(Self.macs[0]))
        }
    }

    @Test(arguments: contests.indices)
    func addresses(index: Int) throws {
        let contest = Self.contests[index]
        let contested = ["10.65.0.9", "2001:db8::9"]
        let own = ["10.65.0.1", "10.65.0.2"]
        try contend(
            contest, contest.winner.text(1, mac: 1, [own[0]] + contested),
            contest.loser.text(2, mac: 2, [own[1]] + contested)
        ) { winner, loser in
            let state = try host.state(of: loser.name, namespace: loser.namespace)
            #expect(
                state.reason == contested.map { "\($0) belongs to \(winner.fullName)" }.joined(separator: "; "))
            #expect(state.networks == [.programmed, .conflict, .conflict])
            #expect(
                try routes() == [
                    "10.65.0.1 dev cali1", "10.65.0.2 dev cali2", "10.65.0.9 dev cali1", "2001:db8::9 dev cali1",
                ])
            for address in contested { #expect(try arrives(address, at: 1)) }
            #expect(try leaving([("10.65.0.9", mac: 1)], from: 1) == ["10.65.0.9"])
            // What is not contested is the loser's all the same.
            #expect(try leaving(contested.map { ($0, mac: 2) } + [(own[1], mac: 2)], from: 2) == [own[1]])
            #expect(try arrives(own[1], at: 2))
        } afterPromotion: { () throws in
            for address in contested { #expect(try arrives(address, at: 2)) }
            #expect(try leaving([("2001:db8::9", mac: 2)], from: 2) == ["2001:db8::9"])
            #expect(try leaving([("10.65.0.9", mac: 2)], from: 2) == ["10.65.0.9"])
        }
    }

    @Test(arguments: contests.indices)
    func externalAddresses(index: Int) throws {
        let contest = Self.contests[index]
        let externals = ["198.51.100.9", "2001:db8:e::9"]
        func own(_ number: Int) -> [String] { ["10.65.0.\(number)", "2001:db8::\(number)"] }
        func mappings(_ number: Int) -> [(String, String)] {
            zip(own(number), externals).map { ("\"\($0)\"", "\"\($1)\"") }
        }
        try contend(
            contest, contest.winner.text(1, mac: 1, own(1), nats: mappings(1)),
            contest.loser.text(2, mac: 2, own(2), nats: mappings(2))
        ) { winner, loser in
            let state = try host.state(of: loser.name, namespace: loser.namespace)
            #expect(
                state.reason == externals.map { "\($0) belongs to \(winner.fullName)" }.joined(separator: "; "))
            #expect(state.networks == [.programmed, .programmed])
            #expect(state.nats == [.conflict, .conflict])
            #expect(
                try routes().filter { $0.contains("100.9") || $0.contains(":e::") }.allSatisfy { $0.hasSuffix("cali1") }
            )
            for (external, own) in zip(externals, own(1)) {
                #expect(try arrives(external, as: own, at: 1))
                #expect(try leaving([(own, mac: 1)], from: 1) == [external])
            }
            for own in own(2) { #expect(try leaving([(own, mac: 2)], from: 2) == [own]) }
        } afterPromotion: { () throws in
            for (external, own) in zip(externals, own(2)) {
                #expect(try arrives(external, as: own, at: 2))
                #expect(try leaving([(own, mac: 2)], from: 2) == [external])
            }
        }
    }

    /// An address is one claim, whether it is a network of the endpoint or external.
    @Test func oneEndpointsExternalAddressIsNotAnothersNetwork() throws {
        try host.program(
            Claimant(name: "a").text(1, mac: 1, ["10.65.0.1"], nats: [("10.65.0.1", "10.65.0.2")]),
            Claimant(name: "b").text(2, mac: 2, ["10.65.0.2"]))
        #expect(try host.state(of: "b").reason == "10.65.0.2 belongs to default/a")
        #expect(try arrives("10.65.0.2", as: "10.65.0.1", at: 1))
        host.removeEndpoint("a")
        try host.update()
        #expect(try host.state(of: "b").phase == .up)
        #expect(try arrives("10.65.0.2", at: 2))
    }

    /// A mapping stands and falls with the address it leads to.
    @Test func aMappingToALostAddressIsInConflictToo() throws {
        try host.program(
            Claimant(name: "a").text(1, mac: 1, ["10.65.0.9"]),
            Claimant(name: "b").text(2, mac: 2, ["10.65.0.9"], nats: [("10.65.0.9", "198.51.100.9")]))
        let state = try host.state(of: "b")
        #expect(state.networks == [.conflict])
        #expect(state.nats == [.conflict])
        #expect(state.reason == "10.65.0.9 belongs to default/a")
        #expect(try !topology.host.ip("route show table all").contains("198.51.100.9"))
        host.removeEndpoint("a")
        try host.update()
        #expect(try host.state(of: "b").nats == [.programmed])
        #expect(try arrives("198.51.100.9", as: "10.65.0.9", at: 2))
    }

    @Test func whoLosesItsInterfaceCompetesForNoAddress() throws {
        try host.program(
            Claimant(name: "a").text(1, mac: 1, ["10.65.0.1"]), Claimant(name: "b").text(1, mac: 1, ["10.65.0.9"]),
            Claimant(name: "c").text(2, mac: 2, ["10.65.0.9"]))
        #expect(try host.state(of: "b").reason == "interface cali1 belongs to default/a")
        #expect(try host.state(of: "c").phase == .up)
        #expect(try arrives("10.65.0.9", at: 2))
        // It takes part once the interface is its own.
        host.removeEndpoint("a")
        try host.update()
        #expect(try host.state(of: "b").phase == .up)
        #expect(try host.state(of: "c").reason == "10.65.0.9 belongs to default/b")
        #expect(try arrives("10.65.0.9", at: 1))
        #expect(try leaving([("10.65.0.9", mac: 1)], from: 1) == ["10.65.0.9"])
    }

    /// An edit gives up a claim as well as a deletion does.
    @Test func whoGivesUpAnAddressPromotesTheOther() throws {
        try host.program(
            Claimant(name: "a").text(1, mac: 1, ["10.65.0.1", "10.65.0.9"]),
            Claimant(name: "b").text(2, mac: 2, ["10.65.0.2", "10.65.0.9"]))
        #expect(try arrives("10.65.0.9", at: 1))
        try host.program(Claimant(name: "a").text(1, mac: 1, ["10.65.0.1"]))
        #expect(try host.state(of: "b").phase == .up)
        #expect(try arrives("10.65.0.9", at: 2))
        #expect(try leaving([("10.65.0.9", mac: 1), ("10.65.0.1", mac: 1)], from: 1) == ["10.65.0.1"])
    }
}
