import Dataplane
import NetworkValues
import Testing

/// Who may talk to whom: the endpoints' chains and the profiles they lead to, each judged by packets.
struct PolicyChainTests: PolicySuite {
    let scene: PolicyScene

    init() throws {
        scene = try PolicyScene()
    }

    @Test func everyEndpointHasChainsOfItsOwnThatPacketsPass() throws {
        let host = try host(["open"], ["open"])
        #expect(try arriving([datagram(own, neighbours, 1)], .betweenWorkloads, expecting: [0]) == [0])
        #expect(try arriving([datagram(outside, own, 1)], .fromOutside, expecting: [0]) == [0])
        #expect(try host.counts(in: "from-cali1", expecting: [1]) == [1])
        #expect(try host.counts(in: "to-cali2", expecting: [1]) == [1])
        #expect(try host.counts(in: "to-cali1", expecting: [1]) == [1])
        #expect(try host.counts(in: "from-cali2", expecting: [0]) == [0])
        #expect(try host.drops(of: "cali1", expecting: [:]) == [:])
    }

    @Test func endpointsWithTheSameProfilesShareTheirChains() throws {
        let host = try host(["open"], ["open"])
        #expect(try arriving([datagram(own, neighbours, 1)], .betweenWorkloads, expecting: [0]) == [0])
        #expect(try arriving([datagram(neighbours, own, 1)], .back, expecting: [0]) == [0])
        #expect(try host.counts(in: "profile-open-egress", expecting: [2]) == [2])
        #expect(try host.counts(in: "profile-open-ingress", expecting: [2]) == [2])
        let ruleset = try host.ruleset()
        #expect(ruleset.occurrences(of: "goto group-1-open-egress") == 2)
        #expect(ruleset.occurrences(of: "jump profile-open-egress") == 1)
    }

    @Test(arguments: [DataplaneOptions.ChainLayout.perInterface, .shared])
    func egressAllowDoesNotSkipTheDestinationsIngress(layout: DataplaneOptions.ChainLayout) throws {
        let host = try host(["open"], ["egress-only"], options: DataplaneOptions(node: "host", chainLayout: layout))
        #expect(try arriving([datagram(own, neighbours, 1)], .betweenWorkloads, expecting: []) == [])
        #expect(try host.drops(of: "cali2", expecting: ["policy-to": 1]) == ["policy-to": 1])
        #expect(try host.drops(of: "cali1", expecting: [:]) == [:])
        #expect(try arriving([datagram(neighbours, own, 2)], .back, expecting: [0]) == [0])
        // The reply to what the closed endpoint began comes through.
        let reply = IPPacket.udp(from: own, 2, to: neighbours, 4000)
        #expect(try arriving([reply], .betweenWorkloads, expecting: [0]) == [0])
        #expect(try host.ruleset().contains("chain from-cali1") == (layout == .perInterface))
    }

    @Test func anEndpointWithoutProfilesIsClosedBothWays() throws {
        let host = try host([], ["open"])
        #expect(try arriving([datagram(own, outside, 1)], .toOutside, expecting: []) == [])
        #expect(try host.drops(of: "cali1", expecting: ["policy-from": 1]) == ["policy-from": 1])
        #expect(try arriving([datagram(outside, own, 1)], .fromOutside, expecting: []) == [])
        let both = ["policy-from": 1, "policy-to": 1]
        #expect(try host.drops(of: "cali1", expecting: both) == both)
        #expect(try arriving([datagram(neighbours, own, 1)], .back, expecting: []) == [])
        #expect(try host.drops(of: "cali2", expecting: [:]) == [:])
        // Opened and closed again by its profiles alone.
        try host.program(ResourceText.endpoint("one", "cali1", mac: "02:00:00:00:00:01", ["10.65.0.1"]))
        #expect(try arriving([datagram(own, outside, 2)], .toOutside, expecting: [0]) == [0])
        try host.program(
            ResourceText.endpoint("one", "cali1", mac: "02:00:00:00:00:01", ["10.65.0.1"], profiles: []))
        #expect(try arriving([datagram(own, outside, 3)], .toOutside, expecting: []) == [])
    }

    @Test func aProfileThatDoesNotExistAllowsNothingUntilItDoes() throws {
        let host = try host(["absent"], ["absent", "open"])
        #expect(try arriving([datagram(own, outside, 1)], .toOutside, expecting: []) == [])
        #expect(try arriving([datagram(outside, own, 1)], .fromOutside, expecting: []) == [])
        #expect(try arriving([datagram(neighbours, own, 1)], .back, expecting: []) == [])
        let drops = ["policy-from": 1, "policy-to": 2]
        #expect(try host.drops(of: "cali1", expecting: drops) == drops)
        // The next profile in the list is asked all the same.
        #expect(try host.drops(of: "cali2", expecting: [:]) == [:])
        try host.program(ResourceText.profile("absent", ingress: "{action: Allow}", egress: "{action: Allow}"))
        #expect(try arriving([datagram(own, outside, 2)], .toOutside, expecting: [0]) == [0])
        #expect(try arriving([datagram(outside, own, 2)], .fromOutside, expecting: [0]) == [0])
        host.removeProfile("absent")
        try host.update()
        #expect(try arriving([datagram(own, outside, 3)], .toOutside, expecting: []) == [])
    }

    @Test func theFirstProfileThatDecidesIsFinal() throws {
        let host = try host(["guarded", "open"], ["open", "guarded"])
        try host.program(
            ResourceText.profile("guarded", egress: "{action: Deny, protocol: UDP, destination: {ports: [22]}}"))
        let target = [datagram(own, outside, 22), datagram(own, outside, 23)]
        #expect(try arriving(target, .toOutside, expecting: [1]) == [1])
        #expect(try host.drops(of: "cali1", expecting: ["policy-from": 1]) == ["policy-from": 1])
        #expect(try arriving([datagram(neighbours, own, 22)], .back, expecting: [0]) == [0])
        #expect(try host.drops(of: "cali2", expecting: [:]) == [:])
    }

    @Test func repliesToAnEndpointsOwnConnectionsPassItsClosedIngress() throws {
        let host = try host(["egress-only"], [])
        let socket = try one.packetSocket()
        try socket.send(one.frame(.echoRequest(from: own, to: outside, identifier: 5)))
        let reply = try socket.receive { IPPacket($0)?.echo.map { $0 == (0, 5) } ?? false }
        #expect(reply != nil)
        // The error that answers a datagram is related to it.
        try socket.send(one.frame(datagram(own, outside, 9)))
        let error = try socket.receive { IPPacket($0).map { $0.source == self.outside && $0.payload[0] == 3 } ?? false }
        #expect(error != nil)
        #expect(
            try arriving([.echoRequest(from: outside, to: own, identifier: 6)], .fromOutside, expecting: []) == [])
        #expect(try host.drops(of: "cali1", expecting: ["policy-to": 1]) == ["policy-to": 1])
    }

    @Test func egressRulesAreAboutWhatTheEndpointSends() throws {
        let host = try host(["judged"], ["open"])
        try host.program(
            ResourceText.profile(
                "judged", ingress: "{action: Deny}",
                egress: """
                    {action: Allow, protocol: UDP, source: {nets: [10.65.0.3/32]}},
                    {action: Deny, destination: {nets: [192.0.2.0/24]}},
                    {action: Allow, protocol: UDP, destination: {nets: [10.65.0.2/32], ports: [53]}}
                    """))
        #expect(
            try arriving(
                [datagram(own, outside, 53), datagram(address("10.65.0.3"), outside, 53)], .toOutside, expecting: [1])
                == [1])
        #expect(
            try arriving(
                [datagram(own, neighbours, 54), datagram(own, neighbours, 53)], .betweenWorkloads, expecting: [1])
                == [1])
        #expect(try host.drops(of: "cali1", expecting: ["policy-from": 2]) == ["policy-from": 2])
        #expect(try host.drops(of: "cali2", expecting: [:]) == [:])
        #expect(
            try host.counts(in: "profile-judged-egress", expecting: [1, 1, 1]) == [1, 1, 1])
    }
}

extension String {
    /// How often the text occurs.
    fileprivate func occurrences(of text: String) -> Int { ranges(of: text).count }
}
