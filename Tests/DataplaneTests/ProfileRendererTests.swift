import NetworkValues
import Nftables
import Policy
import Resources
import Testing

@testable import Dataplane

struct ProfileRendererTests {
    private func compiled(_ rule: Nftables.Rule, _ comment: String) -> CompiledRule {
        Rule(rule.statements, comment: comment).compiled(in: .inet)
    }

    private func ingress(_ rules: Resources.Rule...) throws -> (
        rules: [CompiledRule], sets: [SetID: ObjectBundle.ContentSet]
    ) {
        let bundle = ProfileRenderer.bundle(of: "p", ResolvedRules(ingress: rules.map { ResolvedRule($0) }))
        let chain = try #require(bundle.chains[ChainID(.margay, "profile-p-ingress")])
        return (chain.rules, bundle.contentSets)
    }

    private func networks(_ texts: String...) throws -> EntityRule {
        EntityRule(nets: try texts.map { try IPPrefix(parsing: $0) })
    }

    @Test func anEmptyRuleMatchesEverything() throws {
        let rendered = try ingress(Rule(action: .allow), Rule(action: .deny))
        #expect(
            rendered.rules == [
                compiled(Rule(.counter, .verdict(.accept)), "profile p ingress[0]"),
                compiled(Rule(.counter, .verdict(.goto("deny-ingress"))), "profile p ingress[1]"),
            ])
    }

    @Test func networksOfBothFamiliesMakeARuleForEach() throws {
        let rendered = try ingress(Rule(action: .allow, source: networks("10.0.0.0/8", "2001:db8::/32")))
        #expect(
            rendered.rules == [
                compiled(
                    Rule(
                        .match(.network(.ipv4Source, try IPPrefix(parsing: "10.0.0.0/8"))), .counter, .verdict(.accept)),
                    "profile p ingress[0]"),
                compiled(
                    Rule(
                        .match(.network(.ipv6Source, try IPPrefix(parsing: "2001:db8::/32"))), .counter,
                        .verdict(.accept)), "profile p ingress[0]"),
            ])
    }

    @Test func sidesOfDifferentFamiliesMatchNothing() throws {
        let rendered = try ingress(
            Rule(action: .allow, source: networks("10.0.0.0/8"), destination: networks("2001:db8::/32")))
        #expect(rendered.rules.isEmpty)
    }

    @Test func severalPortsBecomeASetNamedAfterItsContent() throws {
        let ports = EntityRule(ports: [.range(PortRange(443)), .range(PortRange(80))])
        let first = try ingress(Rule(action: .allow, protocol: IPProtocol(rawValue: 6), destination: ports))
        let second = try ingress(
            Rule(
                action: .deny, protocol: IPProtocol(rawValue: 17),
                destination: EntityRule(ports: [.range(PortRange(80)), .range(PortRange(443))])))
        #expect(first.sets.count == 1)
        #expect(first.sets.keys == second.sets.keys)
        let set = try #require(first.sets.keys.first)
        #expect(
            first.rules == [
                compiled(
                    Rule(
                        .match(.inSet([.destinationPort(.tcp)], set.name)), .counter, .verdict(.accept)),
                    "profile p ingress[0]")
            ])
    }

    @Test func aProtocolWithoutPortsIsMatchedByNumber() throws {
        let rendered = try ingress(Rule(action: .allow, protocol: IPProtocol(rawValue: 50)))
        #expect(
            rendered.rules == [
                compiled(
                    Rule(.match(.equal(.transportProtocol, Value(octet: 50))), .counter, .verdict(.accept)),
                    "profile p ingress[0]")
            ])
    }

    @Test func logWritesALineAndGoesOnAndPassReturns() throws {
        let rendered = try ingress(Rule(action: .log), Rule(action: .pass, ipVersion: .v6))
        #expect(
            rendered.rules == [
                compiled(
                    Rule(.counter, .limit(perSecond: 10, burst: 5), .log(prefix: "margay p ingress[0]: ")),
                    "profile p ingress[0]"),
                compiled(
                    Rule(
                        .match(.equal(.networkProtocol, Value(octet: 10))), .counter, .verdict(.return)),
                    "profile p ingress[1]"),
            ])
    }

    @Test func whereTheKernelCannotLogTheRuleCountsAndGoesOn() throws {
        let logs = Resources.Rule(action: .log, source: try networks("10.0.0.0/8"))
        let rules = ResolvedRules(ingress: [ResolvedRule(logs), ResolvedRule(Rule(action: .deny))])
        let bundle = ProfileRenderer.bundle(of: "p", rules, canLog: false)
        #expect(
            try #require(bundle.chains[ChainID(.margay, "profile-p-ingress")]).rules == [
                compiled(
                    Rule(.match(.network(.ipv4Source, try IPPrefix(parsing: "10.0.0.0/8"))), .counter),
                    "profile p ingress[0]"),
                compiled(Rule(.counter, .verdict(.goto("deny-ingress"))), "profile p ingress[1]"),
            ])
    }

    @Test func aLogPrefixStaysWithinTheKernelsLimit() throws {
        let rules = Array(repeating: Resources.Rule(action: .log), count: 10_001)
        let names = ["a", "b"].map { String(repeating: "x", count: 252) + $0 }
        let prefixes = try names.map { name in
            let bundle = ProfileRenderer.bundle(of: name, ResolvedRules(ingress: rules.map { ResolvedRule($0) }))
            let chain = try #require(bundle.chains[ChainID(.margay, ProfileRenderer.chain(of: name, .ingress))])
            return chain.rules.compactMap { rule in
                rule.expressions.compactMap { if case .log(let prefix, _) = $0 { prefix } else { nil } }.first
            }
        }
        #expect(prefixes.allSatisfy { Set($0).count == rules.count })
        #expect(Set(prefixes[0]).isDisjoint(with: prefixes[1]))
        // NF_LOG_PREFIXLEN is 128 with the final zero.
        #expect(prefixes.joined().allSatisfy { $0.utf8.count <= 127 })
    }

    @Test func longNamesStayWithinTheKernelsLimitAndApart() {
        let long = String(repeating: "x", count: 253)
        let names = [long + "a", long + "b"].map { ProfileRenderer.chain(of: $0, .ingress) }
        #expect(names.allSatisfy { $0.utf8.count < 128 })
        #expect(names[0] != names[1])
        #expect(PolicyGroup(EndpointPolicies(profiles: [long])).chain(.egress).utf8.count < 128)
    }

    @Test func groupsWithOtherListsHaveOtherNames() {
        let lists = [[], ["0"], ["a"], ["a", "b"], ["b", "a"], ["ab"], ["a", "b", "c"]]
        #expect(Set(lists.map { PolicyGroup(EndpointPolicies(profiles: $0)).chain(.egress) }).count == lists.count)
    }
}
