import NetworkValues
import Nftables
import Resources
import Selectors
import Testing

@testable import Dataplane

/// Policies in the model: sets that follow their members, what is held, and when an endpoint is up.
struct PolicyModelTests {
    private var model = DataplaneModel(options: options)
    private var kernel = FakeKernel()

    init() {
        model.setInterface(up(7), for: name("cali1"))
        model.put(endpoint("web", "cali1", ["10.65.0.1"]))
    }

    private static let policy: Resource = .networkPolicy(
        NetworkPolicy(
            metadata: Metadata(name: "p"), namespace: nil,
            ingress: [
                Rule(
                    action: .allow,
                    source: EntityRule(
                        selector: Selector(text: "role == 'client'", expression: .equal("role", "client"))))
            ]))

    private func remote(_ number: Int) -> Resource {
        guard
            case .workloadEndpoint(var endpoint) = endpoint("r\(number)", "cali9", ["10.70.0.\(number)"], node: "node2")
        else { return Self.policy }
        endpoint.metadata.labels = ["role": "client"]
        return .workloadEndpoint(endpoint)
    }

    private func members(_ snapshot: DataplaneSnapshot) -> [String] {
        snapshot.tables.elements.keys.filter { $0.set.name.hasPrefix("sel4-") }.compactMap {
            IPAddress(octets: $0.key.bytes)?.description
        }.sorted()
    }

    @Test mutating func aMemberIsAnElementAndNoRule() throws {
        model.put(Self.policy)
        model.put(remote(1))
        try model.reconcile(with: &kernel)
        #expect(members(kernel.snapshot) == ["10.70.0.1"])
        model.put(remote(2))
        model.update()
        let plan = Planner.plan(model.tracker)
        #expect(plan.preparation.isEmpty && plan.touchedChains.isEmpty && plan.touchedSets.isEmpty)
        #expect(plan.touchedElements.count == 1)
        try model.reconcile(with: &kernel)
        model.remove(remote(1).key)
        try model.reconcile(with: &kernel)
        #expect(members(kernel.snapshot) == ["10.70.0.2"])
        model.remove(Self.policy.key)
        try model.reconcile(with: &kernel)
        #expect(!kernel.snapshot.tables.sets.keys.contains { $0.name.hasPrefix("sel") })
    }

    /// The file of a client cannot be read at the start: the client is known to the kernel alone.
    @Test mutating func aMemberThatCannotBeReadIsHeldAndThenTheSourceDecides() throws {
        model.put(Self.policy)
        for number in 1...3 { model.put(remote(number)) }
        try model.reconcile(with: &kernel)

        var later = DataplaneModel(options: options)
        later.setInterface(up(7), for: name("cali1"))
        later.put(endpoint("web", "cali1", ["10.65.0.1"]))
        later.put(Self.policy)
        later.put(remote(1))
        later.update()
        later.observe(kernel.snapshot)
        later.holdUnwanted()
        #expect(later.isHolding)
        try later.reconcile(with: &kernel)
        #expect(members(kernel.snapshot) == ["10.70.0.1", "10.70.0.2", "10.70.0.3"])

        later.put(remote(2))
        try later.reconcile(with: &kernel)
        later.release()
        try later.reconcile(with: &kernel)
        #expect(members(kernel.snapshot) == ["10.70.0.1", "10.70.0.2"])
        #expect(!later.tracker.hasPending)
    }

    @Test mutating func anEndpointIsUpOnlyOnceItsPoliciesSetsAreAsWanted() throws {
        model.put(Self.policy)
        model.put(remote(1))
        var host = HostFacts()
        host.forwarding = [.v4, .v6]
        model.setHost(host)
        try model.reconcile(with: &kernel)
        #expect(model.state("web")?.phase == .up)
        kernel.tamper { snapshot in
            snapshot.tables.elements = snapshot.tables.elements.filter { !$0.key.set.name.hasPrefix("sel4-") }
        }
        model.observe(kernel.snapshot)
        #expect(model.state("web")?.phase == .pending)
        #expect(model.state("web")?.reason.contains("set inet margay sel4-") == true)
    }

    @Test mutating func aReportsCopyAnswersWithoutTheIndex() throws {
        model.put(Self.policy)
        try model.reconcile(with: &kernel)
        let copy = model.forReports
        let key = ResourceKey(kind: .workloadEndpoint, namespace: "default", name: "web")
        #expect(copy.policyNames(of: key) == ["p"] && copy.policyNames(of: key) == model.policyNames(of: key))
        #expect(copy.state(of: key) == model.state(of: key))
    }
}
