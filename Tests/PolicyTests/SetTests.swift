import NetworkValues
import Policy
import Resources
import Selectors
import Testing

/// What is told of the sets that rules ask for.
@Suite struct SetTests {
    private let judge = policy(
        "p", in: nil, .has("judged"), ingress: [allow(from: EntityRule(selector: Selector(.has("app"))))])
    private let set = MemberSet(selector: "has(app)")
    private var index: PolicyIndex

    init() throws {
        index = PolicyIndex([try endpoint("judged", labels: ["judged": ""]), .networkPolicy(judge)])
    }

    private func member(_ text: String) throws -> MemberSet.Member { .network(try IPPrefix(parsing: text)) }

    private func change(_ added: [String] = [], _ removed: [String] = [], _ kind: MemberSet.Kind = .addresses) throws
        -> [MemberSet: PolicyChanges.SetChange]
    {
        [
            set: PolicyChanges.SetChange(
                formerKind: kind, kind: kind, added: Set(try added.map(member)), removed: Set(try removed.map(member)))
        ]
    }

    private func app(_ name: String, _ addresses: String...) throws -> Resource {
        try endpoint(name, on: nil, labels: ["app": ""], at: addresses)
    }

    @Test mutating func anAddressStaysWhileOneEndpointHasIt() throws {
        index.put(try app("a", "10.0.0.1"))
        #expect(index.update().sets == (try change(["10.0.0.1"])))
        index.put(try app("b", "10.0.0.1", "10.0.0.2"))
        #expect(index.update().sets == (try change(["10.0.0.2"])))
        index.remove(local("a"))
        #expect(index.update().sets.isEmpty)
        index.put(try endpoint("b", on: nil, at: ["10.0.0.1", "10.0.0.2"]))
        #expect(index.update().sets == (try change([], ["10.0.0.1", "10.0.0.2"])))
    }

    @Test mutating func whatComesAndGoesBetweenUpdatesIsNotTold() throws {
        index.put(try app("a", "10.0.0.1"))
        index.put(try app("a", "10.0.0.2"))
        index.put(try app("b", "10.0.0.3"))
        index.remove(local("b"))
        #expect(index.update().sets == (try change(["10.0.0.2"])))
        index.remove(local("a"))
        index.put(try app("c", "10.0.0.2"))
        #expect(index.update().sets.isEmpty)
    }

    @Test mutating func aNetworkSetTurnsTheSetIntoOneOfNetworks() throws {
        index.put(try app("a", "10.0.0.1"))
        _ = index.update()
        index.put(try networkSet("n", in: nil, ["app": ""], ["192.0.2.1/32"]))
        let changes = index.update()
        #expect(
            changes.sets == [
                set: PolicyChanges.SetChange(
                    formerKind: .addresses, kind: .networks, added: [try member("10.0.0.1"), try member("192.0.2.1")],
                    removed: [try member("10.0.0.1")])
            ])
        #expect(changes.rules == [judge.key])
        index.remove(key(.globalNetworkSet, nil, "n"))
        #expect(index.update().sets[set]?.kind == .addresses)
    }

    @Test mutating func aNetworkWithinAnotherIsLeftOutAndComesBackWhenTheOuterGoes() throws {
        index.put(try networkSet("n", in: nil, ["app": ""], ["10.0.0.0/24"]))
        _ = index.update()
        index.put(try app("a", "10.0.0.1"))
        index.put(try app("b", "10.0.1.1"))
        #expect(index.update().sets == (try change(["10.0.1.1"], [], .networks)))
        index.put(try networkSet("m", in: nil, ["app": ""], ["10.0.0.0/16"]))
        #expect(index.update().sets == (try change(["10.0.0.0/16"], ["10.0.0.0/24", "10.0.1.1"], .networks)))
        index.put(try networkSet("n", in: nil, ["app": ""], []))
        #expect(index.update().sets.isEmpty)
        index.put(try networkSet("m", in: nil, ["app": ""], []))
        #expect(index.update().sets == (try change(["10.0.0.1", "10.0.1.1"], ["10.0.0.0/16"], .networks)))
    }

    @Test mutating func theSetIsThereWhileItsPolicyJudgesSomebodyHere() throws {
        index.put(try app("a", "10.0.0.1"))
        _ = index.update()
        index.put(try endpoint("judged", on: "node2", labels: ["judged": ""]))
        let gone = index.update()
        #expect(gone.endpoints.map(\.key) == [local("judged")])
        #expect(gone.rules == [judge.key])
        #expect(
            gone.sets == [
                set: PolicyChanges.SetChange(
                    formerKind: .addresses, kind: nil, added: [], removed: [try member("10.0.0.1")])
            ])
        #expect(index.rules(of: judge.key) == nil && index.kind(of: set) == nil && index.members(of: set).isEmpty)
        index.put(try endpoint("judged", labels: ["judged": ""]))
        #expect(index.update().sets[set]?.added == [try member("10.0.0.1")])
    }

    @Test mutating func aNamespacesLabelTouchesWhatIsInIt() throws {
        let other = policy(
            "q", in: nil, .has("judged"),
            ingress: [allow(from: EntityRule(namespaceSelector: Selector(.equal("team", "x"))))])
        index.put(.networkPolicy(other))
        index.put(try endpoint("a", on: nil, in: "shop", at: ["10.0.0.1"]))
        _ = index.update()
        #expect(index.sources(of: other.key).isEmpty)
        index.put(namespace("shop", ["team": "x"]))
        let changes = index.update()
        #expect(changes.sets.count == 1 && changes.rules.isEmpty && changes.endpoints.isEmpty)
        #expect(index.sources(of: other.key) == ["10.0.0.1"])
    }
}
