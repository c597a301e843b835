import NetworkValues
import Nftables
import Resources
import Selectors
import Testing

@testable import Dataplane

/// However it came about, the kernel ends with what a computation from scratch yields.
struct ConvergenceTests {
    private struct Randomness: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ state >> 33
        }
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func randomHistoriesEndLikeAFreshStart(seed: UInt64) throws {
        var random = Randomness(state: seed)
        var kernel = FakeKernel()
        var model = DataplaneModel(options: options)
        var resources: [ResourceKey: Resource] = [:]
        var interfaces: [InterfaceName: InterfaceState] = [:]

        for _ in 0..<60 {
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                switch Int.random(in: 0..<10, using: &random) {
                case 0..<5:
                    let resource = randomEndpoint(&random)
                    resources[resource.key] = resource
                    model.put(resource)
                case 5:
                    guard let key = resources.keys.sorted().randomElement(using: &random) else { continue }
                    resources[key] = nil
                    model.remove(key)
                case 6..<8:
                    let resource = Bool.random(using: &random) ? randomProfile(&random) : randomJudge(&random)
                    resources[resource.key] = resource
                    model.put(resource)
                default:
                    let interface = name("cali\(Int.random(in: 1...4, using: &random))")
                    let state: InterfaceState? =
                        Bool.random(using: &random)
                        ? InterfaceState(
                            index: .random(in: 5...9, using: &random), isUp: .random(using: &random), isRunning: true)
                        : nil
                    // An index has one name: this may be a rename.
                    interfaces = interfaces.filter { $0.value.index != state?.index }
                    interfaces[interface] = state
                    model.setInterface(state, for: interface)
                }
            }
            try model.reconcile(with: &kernel)
            // Compared first: a failure should not print the whole dataplane.
            let (hasPending, plan) = (model.tracker.hasPending, Planner.plan(model.tracker))
            #expect(!hasPending)
            #expect(plan.isEmpty)
        }

        var fresh = DataplaneModel(options: options)
        var freshKernel = FakeKernel()
        for resource in resources.values {
            fresh.put(resource)
        }
        for (interface, state) in interfaces {
            fresh.setInterface(state, for: interface)
        }
        try fresh.reconcile(with: &freshKernel)
        let isSame = kernel.snapshot.tables == freshKernel.snapshot.tables
        #expect(isSame)
        #expect(kernel.snapshot.routes == freshKernel.snapshot.routes)
        #expect(kernel.snapshot.neighbours == freshKernel.snapshot.neighbours)

        // A later agent finds nothing to do.
        fresh.observe(kernel.snapshot)
        #expect(Planner.plan(fresh.tracker).transaction.isEmpty)
    }

    private func randomEndpoint(_ random: inout Randomness) -> Resource {
        let number = Int.random(in: 1...6, using: &random)
        let address = "10.65.0.\(Int.random(in: 1...5, using: &random))"
        let macs: [String?] = [nil, "02:00:00:00:00:0\(number)", "02:00:00:11:22:00:00:01"]
        let profiles = [[], ["a"], ["b"], ["a", "b"], ["b", "a"]].randomElement(using: &random) ?? []
        var local = endpoint(
            "w\(number)", "cali\(Int.random(in: 1...4, using: &random))",
            mac: macs.randomElement(using: &random) ?? nil,
            [address, "10.66.0.\(number)"],
            nats: Bool.random(using: &random)
                ? [
                    (address, "203.0.113.\(Int.random(in: 1...3, using: &random))"),
                    (address, "203.0.113.\(number + 10)"),
                ]
                : [], profiles: profiles)
        if case .workloadEndpoint(var endpoint) = local {
            endpoint.metadata.labels = [[:], ["role": "web"], ["role": "db"]].randomElement(using: &random) ?? [:]
            endpoint.ports = [EndpointPort(name: "http", protocol: .tcp, port: 8080)]
            local = .workloadEndpoint(endpoint)
        }
        return local
    }

    /// A policy, or what its selectors and its place rest on.
    private func randomJudge(_ random: inout Randomness) -> Resource {
        let labels = [[:], ["role": "web"], ["role": "db"], ["feed": "bad"]].randomElement(using: &random) ?? [:]
        let selectors = ["role == 'web'", "has(role)", "feed == 'bad'", "!has(role)", "all()"]
        func selector() -> Selector? { try? Selector(parsing: selectors.randomElement(using: &random) ?? "") }
        switch Int.random(in: 0..<6, using: &random) {
        case 0:
            let tier = Tier(
                metadata: Metadata(name: "first"), order: 1,
                defaultAction: Bool.random(using: &random) ? .pass : .deny)
            return .tier(tier)
        case 1:
            let nets = ["198.51.100.0/24", "198.51.100.7/32", "10.0.0.0/8", "2001:db8:bad::/48"].filter { _ in
                Bool.random(using: &random)
            }
            return .networkSet(
                NetworkSet(
                    metadata: Metadata(name: "set\(Int.random(in: 1...2, using: &random))", labels: labels),
                    namespace: nil, nets: nets.compactMap { try? IPPrefix(parsing: $0) }))
        case 2:
            let number = Int.random(in: 1...3, using: &random)
            var remote = endpoint("r\(number)", "cali9", ["10.70.0.\(number)"], node: "node2")
            if case .workloadEndpoint(var endpoint) = remote {
                endpoint.metadata.labels = labels
                endpoint.ports = [EndpointPort(name: "http", protocol: .tcp, port: UInt16(8000 + number))]
                remote = .workloadEndpoint(endpoint)
            }
            return remote
        default:
            let actions = [Rule.Action.allow, .deny, .pass, .log]
            let rules = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                var peer = EntityRule()
                if Bool.random(using: &random) { peer.selector = selector() }
                if Bool.random(using: &random) { peer.notSelector = selector() }
                return Rule(
                    action: actions.randomElement(using: &random) ?? .allow, protocol: .tcp, source: peer,
                    destination: EntityRule(
                        ports: Bool.random(using: &random) ? [.name("http"), .range(PortRange(443))] : []))
            }
            return .networkPolicy(
                NetworkPolicy(
                    metadata: Metadata(name: "p\(Int.random(in: 1...4, using: &random))"), namespace: nil,
                    tier: Bool.random(using: &random) ? "first" : "default",
                    order: Bool.random(using: &random) ? 5 : nil,
                    selector: selector() ?? Selector(text: "", expression: .all),
                    ingress: rules, egress: Bool.random(using: &random) ? rules : []))
        }
    }

    private func randomProfile(_ random: inout Randomness) -> Resource {
        let networks = ["10.0.0.0/8", "192.168.0.0/16", "172.16.0.0/12", "2001:db8::/32"].filter { _ in
            Bool.random(using: &random)
        }
        let rule = Rule(
            action: .allow, protocol: IPProtocol(rawValue: 6),
            source: EntityRule(nets: networks.compactMap { try? IPPrefix(parsing: $0) }),
            destination: EntityRule(
                ports: Bool.random(using: &random) ? [.range(PortRange(80)), .range(PortRange(443))] : []))
        return profile(
            Bool.random(using: &random) ? "a" : "b", ingress: [rule], egress: Bool.random(using: &random) ? [rule] : [])
    }
}
