import Conntrack
import NetworkValues
import Nftables
import Resources
import Routing
import Testing

@testable import Dataplane

/// Which running flows a change ends, decided without a kernel.
struct FlowDebtTests {
    private var kernel = FakeKernel()
    private var model = DataplaneModel(options: options)

    init() {
        model.put(profile("open", ingress: [Rule(action: .allow)], egress: [Rule(action: .allow)]))
        model.setInterface(up(7), for: name("cali1"))
        model.setInterface(up(8), for: name("cali2"))
    }

    private func key(_ name: String) -> ResourceKey {
        ResourceKey(kind: .workloadEndpoint, namespace: "default", name: name)
    }

    /// What the next plan owes, and then the plan is carried out.
    private mutating func owed() throws -> FlowDebt {
        model.update()
        let debt = Planner.plan(model.tracker).flows
        try model.reconcile(with: &kernel)
        return debt
    }

    private mutating func reassigns(_ debt: FlowDebt) -> Bool {
        model.update()
        return model.tracker.reassigns(debt)
    }

    private func gone(_ items: (String, String)...) -> Set<EndpointNetwork> {
        Set(items.map { EndpointNetwork($0.0, try! IPPrefix(parsing: $0.1)) })
    }

    private static let external = try! IPAddress(parsing: "203.0.113.1")
    private static let second = try! IPAddress(parsing: "203.0.113.2")

    @Test mutating func whatComesAndWhatStaysOwesNothing() throws {
        model.put(endpoint("web", "cali1", ["10.65.0.2", "2001:db8::2"]))
        #expect(try owed().isEmpty)
        #expect(try owed().isEmpty)
        // Another MAC, none at all, another interface of the same name, one that is down, and another profile.
        model.put(endpoint("web", "cali1", mac: "02:00:00:00:00:02", ["10.65.0.2", "2001:db8::2"]))
        #expect(try owed().isEmpty)
        model.put(endpoint("web", "cali1", mac: nil, ["10.65.0.2", "2001:db8::2"]))
        #expect(try owed().isEmpty)
        model.setInterface(up(9), for: name("cali1"))
        #expect(try owed().isEmpty)
        model.setInterface(InterfaceState(index: 9, isUp: false, isRunning: false), for: name("cali1"))
        #expect(try owed().isEmpty)
        model.setInterface(nil, for: name("cali1"))
        #expect(try owed().isEmpty)
        model.put(endpoint("web", "cali1", mac: nil, ["10.65.0.2", "2001:db8::2"], profiles: []))
        #expect(try owed().isEmpty)
        #expect(Planner.plan(model.tracker).isEmpty)
    }

    /// Only of what is about to become another interface's there is no waiting.
    @Test mutating func addressesThatOthersGetAreReassigned() throws {
        model.put(endpoint("web", "cali1", ["10.65.0.2", "10.65.0.3"]))
        _ = try owed()
        let debt = FlowDebt(text: "departed cali1 10.65.0.9/32\ndeparted cali1 10.66.0.0/16\n")
        #expect(reassigns(debt) == false)
        model.put(endpoint("web", "cali1", ["10.65.0.2", "10.65.0.9", "10.66.0.1"]))
        #expect(reassigns(debt) == false, "its own again")
        model.put(endpoint("web", "cali1", ["10.65.0.2"]))
        model.put(endpoint("other", "cali2", ["10.65.0.10"]))
        #expect(reassigns(debt) == false)
        model.put(endpoint("other", "cali2", ["10.65.0.10", "10.65.0.9"]))
        #expect(reassigns(debt) == true)
        model.put(endpoint("other", "cali2", ["10.65.0.10", "10.66.0.1"]))
        #expect(reassigns(debt) == true, "out of a network")
        try model.reconcile(with: &kernel)
        #expect(reassigns(debt) == false, "is there already")
    }

    @Test mutating func whatIsWantedAgainIsNotOutstanding() throws {
        model.put(endpoint("web", "cali1", ["10.65.0.2"]))
        _ = try owed()
        model.tracker.owedFlows.departed = gone(("cali1", "10.65.0.2/32"), ("cali1", "10.65.0.3/32"))
        model.tracker.owedFlows.judgesPolicy = true
        #expect(model.tracker.outstandingFlows.departed == gone(("cali1", "10.65.0.3/32")))
        #expect(model.tracker.outstandingFlows.judgesPolicy)
    }

    @Test mutating func anAddressThatGoesOrMovesHasDeparted() throws {
        model.put(endpoint("web", "cali1", ["10.65.0.2", "10.65.0.3", "2001:db8::2"]))
        model.put(endpoint("other", "cali2", mac: nil, ["10.65.0.9"]))
        _ = try owed()
        model.put(endpoint("web", "cali1", ["10.65.0.3", "2001:db8::2"]))
        #expect(try owed().departed == gone(("cali1", "10.65.0.2/32")))
        model.put(endpoint("other", "cali2", mac: nil, ["10.65.0.3"]))
        model.put(endpoint("web", "cali1", ["2001:db8::2"]))
        #expect(try owed().departed == gone(("cali1", "10.65.0.3/32"), ("cali2", "10.65.0.9/32")))
        // To another interface, also of the same endpoint.
        model.put(endpoint("web", "cali3", ["2001:db8::2"]))
        #expect(try owed().departed == gone(("cali1", "2001:db8::2/128")))
        // Nothing may leave it any more.
        model.put(endpoint("web", "cali3", mac: "02:00:00:00:00:01:00:02", ["2001:db8::2"]))
        let closing = try owed()
        #expect(closing.departed == gone(("cali3", "2001:db8::2/128")))
        #expect(closing.families == [.v6])
        model.remove(key("other"))
        #expect(try owed().departed == gone(("cali2", "10.65.0.3/32")))
    }

    @Test mutating func mappingsThatComeGoOrChangeAreLookedAt() throws {
        model.put(endpoint("web", "cali1", ["10.65.0.2", "10.65.0.3"]))
        _ = try owed()
        model.put(endpoint("web", "cali1", ["10.65.0.2", "10.65.0.3"], nats: [("10.65.0.2", "203.0.113.1")]))
        #expect(try owed().externals == [Self.external])
        #expect(model.tracker.target(ofExternal: Self.external) == address("10.65.0.2"))
        model.put(
            endpoint(
                "web", "cali1", ["10.65.0.2", "10.65.0.3"],
                nats: [("10.65.0.2", "203.0.113.2"), ("10.65.0.2", "203.0.113.1")]))
        #expect(try owed().externals == [Self.second])
        model.put(
            endpoint(
                "web", "cali1", ["10.65.0.2", "10.65.0.3"],
                nats: [("10.65.0.2", "203.0.113.2"), ("10.65.0.3", "203.0.113.1")]))
        #expect(try owed().externals == [Self.external])
        model.put(endpoint("web", "cali1", ["10.65.0.2", "10.65.0.3"], nats: [("10.65.0.3", "203.0.113.1")]))
        let removal = try owed()
        #expect(removal.externals == [Self.second] && removal.departed.isEmpty)
        #expect(model.tracker.target(ofExternal: Self.second) == nil)
    }

    @Test mutating func aLaterAgentOwesWhatWentWithoutIt() throws {
        model.put(endpoint("web", "cali1", ["10.65.0.2", "10.65.8.0/24"], nats: [("10.65.0.2", "203.0.113.1")]))
        _ = try owed()
        var later = DataplaneModel(options: options)
        later.setInterface(up(7), for: name("cali1"))
        later.update()
        later.observe(kernel.snapshot)
        let debt = Planner.plan(later.tracker).flows
        #expect(debt.departed == gone(("cali1", "10.65.0.2/32"), ("cali1", "10.65.8.0/24")))
        #expect(debt.externals == [Self.external])
        // While it holds on to what it finds it owes nothing.
        later.holdUnwanted()
        #expect(Planner.plan(later.tracker).flows.isEmpty)
        later.release()
        #expect(Planner.plan(later.tracker).flows.departed == debt.departed)
    }

    @Test mutating func wideNetworksDepartWithAndWithoutTheirInterface() throws {
        model.put(endpoint("web", "cali1", ["10.65.8.0/24"]))
        #expect(try owed().isEmpty)
        model.put(endpoint("web", "cali1", ["10.65.8.0/25"]))
        #expect(try owed().departed == gone(("cali1", "10.65.8.0/24")))
        model.setInterface(nil, for: name("cali1"))
        #expect(try owed().isEmpty)
        model.remove(key("web"))
        #expect(try owed().departed == gone(("cali1", "10.65.8.0/25")))
        #expect(try owed().isEmpty)
    }

    @Test mutating func whatIsOwedStaysOwedUntilItIsDoneOrWantedAgain() throws {
        model.put(endpoint("web", "cali1", ["10.65.0.2", "10.65.0.3"]))
        _ = try owed()
        model.tracker.owedFlows.departed = gone(("cali1", "10.65.0.9/32"), ("cali1", "10.65.0.3/32"))
        model.tracker.owedFlows.externals = [Self.external]
        model.put(endpoint("web", "cali1", ["10.65.0.3"]))
        model.update()
        let plan = Planner.plan(model.tracker)
        #expect(plan.flows.departed == gone(("cali1", "10.65.0.9/32"), ("cali1", "10.65.0.2/32")))
        #expect(plan.flows.externals == [Self.external])
        try model.reconcile(with: &kernel)
        model.tracker.owedFlows.departed = gone(("cali1", "10.65.0.2/32"))
        #expect(!Planner.plan(model.tracker).isEmpty, "a debt alone is something to do")
    }

    @Test mutating func policyIsJudgedOnlyWhereItChangesAndOnlyWhenAskedTo() throws {
        func changes(_ model: inout DataplaneModel, _ kernel: inout FakeKernel) throws -> [Bool] {
            let steps: [(inout DataplaneModel) -> Void] = [
                { $0.put(endpoint("web", "cali1", ["10.65.0.2"])) },
                { $0.put(endpoint("web", "cali1", ["10.65.0.3"])) },
                { $0.put(endpoint("web", "cali1", ["10.65.0.3"], profiles: ["open", "more"])) },
                { $0.put(profile("more", ingress: [Rule(action: .deny)])) },
                { $0.put(profile("unused", ingress: [Rule(action: .deny)])) },
                { $0.remove(ResourceKey(kind: .profile, namespace: nil, name: "open")) },
            ]
            return try steps.map { step in
                step(&model)
                model.update()
                defer { model.tracker.owedFlows = FlowDebt() }
                let judges = Planner.plan(model.tracker).flows.judgesPolicy
                try model.reconcile(with: &kernel)
                return judges
            }
        }
        let unasked = try changes(&model, &kernel)
        #expect(!unasked.contains(true))
        var judging = DataplaneModel(options: DataplaneOptions(node: "node1", judgesRunningFlows: true))
        var other = FakeKernel()
        judging.put(profile("open", ingress: [Rule(action: .allow)]))
        let asked = try changes(&judging, &other)
        #expect(asked == [true, false, true, true, false, true])
        // Somebody else opened a chain, and it is closed again.
        let profileChain = ChainID(.margay, "profile-more-ingress")
        other.tamper { $0.tables.chains[profileChain] = ChainContents(base: nil, rules: []) }
        judging.observe(other.snapshot)
        #expect(Planner.plan(judging.tracker).flows.judgesPolicy)
    }

    /// It outlives an agent as text.
    @Test func theDebtReadsAsItWasWritten() throws {
        var debt = FlowDebt()
        #expect(debt.text == "" && FlowDebt(text: "") == debt)
        debt.departed = [
            EndpointNetwork("cali1", try IPPrefix(parsing: "10.65.0.2/32")),
            EndpointNetwork("cali.2", try IPPrefix(parsing: "2001:db8:65::/64")),
        ]
        debt.externals = [try IPAddress(parsing: "198.51.100.1"), try IPAddress(parsing: "2001:db8::1")]
        #expect(FlowDebt(text: debt.text) == debt)
        debt.judgesPolicy = true
        #expect(FlowDebt(text: debt.text) == debt)
        #expect(debt.text.split(separator: "\n").count == 5)
        // Half a file, or somebody's.
        let damaged = "departed cali1\ndeparted cali1 10.65.0.2/99\nexternal x\npolicy now\n\0\nexternal 198.51.100.1"
        #expect(FlowDebt(text: damaged).externals == [try IPAddress(parsing: "198.51.100.1")])
        #expect(FlowDebt(text: damaged).departed.isEmpty && !FlowDebt(text: damaged).judgesPolicy)
    }
}
