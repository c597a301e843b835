import NetworkValues
import Policy
import Resources
import Selectors
import TestSupport

/// Resources of a small world in which most things have to do with each other.
final class RandomResources {
    var random: SplitMix

    init(random: SplitMix) {
        self.random = random
    }

    private static let namespaces = ["red", "green", "blue"]
    private static let nets = [
        "10.0.0.0/8", "10.0.0.0/30", "10.0.0.2/32", "10.0.0.3/32", "10.1.0.0/16", "0.0.0.0/0", "192.0.2.0/24",
        "2001:db8::/32", "2001:db8::1/128", "2001:db8::/64",
    ]

    private func below(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }

    private func any<T>(_ values: [T]) -> T { values[below(values.count)] }

    private func some<T>(_ values: [T], _ most: Int) -> [T] { (0..<below(most + 1)).map { _ in any(values) } }

    private func maybe<T>(_ value: @autoclosure () -> T) -> T? { Bool.random(using: &random) ? value() : nil }

    private func label() -> String { any(["a", "b", "c", "d"]) }

    private func value() -> String { any(["x", "y", "xy", ""]) }

    private func labels() -> [String: String] {
        var labels: [String: String] = [:]
        for _ in 0..<below(4) { labels[label()] = value() }
        if below(8) == 0 { labels["pcns.a"] = "x" }
        return labels
    }

    func expression(_ depth: Int = 2) -> Selector.Expression {
        switch below(depth > 0 ? 16 : 11) {
        case 0: .all
        case 1: .has(label())
        case 2, 3, 4: .equal(label(), value())
        case 5: .notEqual(label(), value())
        case 6: .isIn(label(), Set(some(["x", "y", "xy"], 3)).sorted())
        case 7: .isNotIn(label(), Set(some(["x", "y", "xy"], 3)).sorted())
        case 8: .contains(label(), value())
        case 9: .startsWith(label(), value())
        case 10: .endsWith(label(), value())
        case 11: .not(expression(depth - 1))
        case 12, 13: .and([expression(depth - 1), expression(depth - 1)])
        default: .or([expression(depth - 1), expression(depth - 1)])
        }
    }

    private func selector() -> Selector {
        Selector(below(8) == 0 ? .equal("projectcalico.org/orchestrator", "k8s") : expression())
    }

    private func namespaceSelector() -> Selector {
        below(5) == 0
            ? Selector(any([.all, .global, .equal("projectcalico.org/name", "red")])) : Selector(expression(1))
    }

    private func entity() -> EntityRule {
        var entity = EntityRule()
        if below(4) != 0 { entity.selector = maybe(selector()) }
        if below(4) == 0 { entity.notSelector = selector() }
        if below(4) == 0 { entity.namespaceSelector = namespaceSelector() }
        if below(5) == 0 {
            entity.serviceAccounts = ServiceAccountMatch(names: some(["ann", "bob"], 1), selector: maybe(selector()))
        }
        if below(3) == 0 { entity.ports = some([.name("http"), .name("dns"), .range(PortRange(80))], 3) }
        if below(6) == 0 { entity.notPorts = some([.name("http"), .name("dns"), .range(PortRange(80))], 2) }
        return entity
    }

    private func rules() -> [Rule] {
        (0..<below(3)).map { _ in
            allow(from: entity(), to: entity(), any([.tcp, .udp]))
        }
    }

    /// Some resource of few names, so that histories meet the same ones again.
    func resource() -> Resource {
        switch below(16) {
        case 0...5: endpoint()
        case 6: .namespace(Namespace(metadata: Metadata(name: any(Self.namespaces), labels: labels())))
        case 7: account(any(["ann", "bob"]), in: any(Self.namespaces), labels())
        case 8, 9: networks()
        case 10:
            profile(
                any(["p", "q", "kns.red"]), labels: labels(), ingress: rules(), egress: rules())
        case 11: tier(any(["default", "first", "second"]), any([nil, 1, 2]), any([.deny, .pass]))
        case 12: kubernetesPolicy()
        default: calicoPolicy()
        }
    }

    private func endpoint() -> Resource {
        let namespace = any(Self.namespaces)
        let number = below(8)
        let nets = some(
            below(6) == 0 ? Self.nets : ["10.0.0.2/32", "10.0.0.3/32", "10.1.0.9/32", "2001:db8::1/128"], 2)
        return .workloadEndpoint(
            WorkloadEndpoint(
                metadata: Metadata(name: "w\(number)", namespace: namespace, labels: labels()), namespace: namespace,
                orchestrator: any([nil, "k8s", "cni"]), node: below(3) == 0 ? "node2" : "node1",
                serviceAccountName: any([nil, "ann", "bob"]),
                ipNetworks: nets.compactMap { try? IPPrefix(parsing: $0) },
                profiles: some(["p", "q", "kns.red", "ksa.red.ann", "missing"], 2), interfaceName: interface,
                ports: (0..<below(3)).map { _ in
                    EndpointPort(
                        name: any(["http", "dns", nil]), protocol: any([.tcp, .udp]), port: UInt16(80 + below(3)))
                }))
    }

    private var interface: InterfaceName {
        guard let name = try? InterfaceName(parsing: "cali0") else { preconditionFailure("a valid name") }
        return name
    }

    private func networks() -> Resource {
        let namespace = maybe(any(Self.namespaces))
        return .networkSet(
            NetworkSet(
                metadata: Metadata(name: any(["n", "m"]), namespace: namespace, labels: labels()),
                namespace: namespace, nets: some(Self.nets, 4).compactMap { try? IPPrefix(parsing: $0) }))
    }

    private func calicoPolicy() -> Resource {
        let namespace = maybe(any(Self.namespaces))
        var made = policy(
            any(["one", "two", "three"]), in: namespace,
            tier: any(["default", "default", "first", "second", "unknown"]),
            order: any([nil, 1, 2]), expression(), types: any([nil, [.ingress], [.egress], [.ingress, .egress]]),
            ingress: rules(), egress: rules(), staged: below(10) == 0)
        if namespace == nil {
            if below(3) == 0 { made.namespaceSelector = namespaceSelector() }
            if below(4) == 0 { made.serviceAccountSelector = selector() }
        }
        return .networkPolicy(made)
    }

    private func kubernetesPolicy() -> Resource {
        let namespace = any(Self.namespaces)
        func labelSelector() -> KubernetesPolicy.LabelSelector { KubernetesPolicy.LabelSelector(matchLabels: labels()) }
        return .kubernetesPolicy(
            KubernetesPolicy(
                metadata: Metadata(name: "k", namespace: namespace), namespace: namespace, podSelector: labelSelector(),
                ingress: [
                    KubernetesPolicy.Rule(
                        peers: [.pods(maybe(labelSelector()), namespaces: maybe(labelSelector()))],
                        ports: [KubernetesPolicy.Port(port: .name("http"))])
                ]))
    }
}
