import Dataplane
import NetworkValues
import Testing

/// 1:1 NAT as applications see it: who the other side is, and who answers.
struct NATTests {
    private let topology: Topology
    private let one: Workload
    private let two: Workload
    private let inside = address("10.65.0.1")
    private let neighbours = address("10.65.0.2")
    private let external = address("198.51.100.1")
    private let second = address("198.51.100.2")
    private let outside: IPAddress
    /// On the outside host too, in a network of its own.
    private let remote = address("203.0.113.9")

    init() throws {
        topology = try Topology()
        outside = address(topology.outsideAddress)
        try topology.outside.ip("address add 203.0.113.9/32 dev lo")
        one = try topology.addWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01", addresses: ["10.65.0.1"])
        two = try topology.addWorkload(interfaceName: "cali2", mac: "02:00:00:00:00:02", addresses: ["10.65.0.2"])
    }

    private func host(
        nats: [(String, String)] = [("10.65.0.1", "198.51.100.1")],
        options: DataplaneOptions = DataplaneOptions(node: "host")
    ) throws -> ProgrammedHost {
        let host = try ProgrammedHost(topology.host, options: options)
        try host.program(
            ResourceText.open,
            ResourceText.endpoint("one", "cali1", mac: "02:00:00:00:00:01", ["10.65.0.1"], nats: nats),
            ResourceText.endpoint("two", "cali2", mac: "02:00:00:00:00:02", ["10.65.0.2"]))
        return host
    }

    /// What both sides see of an exchange of two datagrams.
    private struct Exchange: Equatable {
        var clientAsSeen: IPAddress
        var serverAsSeen: IPAddress
    }

    /// Asks a server within `serving` from a client within `asking`; `nil` when the server does not hear it.
    private func exchange(
        from asking: NetworkNamespace, to target: IPAddress, at serving: NetworkNamespace,
        within limit: Duration = .seconds(2)
    ) throws -> Exchange? {
        let server = try serving.run { try InternetSocket.datagrams() }
        let client = try asking.run { try InternetSocket.datagrams() }
        try client.send("question", to: target, port: server.port)
        guard let question = server.receive(within: limit) else { return nil }
        try server.send("answer", to: question.source, port: question.port)
        let heard = client.receive()
        let answer = try #require(heard, "the server heard the client, and not the other way round")
        #expect(answer.port == server.port)
        return Exchange(clientAsSeen: question.source, serverAsSeen: answer.source)
    }

    @Test func theExternalAddressLeadsToTheWorkloadFromOutside() throws {
        let host = try host()
        #expect(
            try exchange(from: topology.outside, to: external, at: one.namespace)
                == Exchange(clientAsSeen: outside, serverAsSeen: external))
        // Its internal address answers for itself.
        #expect(
            try exchange(from: topology.outside, to: inside, at: one.namespace)
                == Exchange(clientAsSeen: outside, serverAsSeen: inside))
        #expect(try topology.outside.pings(external))
        withExtendedLifetime(host) {}
    }

    @Test(arguments: [true, false])
    func theExternalAddressLeadsToTheWorkloadFromTheHost(hasDefaultRoute: Bool) throws {
        let host = try host()
        if !hasDefaultRoute { try topology.host.ip("route del default") }
        let seen = try exchange(from: topology.host, to: external, at: one.namespace)
        #expect(seen?.serverAsSeen == external)
        // The host talks to its workloads under an address that it chooses for the link.
        let direct = try exchange(from: topology.host, to: inside, at: one.namespace)
        #expect(direct?.serverAsSeen == inside)
        #expect(seen?.clientAsSeen == direct?.clientAsSeen)
        withExtendedLifetime(host) {}
    }

    @Test func theExternalAddressLeadsToTheWorkloadFromANeighbour() throws {
        let host = try host()
        #expect(
            try exchange(from: two.namespace, to: external, at: one.namespace)
                == Exchange(clientAsSeen: neighbours, serverAsSeen: external))
        // The other way nothing is translated: between workloads the internal addresses are known.
        #expect(
            try exchange(from: one.namespace, to: neighbours, at: two.namespace)
                == Exchange(clientAsSeen: inside, serverAsSeen: neighbours))
        withExtendedLifetime(host) {}
    }

    @Test func aWorkloadReachesItselfByItsExternalAddress() throws {
        let host = try host()
        #expect(
            try exchange(from: one.namespace, to: external, at: one.namespace)
                == Exchange(clientAsSeen: external, serverAsSeen: external))
        withExtendedLifetime(host) {}
    }

    @Test func aWorkloadsConnectionsLeaveUnderItsExternalAddress() throws {
        let host = try host()
        #expect(
            try exchange(from: one.namespace, to: outside, at: topology.outside)
                == Exchange(clientAsSeen: external, serverAsSeen: outside))
        #expect(
            try exchange(from: two.namespace, to: outside, at: topology.outside)
                == Exchange(clientAsSeen: neighbours, serverAsSeen: outside))
        withExtendedLifetime(host) {}
    }

    @Test func aNeighbourOnAnInterfaceWithoutAPrefixSeesTheInternalAddress() throws {
        let three = try topology.addWorkload(
            interfaceName: "tap3", mac: "02:00:00:00:00:03", addresses: ["10.65.0.3"])
        let host = try host()
        try host.program(ResourceText.endpoint("three", "tap3", mac: "02:00:00:00:00:03", ["10.65.0.3"]))
        #expect(
            try exchange(from: one.namespace, to: address("10.65.0.3"), at: three.namespace)
                == Exchange(clientAsSeen: inside, serverAsSeen: address("10.65.0.3")))
        #expect(try exchange(from: three.namespace, to: external, at: one.namespace)?.serverAsSeen == external)
    }

    @Test func excludedNetworksSeeTheInternalAddress() throws {
        let excluded = ["192.0.2.0/28", "100.64.0.0/10"].map { try! IPPrefix(parsing: $0) }
        let host = try host(options: DataplaneOptions(node: "host", natExcludedNetworks: excluded))
        #expect(try exchange(from: one.namespace, to: outside, at: topology.outside)?.clientAsSeen == inside)
        #expect(try exchange(from: one.namespace, to: remote, at: topology.outside)?.clientAsSeen == external)
        #expect(try exchange(from: topology.outside, to: external, at: one.namespace)?.serverAsSeen == external)
        withExtendedLifetime(host) {}
    }

    @Test func withoutOutboundTranslationOnlyTheWayInIsTranslated() throws {
        let host = try host(options: DataplaneOptions(node: "host", natOutbound: false))
        #expect(try exchange(from: one.namespace, to: outside, at: topology.outside)?.clientAsSeen == inside)
        #expect(
            try exchange(from: topology.outside, to: external, at: one.namespace)
                == Exchange(clientAsSeen: outside, serverAsSeen: external))
        #expect(
            try exchange(from: one.namespace, to: external, at: one.namespace)
                == Exchange(clientAsSeen: external, serverAsSeen: external))
        withExtendedLifetime(host) {}
    }

    @Test func policySeesTheInternalAddressOnBothSides() throws {
        let host = try host()
        func judge(ingress: String) throws {
            try host.program(ResourceText.profile("open", ingress: ingress, egress: "{action: Allow}"))
        }
        try judge(ingress: "{action: Allow, destination: {nets: [198.51.100.1/32]}}")
        #expect(try exchange(from: topology.outside, to: external, at: one.namespace, within: .milliseconds(50)) == nil)
        let quiet = ["policy-to": 1]
        #expect(try host.drops(of: "cali1", expecting: quiet)["policy-to"] == 1)
        try judge(ingress: "{action: Allow, destination: {nets: [10.65.0.1/32]}}")
        #expect(try exchange(from: topology.outside, to: external, at: one.namespace) != nil)
        // What the neighbour sees as the source, its policy sees too.
        try judge(ingress: "{action: Allow, source: {nets: [10.65.0.1/32]}}")
        #expect(try exchange(from: one.namespace, to: neighbours, at: two.namespace)?.clientAsSeen == inside)
        // Egress is judged after the destination was translated, and before the source is.
        try host.program(
            ResourceText.profile(
                "open", ingress: "{action: Allow}",
                egress:
                    "{action: Deny, source: {nets: [198.51.100.1/32]}}, {action: Allow, source: {nets: [10.65.0.1/32]}}"
            ))
        #expect(try exchange(from: one.namespace, to: outside, at: topology.outside)?.clientAsSeen == external)
    }

    @Test func severalExternalAddressesLeadToOneWorkloadAndTheFirstIsItsSource() throws {
        let host = try host(nats: [("10.65.0.1", "198.51.100.2"), ("10.65.0.1", "198.51.100.1")])
        for address in [external, second] {
            #expect(
                try exchange(from: topology.outside, to: address, at: one.namespace)
                    == Exchange(clientAsSeen: outside, serverAsSeen: address))
            #expect(
                try exchange(from: one.namespace, to: address, at: one.namespace)
                    == Exchange(clientAsSeen: second, serverAsSeen: address))
        }
        #expect(try exchange(from: one.namespace, to: outside, at: topology.outside)?.clientAsSeen == second)
        withExtendedLifetime(host) {}
    }

    @Test func aRemovedMappingTranslatesNoNewConnection() throws {
        let host = try host(nats: [("10.65.0.1", "198.51.100.1"), ("10.65.0.1", "198.51.100.2")])
        #expect(try exchange(from: topology.outside, to: external, at: one.namespace) != nil)
        try host.program(
            ResourceText.endpoint(
                "one", "cali1", mac: "02:00:00:00:00:01", ["10.65.0.1"], nats: [("10.65.0.1", "198.51.100.2")]))
        #expect(try exchange(from: topology.outside, to: external, at: one.namespace, within: .milliseconds(50)) == nil)
        #expect(try exchange(from: topology.host, to: external, at: one.namespace, within: .milliseconds(50)) == nil)
        #expect(try exchange(from: topology.outside, to: second, at: one.namespace)?.serverAsSeen == second)
        #expect(try exchange(from: one.namespace, to: outside, at: topology.outside)?.clientAsSeen == second)

        try host.program(ResourceText.endpoint("one", "cali1", mac: "02:00:00:00:00:01", ["10.65.0.1"]))
        #expect(try exchange(from: topology.outside, to: second, at: one.namespace, within: .milliseconds(50)) == nil)
        #expect(
            try exchange(from: one.namespace, to: outside, at: topology.outside)
                == Exchange(clientAsSeen: inside, serverAsSeen: outside))
        #expect(try exchange(from: topology.outside, to: inside, at: one.namespace)?.serverAsSeen == inside)
    }
}
