import Conntrack
import NetworkValues
import Nftables
import Resources
import Testing

@testable import Dataplane

private func ip(_ text: String) -> IPAddress { try! IPAddress(parsing: text) }

/// A flow by its addresses; `from` and `to` are those of the answers where they are others.
private func flow(
    _ source: String, _ destination: String, repliesFrom from: String? = nil, to: String? = nil
) -> ConntrackEntry {
    ConntrackEntry(
        original: ConntrackTuple(
            source: ip(source), destination: ip(destination), protocol: 17,
            transport: .ports(source: 4000, destination: 53)),
        reply: ConntrackTuple(
            source: ip(from ?? destination), destination: ip(to ?? source), protocol: 17,
            transport: .ports(source: 53, destination: 4000)))
}

/// Which flows a debt ends, case by case.
struct FlowSelectionTests {
    private var model = DataplaneModel(options: options)

    init() {
        model.put(
            endpoint(
                "one", "cali1", ["10.65.0.1", "10.65.0.2"], nats: [("10.65.0.1", "203.0.113.1")]))
        model.put(endpoint("two", "cali2", ["10.65.0.3"]))
        model.update()
    }

    private func reasons(
        _ flows: [ConntrackEntry], _ change: (inout FlowDebt) -> Void
    ) -> [FlowEnding?] {
        var debt = FlowDebt()
        change(&debt)
        let selection = FlowSelection(debt, model.tracker, hostNetworks: [])
        return flows.map(selection.reason(toEnd:))
    }

    @Test func anAddressOnAnySideEndsAFlow() {
        let flows = [
            flow("10.65.0.9", "192.0.2.2"), flow("192.0.2.2", "10.65.0.9"),
            flow("192.0.2.2", "203.0.113.9", repliesFrom: "10.65.0.9"),
            flow("10.65.0.1", "192.0.2.2", to: "10.65.0.9"), flow("10.65.0.1", "192.0.2.2"),
            flow("192.0.2.2", "10.65.0.3"),
        ]
        let ending = reasons(flows) { $0.departed = [EndpointNetwork("cali1", IPPrefix(host: ip("10.65.0.9")))] }
        #expect(ending == [.address, .address, .address, .address, nil, nil])
    }

    /// An external address that leads to 10.65.0.1 now, and one that leads nowhere.
    @Test func whatContradictsAMappingEnds() {
        let (mapped, unmapped) = ("203.0.113.1", "203.0.113.9")
        let cases: [(ConntrackEntry, FlowEnding?)] = [
            (flow("192.0.2.2", mapped, repliesFrom: "10.65.0.1"), nil),
            (flow("192.0.2.2", mapped, repliesFrom: "10.65.0.2"), .nat),
            // Picked up in its middle while nothing translated it.
            (flow("192.0.2.2", mapped), .nat),
            (flow("192.0.2.2", unmapped, repliesFrom: "10.65.0.1"), .nat),
            (flow("192.0.2.2", unmapped), nil),
            // Outbound.
            (flow("10.65.0.1", "192.0.2.2", to: mapped), nil),
            (flow("10.65.0.2", "192.0.2.2", to: mapped), .nat),
            (flow("10.65.0.1", "192.0.2.2", to: unmapped), .nat),
            (flow("10.65.0.1", "192.0.2.2"), nil),
            // To itself.
            (flow("10.65.0.1", mapped, repliesFrom: "10.65.0.1", to: mapped), nil),
            (flow("10.65.0.2", mapped, repliesFrom: "10.65.0.2", to: mapped), .nat),
            // The host calls out from the address itself.
            (flow(unmapped, "192.0.2.2"), nil), (flow(mapped, "192.0.2.2"), nil),
            (flow("192.0.2.2", "203.0.113.7", repliesFrom: "10.65.0.1"), nil),
        ]
        let ending = reasons(cases.map(\.0)) { $0.externals = [ip(mapped), ip(unmapped)] }
        #expect(ending == cases.map(\.1))
    }

    @Test mutating func aWideNetworkEndsWhatIsNobodyElses() {
        model.put(endpoint("wide", "cali3", ["10.66.0.0/24"]))
        model.update()
        let flows = [
            flow("10.65.0.7", "192.0.2.2"), flow("10.65.0.1", "192.0.2.2"), flow("10.65.0.3", "192.0.2.2"),
            flow("10.66.0.7", "192.0.2.2"), flow("10.66.0.9", "192.0.2.2"),
        ]
        // It was all of 10.65.0.0/16 and is two addresses; and a /25 of what it still has all of.
        let ending = reasons(flows) {
            $0.departed = [
                EndpointNetwork("cali1", IPPrefix(ip("10.65.0.0"), length: 16)),
                EndpointNetwork("cali3", IPPrefix(ip("10.66.0.0"), length: 29)),
                EndpointNetwork("cali2", IPPrefix(host: ip("10.66.0.9"))),
            ]
        }
        // The other endpoint's address is new in this very change, so its flows were the network's.
        #expect(ending == [.address, nil, .address, nil, .address])
        var kernel = FakeKernel()
        try? model.reconcile(with: &kernel)
        let later = reasons(flows) {
            $0.departed = [EndpointNetwork("cali1", IPPrefix(ip("10.65.0.0"), length: 16))]
        }
        #expect(later == [.address, nil, nil, nil, nil])
    }

    /// A single address within another endpoint's network passes to whoever names it alone.
    @Test mutating func anAddressCarvedOutOfANetworkHasMoved() throws {
        var kernel = FakeKernel()
        model.put(endpoint("wide", "cali3", ["10.66.0.0/24"]))
        try model.reconcile(with: &kernel)
        model.put(endpoint("two", "cali2", ["10.65.0.3", "10.66.0.7"]))
        model.update()
        let debt = Planner.plan(model.tracker).flows
        #expect(debt.departed == [EndpointNetwork("cali3", IPPrefix(host: ip("10.66.0.7")))])
        let flows = [flow("10.66.0.7", "192.0.2.2"), flow("10.66.0.8", "192.0.2.2")]
        #expect(reasons(flows) { $0 = debt } == [.address, nil])
        // And back: the narrower one has it no more, and the network has it again.
        try model.reconcile(with: &kernel)
        model.put(endpoint("two", "cali2", ["10.65.0.3"]))
        model.update()
        #expect(reasons(flows) { $0 = Planner.plan(model.tracker).flows } == [.address, nil])
    }
}
