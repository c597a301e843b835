import NetworkValues
import Nftables
import Testing

@testable import Dataplane

/// Which chains of other programs stand in the way of endpoints' packets.
struct ForeignChainTests {
    private func chain(
        _ family: TableFamily = .inet, _ hook: BaseChain.Hook = .forward, _ policy: BaseChain.Policy = .drop,
        devices: [String] = [], rules: [[Nftables.Expression]] = []
    ) -> HookedChain {
        HookedChain(
            Table(family, "other"), "c", base: BaseChain(.filter, hook: hook, priority: 0, policy: policy),
            devices: devices, rules: rules.map { CompiledRule(expressions: $0, comment: nil) })
    }

    private func effect(_ chain: HookedChain, _ families: Set<IPFamily> = [.v4, .v6]) -> ForeignChain.Effect? {
        ForeignChain.judge([chain], families: families).first?.effect
    }

    private let condition = Nftables.Expression.meta(.iifname, into: Register(rawValue: 1))

    @Test func aPolicyDropsUnlessEveryPacketIsAcceptedBefore() {
        #expect(effect(chain()) == .drops)
        #expect(effect(chain(rules: [[.counter], [condition, .verdict(.drop)]])) == .drops)
        #expect(effect(chain(rules: [[.counter, .verdict(.accept)]])) == nil)
        #expect(effect(chain(rules: [[condition, .verdict(.drop)], [.verdict(.accept)]])) == nil)
        #expect(effect(chain(.inet, .forward, .accept)) == nil)
    }

    @Test func rulesThatMayLetPassMakeItAPossibility() {
        let verdicts: [Verdict] = [.accept, .jump("x"), .goto("x"), .return]
        for verdict in verdicts {
            #expect(effect(chain(rules: [[condition, .verdict(verdict)]])) == .mayDrop, "\(verdict)")
        }
        let map = Nftables.Expression.lookup(set: "m", key: Register(rawValue: 1), into: .verdict, isInverted: false)
        #expect(effect(chain(rules: [[condition, map]])) == .mayDrop)
        #expect(effect(chain(rules: [[.foreign("queue")]])) == .mayDrop)
        #expect(effect(chain(rules: [[.foreign("target LOG")]])) == .mayDrop)
        #expect(effect(chain(rules: [[.foreign("limit"), .foreign("log")]])) == .drops)
    }

    @Test func aLastRuleThatRefusesEverythingDropsWhateverThePolicy() {
        let refusals: [[Nftables.Expression]] = [
            [.verdict(.drop)], [.counter, .foreign("reject")], [.counter, .foreign("target REJECT")],
        ]
        for refusal in refusals {
            #expect(effect(chain(.ip, .forward, .accept, rules: [refusal])) == .drops, "\(refusal)")
            #expect(
                effect(chain(.ip, .forward, .accept, rules: [[condition, .verdict(.accept)], refusal])) == .mayDrop)
            #expect(effect(chain(.ip, .forward, .accept, rules: [[condition] + refusal])) == nil)
            #expect(effect(chain(.ip, .forward, .accept, rules: [[.foreign("limit")] + refusal])) == nil)
        }
    }

    @Test func onlyFamiliesInUseCount() {
        #expect(effect(chain(.ip), [.v6]) == nil && effect(chain(.ip), [.v4]) == .drops)
        #expect(effect(chain(.ip6), [.v4]) == nil && effect(chain(.ip6), [.v6]) == .drops)
        #expect(effect(chain(.arp, .input), [.v6]) == nil && effect(chain(.arp, .input), [.v4]) == .drops)
        for family in TableFamily.allCases { #expect(effect(chain(family, .input), []) == nil) }
    }

    @Test func whatOnlySomePacketsPassIsNeverCertain() {
        #expect(effect(chain(.netdev, .ingress, devices: ["eth0"])) == .mayDrop)
        #expect(effect(chain(.bridge, .prerouting)) == .mayDrop)
        #expect(effect(chain(.bridge, .forward)) == nil)
    }

    @Test func aPersonReadsWhichChainItIsAndWhatToDo() throws {
        let forward = try #require(ForeignChain.judge([chain(.ip)], families: [.v4]).first)
        #expect(
            forward.text(prefixes: ["cali", "tap"])
                == "chain ip other c (hook forward, priority 0, policy drop) drops all packets of endpoints that come there: "
                + "what our chains accept still has to pass it: have the program that made it accept cali*, tap* in both "
                + "directions (with Docker in the chain DOCKER-USER)")
        let input = try #require(
            ForeignChain.judge([chain(.inet, .input, rules: [[condition, .verdict(.accept)]])], families: [.v4]).first)
        #expect(
            input.text(prefixes: ["cali"])
                == "chain inet other c (hook input, priority 0, policy drop) may drop packets between endpoints and this host, "
                + "unless a rule of it accepts them: what our chains accept still has to pass it: have the program that made "
                + "it accept cali*")
        #expect(forward.concernsForwarding && !input.concernsForwarding)
    }
}
