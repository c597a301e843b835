import Dataplane
import NetworkValues
import Testing

/// 1:1 NAT as applications see it, in both families: who the other side is, and who answers.
struct NATTests {
    private let scene: NATScene
    private let topology: Topology
    private let one: Workload
    private let two: Workload

    typealias Addresses = NATScene.Addresses

    init() throws {
        scene = try NATScene()
        (topology, one, two) = (scene.topology, scene.one, scene.two)
    }

    /// Long enough for what would come anyway.
    private let soon = Duration.milliseconds(50)

    @Test(arguments: Addresses.both)
    func theExternalAddressLeadsToTheWorkloadFromOutside(_ at: Addresses) throws {
        let host = try scene.host()
        #expect(
            try exchange(from: topology.outside, to: at.external, at: one.namespace)
                == Exchange(clientAsSeen: at.outside, serverAsSeen: at.external))
        // Its internal address answers for itself.
        #expect(
            try exchange(from: topology.outside, to: at.inside, at: one.namespace)
                == Exchange(clientAsSeen: at.outside, serverAsSeen: at.inside))
        #expect(try topology.outside.pings(at.external))
        withExtendedLifetime(host) {}
    }

    @Test(arguments: Addresses.both, [true, false])
    func theExternalAddressLeadsToTheWorkloadFromTheHost(_ at: Addresses, hasDefaultRoute: Bool) throws {
        let host = try scene.host()
        if !hasDefaultRoute { try topology.host.ip("route del default", "-6 route del default") }
        let seen = try exchange(from: topology.host, to: at.external, at: one.namespace)
        #expect(seen?.serverAsSeen == at.external)
        // The host talks to its workloads under an address that it chooses for the link.
        let direct = try exchange(from: topology.host, to: at.inside, at: one.namespace)
        #expect(direct?.serverAsSeen == at.inside)
        #expect(seen?.clientAsSeen == direct?.clientAsSeen)
        withExtendedLifetime(host) {}
    }

    @Test(arguments: Addresses.both)
    func theExternalAddressLeadsToTheWorkloadFromANeighbour(_ at: Addresses) throws {
        let host = try scene.host()
        #expect(
            try exchange(from: two.namespace, to: at.external, at: one.namespace)
                == Exchange(clientAsSeen: at.neighbours, serverAsSeen: at.external))
        // The other way nothing is translated: between workloads the internal addresses are known.
        #expect(
            try exchange(from: one.namespace, to: at.neighbours, at: two.namespace)
                == Exchange(clientAsSeen: at.inside, serverAsSeen: at.neighbours))
        withExtendedLifetime(host) {}
    }

    /// By the kernels' own streams, whose reset would end a connection that is translated one way only.
    @Test(arguments: Addresses.both)
    func streamsAreMadeFromEverywhere(_ at: Addresses) throws {
        let host = try scene.host()
        let listener = try one.namespace.run { try InternetSocket.listener(port: 5001) }
        for client in [topology.outside, topology.host, one.namespace, two.namespace] {
            let made = try client.execute("timeout", "5", "bash", "-c", "exec 3<>/dev/tcp/\(at.external)/5001")
            #expect(made.exitCode == 0, "\(made)")
            _ = try listener.accept()
        }
        withExtendedLifetime(host) {}
    }

    @Test(arguments: Addresses.both)
    func aWorkloadReachesItselfByItsExternalAddress(_ at: Addresses) throws {
        let host = try scene.host()
        #expect(
            try exchange(from: one.namespace, to: at.external, at: one.namespace)
                == Exchange(clientAsSeen: at.external, serverAsSeen: at.external))
        withExtendedLifetime(host) {}
    }

    /// The host forwards these packets back to where they came from, which it would otherwise tell the sender, once
    /// for each (RFC 4861 section 8.2).
    @Test(arguments: Addresses.both)
    func aWorkloadThatReachesItselfIsNotRedirected(_ at: Addresses) throws {
        let host = try scene.host()
        let socket = try one.packetSocket()
        #expect(try exchange(from: one.namespace, to: at.external, at: one.namespace) != nil)
        try one.namespace.run { try InternetSocket.datagrams() }.send("last", to: at.outside, port: 9)
        let packets = try socket.packets { $0.destination == at.outside }
        #expect(packets.contains { $0.destination == at.external })
        #expect(!packets.contains { $0.icmpv6Type == 137 || $0.icmpType == 5 }, "\(packets)")
        withExtendedLifetime(host) {}
    }

    @Test(arguments: Addresses.both)
    func aWorkloadsConnectionsLeaveUnderItsExternalAddress(_ at: Addresses) throws {
        let host = try scene.host()
        #expect(
            try exchange(from: one.namespace, to: at.outside, at: topology.outside)
                == Exchange(clientAsSeen: at.external, serverAsSeen: at.outside))
        #expect(
            try exchange(from: two.namespace, to: at.outside, at: topology.outside)
                == Exchange(clientAsSeen: at.neighbours, serverAsSeen: at.outside))
        withExtendedLifetime(host) {}
    }

    @Test(arguments: Addresses.both)
    func aNeighbourOnAnInterfaceWithoutAPrefixSeesTheInternalAddress(_ at: Addresses) throws {
        let addresses = ["10.65.0.3", "2001:db8::3"]
        let three = try topology.addWorkload(
            interfaceName: "tap3", mac: "02:00:00:00:00:03", addresses: addresses)
        try three.routeByGateway6()
        let host = try scene.host()
        try host.program(
            ResourceText.endpoint("three", "tap3", mac: "02:00:00:00:00:03", addresses, more: "ipv6Gateway: fe80::1"))
        let other = address(addresses[at.inside.family == .v4 ? 0 : 1])
        #expect(
            try exchange(from: one.namespace, to: other, at: three.namespace)
                == Exchange(clientAsSeen: at.inside, serverAsSeen: other))
        #expect(try exchange(from: three.namespace, to: at.external, at: one.namespace)?.serverAsSeen == at.external)
    }

    /// Whatever workload it is that an interface with a prefix leads to: it is not outside.
    @Test(arguments: Addresses.both)
    func aNeighbourWithoutAnEndpointSeesTheInternalAddress(_ at: Addresses) throws {
        let (mac, addresses) = ("02:00:00:00:00:03", ["10.65.0.3", "2001:db8::3"])
        let three = try topology.addWorkload(interfaceName: "cali3", mac: mac, addresses: addresses)
        try three.routeByGateway6()
        // Nobody routes to it or answers it, but for this test.
        for gateway in ["169.254.1.1", "fe80::1"] {
            try three.namespace.ip("neighbour add \(gateway) lladdr \(three.hostMAC) dev eth0")
        }
        let host = try scene.host(options: DataplaneOptions(node: "host", dropsUnknownInterfaces: false))
        for address in addresses {
            try topology.host.ip(
                "route add \(address) dev cali3", "neighbour add \(address) lladdr \(mac) dev cali3")
        }
        let other = address(addresses[at.inside.family == .v4 ? 0 : 1])
        #expect(
            try exchange(from: one.namespace, to: other, at: three.namespace)
                == Exchange(clientAsSeen: at.inside, serverAsSeen: other))
        withExtendedLifetime(host) {}
    }

    @Test(arguments: Addresses.both)
    func excludedNetworksSeeTheInternalAddress(_ at: Addresses) throws {
        let excluded = ["192.0.2.0/28", "100.64.0.0/10", "2001:db8:ffff::/64"].map { try! IPPrefix(parsing: $0) }
        let host = try scene.host(options: DataplaneOptions(node: "host", natExcludedNetworks: excluded))
        #expect(try exchange(from: one.namespace, to: at.outside, at: topology.outside)?.clientAsSeen == at.inside)
        #expect(try exchange(from: one.namespace, to: at.remote, at: topology.outside)?.clientAsSeen == at.external)
        #expect(try exchange(from: topology.outside, to: at.external, at: one.namespace)?.serverAsSeen == at.external)
        withExtendedLifetime(host) {}
    }

    @Test(arguments: Addresses.both)
    func withoutOutboundTranslationOnlyTheWayInIsTranslated(_ at: Addresses) throws {
        let host = try scene.host(options: DataplaneOptions(node: "host", natOutbound: false))
        #expect(try exchange(from: one.namespace, to: at.outside, at: topology.outside)?.clientAsSeen == at.inside)
        #expect(
            try exchange(from: topology.outside, to: at.external, at: one.namespace)
                == Exchange(clientAsSeen: at.outside, serverAsSeen: at.external))
        #expect(
            try exchange(from: one.namespace, to: at.external, at: one.namespace)
                == Exchange(clientAsSeen: at.external, serverAsSeen: at.external))
        withExtendedLifetime(host) {}
    }

    @Test(arguments: Addresses.both)
    func policySeesTheInternalAddressOnBothSides(_ at: Addresses) throws {
        let host = try scene.host()
        let only = (inside: "nets: [\"\(at.inside)\"]", external: "nets: [\"\(at.external)\"]")
        func judge(ingress: String) throws {
            try host.program(ResourceText.profile("open", ingress: ingress, egress: "{action: Allow}"))
        }
        try judge(ingress: "{action: Allow, destination: {\(only.external)}}")
        #expect(try exchange(from: topology.outside, to: at.external, at: one.namespace, within: soon) == nil)
        let quiet = ["policy-to": 1]
        #expect(try host.drops(of: "cali1", expecting: quiet)["policy-to"] == 1)
        try judge(ingress: "{action: Allow, destination: {\(only.inside)}}")
        #expect(try exchange(from: topology.outside, to: at.external, at: one.namespace) != nil)
        // What the neighbour sees as the source, its policy sees too.
        try judge(ingress: "{action: Allow, source: {\(only.inside)}}")
        #expect(try exchange(from: one.namespace, to: at.neighbours, at: two.namespace)?.clientAsSeen == at.inside)
        // A neighbour's egress and one's own see what the external address stands for; and who reaches itself is
        // judged under its internal address on its way in, too.
        try host.program(
            ResourceText.profile(
                "open", ingress: "{action: Allow, source: {nets: [\"\(at.inside)\", \"\(at.neighbours)\"]}}",
                egress:
                    "{action: Deny, destination: {\(only.external)}}, {action: Allow, destination: {\(only.inside)}}"))
        for client in [one, two] {
            #expect(try exchange(from: client.namespace, to: at.external, at: one.namespace) != nil)
        }
        // Egress is judged after the destination was translated, and before the source is.
        try host.program(
            ResourceText.profile(
                "open", ingress: "{action: Allow}",
                egress: "{action: Deny, source: {\(only.external)}}, {action: Allow, source: {\(only.inside)}}"))
        #expect(try exchange(from: one.namespace, to: at.outside, at: topology.outside)?.clientAsSeen == at.external)
    }

    @Test(arguments: Addresses.both)
    func severalExternalAddressesLeadToOneWorkloadAndTheFirstIsItsSource(_ at: Addresses) throws {
        let host = try scene.host(nats: [(at.inside, at.second), (at.inside, at.external)])
        for address in [at.external, at.second] {
            #expect(
                try exchange(from: topology.outside, to: address, at: one.namespace)
                    == Exchange(clientAsSeen: at.outside, serverAsSeen: address))
            #expect(
                try exchange(from: one.namespace, to: address, at: one.namespace)
                    == Exchange(clientAsSeen: at.second, serverAsSeen: address))
        }
        #expect(try exchange(from: one.namespace, to: at.outside, at: topology.outside)?.clientAsSeen == at.second)
        withExtendedLifetime(host) {}
    }

    /// Of one endpoint, the mapping comes to lead to its other address, in one step.
    @Test(arguments: Addresses.both)
    func aMappingThatIsEditedTranslatesNewConnectionsItsNewWay(_ at: Addresses) throws {
        let host = try scene.host()
        let other = address(at.inside.family == .v4 ? "10.65.0.3" : "2001:db8::3")
        try one.namespace.ip(
            other.family == .v4
                ? "address add \(other)/32 dev eth0" : "address add \(other)/128 dev eth0 nodad preferred_lft 0")
        func program(_ nats: [(IPAddress, IPAddress)]) throws {
            try host.program(
                ResourceText.endpoint(
                    "one", "cali1", mac: "02:00:00:00:00:01", ["10.65.0.1", "2001:db8::1", "10.65.0.3", "2001:db8::3"],
                    nats: nats.map { ("\"\($0.0)\"", "\"\($0.1)\"") }, more: "ipv6Gateway: fe80::1"))
        }
        /// Where a datagram to the external address ends, as the workload's own link shows it.
        func destination(_ port: UInt16) throws -> IPAddress? {
            let link = try one.packetSocket()
            let client = try topology.outside.run { try InternetSocket.datagrams() }
            try client.send("question", to: at.external, port: port)
            return try link.packets { $0.ports?.destination == port }.last?.destination
        }
        try program([(at.inside, at.external)])
        #expect(try destination(5001) == at.inside)
        try program([(other, at.external)])
        #expect(try destination(5002) == other)
        #expect(try exchange(from: one.namespace, to: at.outside, at: topology.outside)?.clientAsSeen == at.inside)
        // The other external address becomes the first.
        try program([(at.inside, at.external)])
        #expect(try exchange(from: one.namespace, to: at.outside, at: topology.outside)?.clientAsSeen == at.external)
        try program([(at.inside, at.second), (at.inside, at.external)])
        #expect(try exchange(from: one.namespace, to: at.outside, at: topology.outside)?.clientAsSeen == at.second)
        #expect(try exchange(from: one.namespace, to: at.external, at: one.namespace)?.clientAsSeen == at.second)
    }

    @Test(arguments: Addresses.both)
    func aRemovedMappingTranslatesNoNewConnection(_ at: Addresses) throws {
        let host = try scene.host(nats: [(at.inside, at.external), (at.inside, at.second)])
        #expect(try exchange(from: topology.outside, to: at.external, at: one.namespace) != nil)
        try scene.program(host, one: [(at.inside, at.second)])
        #expect(try exchange(from: topology.outside, to: at.external, at: one.namespace, within: soon) == nil)
        #expect(try exchange(from: topology.host, to: at.external, at: one.namespace, within: soon) == nil)
        #expect(try exchange(from: topology.outside, to: at.second, at: one.namespace)?.serverAsSeen == at.second)
        #expect(try exchange(from: one.namespace, to: at.outside, at: topology.outside)?.clientAsSeen == at.second)
        #expect(try exchange(from: one.namespace, to: at.second, at: one.namespace)?.clientAsSeen == at.second)

        try scene.program(host, one: [])
        #expect(try exchange(from: topology.outside, to: at.second, at: one.namespace, within: soon) == nil)
        #expect(
            try exchange(from: one.namespace, to: at.outside, at: topology.outside)
                == Exchange(clientAsSeen: at.inside, serverAsSeen: at.outside))
        #expect(try exchange(from: topology.outside, to: at.inside, at: one.namespace)?.serverAsSeen == at.inside)
        // Nothing is left that no connection happens to meet at present.
        let ruleset = try host.ruleset()
        #expect(ruleset.contains("\(at.inside)"))
        for address in [at.external, at.second] { #expect(!ruleset.contains("\(address)")) }
    }
}
