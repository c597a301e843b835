import NetworkValues
import Policy
import Resources
import Selectors

/// A cluster of pods in namespaces, with policies that all judge somebody on this node.
struct World {
    static let node = "here"
    private static let namespaces = 100
    static let apps = 10
    let policies: Int

    /// Everything but the remote endpoints.
    func prepare(_ index: inout PolicyIndex) throws {
        for number in 0..<Self.namespaces {
            let labels = ["team": "team-\(number % 10)", "kubernetes.io/metadata.name": "namespace-\(number)"]
            index.put(.namespace(Namespace(metadata: Metadata(name: "namespace-\(number)", labels: labels))))
        }
        for number in 0..<policies {
            index.put(.networkPolicy(policy(number)))
            index.put(try endpoint(number, on: Self.node))
        }
    }

    /// Applications by namespace and number, so that each policy has the one of its own number to judge.
    func endpoint(_ number: Int, on node: String, app: Int? = nil, address: Int? = nil) throws -> Resource {
        let namespace = "namespace-\(number % Self.namespaces)"
        let app = app ?? number / Self.namespaces % Self.apps
        let address = UInt128(0x0a00_0000 + (address ?? number) + (node == Self.node ? 0x40_0000 : 0))
        return .workloadEndpoint(
            WorkloadEndpoint(
                metadata: Metadata(
                    name: "\(node)-k8s-some--deployment--7d9f8--\(number)-eth0", namespace: namespace,
                    labels: [
                        "app": "app-\(app)", "pod-template-hash": "7d9f8\(number % 1000)",
                        "app.kubernetes.io/name": "app-\(app)", "app.kubernetes.io/instance": "release-\(number % 50)",
                        "app.kubernetes.io/version": "1.\(number % 7)", "stage": ["test", "live", "live"][number % 3],
                    ]), namespace: namespace, orchestrator: "k8s", node: node, serviceAccountName: "app-\(app)",
                ipNetworks: [IPPrefix(host: IPAddress(family: .v4, rawValue: address))],
                profiles: ["kns.\(namespace)", "ksa.\(namespace).app-\(app)"],
                interfaceName: try InterfaceName(parsing: "cali0"),
                ports: [EndpointPort(name: "http", protocol: .tcp, port: 8080)]))
    }

    /// Lets in one application of the namespace, and one of all live ones of a team; lets out to named ports.
    func policy(_ number: Int, order: Double = 100) -> NetworkPolicy {
        let namespace = "namespace-\(number % Self.namespaces)"
        let app = number / Self.namespaces % Self.apps
        let neighbour = selector(.equal("app", "app-\((app + 1) % Self.apps)"))
        let team = selector(.equal("team", "team-\(number % 10)"))
        let live = selector(.and([.equal("stage", "live"), .equal("app", "app-\(app)")]))
        return NetworkPolicy(
            metadata: Metadata(name: "policy-\(number)", namespace: namespace), namespace: namespace, order: order,
            selector: selector(.equal("app", "app-\(app)")),
            ingress: [
                Rule(action: .allow, protocol: .tcp, source: EntityRule(selector: neighbour)),
                Rule(action: .allow, source: EntityRule(selector: live, namespaceSelector: team)),
            ],
            egress: [
                Rule(
                    action: .allow, protocol: .tcp,
                    destination: EntityRule(ports: [.name("http")], selector: neighbour))
            ])
    }

    private func selector(_ expression: Selector.Expression) -> Selector {
        Selector(text: expression.description, expression: expression)
    }
}
