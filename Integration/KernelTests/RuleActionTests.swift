import NetworkValues
import Testing

/// What becomes of a packet that a rule matches; Allow and Deny are in every other test of rules.
struct RuleActionTests: PolicySuite {
    let scene: PolicyScene

    init() throws {
        scene = try PolicyScene()
    }

    @Test func logGoesOnWithTheNextRule() throws {
        let host = try host(["judged"], [])
        try host.program(
            ResourceText.profile(
                "judged",
                ingress: """
                    {action: Log, protocol: UDP, destination: {ports: ["1:2"]}},
                    {action: Deny, protocol: UDP, destination: {ports: ["2:3"]}}, {action: Log}, {action: Allow}
                    """, egress: "{action: Log}"))
        let packets = (1...4).map { datagram(outside, own, $0) }
        #expect(try arriving(packets, .fromOutside, expecting: [0, 3]) == [0, 3])
        #expect(try host.drops(of: "cali1", expecting: ["policy-to": 2]) == ["policy-to": 2])
        #expect(try host.counts(in: "profile-judged-ingress", expecting: [2, 2, 2, 2]) == [2, 2, 2, 2])
        // What is only logged is denied in the end.
        #expect(try arriving([datagram(own, outside, 1)], .toOutside, expecting: []) == [])
        #expect(try host.counts(in: "profile-judged-egress", expecting: [1]) == [1])
        let ruleset = try host.ruleset()
        for place in ["ingress[0]", "ingress[2]", "egress[0]"] {
            let statement = "log prefix \"margay judged \(place): \" level info comment \"profile judged \(place)\""
            #expect(ruleset.ranges(of: statement).count == 1)
        }
        #expect(ruleset.ranges(of: "log prefix").count == 3)
    }

    @Test func passEndsAProfileAndTheNextOneIsAsked() throws {
        let host = try host(["first", "second", "third"], [])
        try host.program(
            ResourceText.profile(
                "first",
                ingress: """
                    {action: Pass, protocol: UDP, destination: {ports: ["1:4"]}},
                    {action: Deny, protocol: UDP, destination: {ports: ["1:5"]}}
                    """),
            ResourceText.profile(
                "second",
                ingress: """
                    {action: Allow, protocol: UDP, destination: {ports: [1]}},
                    {action: Deny, protocol: UDP, destination: {ports: [2]}},
                    {action: Pass, protocol: UDP, destination: {ports: ["3:4"]}}, {action: Allow}
                    """),
            ResourceText.profile("third", ingress: "{action: Allow, protocol: UDP, destination: {ports: [3]}}"))
        // The second allows 1 and denies 2, the third allows 3, nobody allows 4, the first denies 5.
        let packets = (1...6).map { datagram(outside, own, $0) }
        #expect(try arriving(packets, .fromOutside, expecting: [0, 2, 5]) == [0, 2, 5])
        #expect(try host.drops(of: "cali1", expecting: ["policy-to": 3]) == ["policy-to": 3])
        #expect(try host.counts(in: "profile-first-ingress", expecting: [4, 1]) == [4, 1])
        #expect(try host.counts(in: "profile-second-ingress", expecting: [1, 1, 2, 1]) == [1, 1, 2, 1])
        #expect(try host.counts(in: "profile-third-ingress", expecting: [1]) == [1])
    }

    @Test func passInTheOnlyProfileDenies() throws {
        let host = try host(["judged"], [])
        try host.program(
            ResourceText.profile("judged", ingress: "{action: next-tier}, {action: allow}", apiVersion: "v1"))
        #expect(try arriving([datagram(outside, own, 1)], .fromOutside, expecting: []) == [])
        #expect(try host.drops(of: "cali1", expecting: ["policy-to": 1]) == ["policy-to": 1])
    }
}
