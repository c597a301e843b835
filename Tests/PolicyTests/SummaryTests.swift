import Policy
import Resources
import Selectors
import Testing

@Suite struct SummaryTests {
    @Test func summariesTellWhatIsIdle() throws {
        let web = EntityRule(selector: Selector(.equal("app", "web")))
        let nobody = EntityRule(notSelector: Selector(.has("ghost")), namespaceSelector: Selector(.has("ghost")))
        let index = PolicyIndex([
            try endpoint("a", labels: ["app": "web"], profiles: ["open", "missing"], at: ["10.0.0.1"]),
            try endpoint("b", on: "node2", labels: ["app": "web"], profiles: ["open"], at: ["10.0.0.2"]),
            profile("open"), profile("spare"),
            .networkPolicy(
                policy(
                    "used", .equal("app", "web"), ingress: [allow(from: web), allow(from: nobody, to: web)],
                    egress: [allow(to: EntityRule(ports: [.name("http")]), .tcp)])),
            .networkPolicy(policy("idle", in: nil, tier: "first", order: 5, .has("ghost"))),
            .networkPolicy(policy("rehearsal", staged: true)),
        ])
        let summaries = index.summaries()
        #expect(
            summaries.map { "\($0.key.kind.rawValue) \($0.name) \($0.localEndpoints)/\($0.endpoints)" } == [
                "GlobalNetworkPolicy idle 0/0", "NetworkPolicy default/used 1/2", "Profile missing 1/1",
                "Profile open 1/2", "Profile spare 0/0", "StagedNetworkPolicy default/rehearsal 1/2",
            ])
        #expect(summaries.map(\.exists) == [true, true, false, true, true, true])
        #expect(summaries.map(\.isStaged) == [false, false, false, false, false, true])
        #expect(summaries[0].tier == "first" && summaries[0].order == 5 && summaries[2].tier == nil)
        #expect(summaries[1].directions == [.ingress, .egress])
        #expect(
            summaries[1].idleSelectors == [
                "ingress[1].source.namespaceSelector", "ingress[1].source.notSelector", "egress[0].destination.ports",
            ])
    }

    @Test func theTiersThatExistAreKnown() {
        #expect(PolicyIndex([tier("first", 1)]).tierNames == ["default", "first"])
    }
}
