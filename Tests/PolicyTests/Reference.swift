import NetworkValues
import Policy
import Resources
import Selectors

/// Says what must come out, from all resources and nothing else, as slowly and plainly as it can be said.
struct Reference {
    struct Thing {
        var labels: [String: String]
        var namespaceLabels: [String: String]
        var accountLabels: [String: String]
        var networks: [IPPrefix]
        var ports: [EndpointPort] = []
        var resource: Resource
    }

    /// What one end of a rule asks for; `nil` for nothing.
    struct End: Equatable {
        var members: Set<IPPrefix>?
        var excluded: Set<IPPrefix>?
        var ports: Set<String>?
        var notPorts: Set<String>?
    }

    private let resources: [Resource]
    private(set) var things: [Thing] = []

    init(_ resources: [Resource]) {
        self.resources = resources
        things = resources.compactMap(thing)
    }

    // MARK: Labels

    private func thing(_ resource: Resource) -> Thing? {
        switch resource {
        case .workloadEndpoint(let endpoint):
            let namespaceLabels = labels(ofNamespace: endpoint.namespace)
            var accountLabels: [String: String] = [:]
            var forced = ["projectcalico.org/namespace": endpoint.namespace]
            if let orchestrator = endpoint.orchestrator { forced["projectcalico.org/orchestrator"] = orchestrator }
            if let account = endpoint.serviceAccountName {
                forced["projectcalico.org/serviceaccount"] = account
                accountLabels = labels(ofAccount: account, in: endpoint.namespace)
            }
            for (key, value) in namespaceLabels { forced["pcns." + key] = value }
            for (key, value) in accountLabels { forced["pcsa." + key] = value }
            var labels = endpoint.metadata.labels.filter { !$0.key.hasPrefix("pcns.") && !$0.key.hasPrefix("pcsa.") }
            for name in endpoint.profiles {
                for case .profile(let profile) in resources where profile.metadata.name == name {
                    labels.merge(profile.labelsToApply) { own, _ in own }
                }
            }
            labels.merge(forced) { $1 }
            return Thing(
                labels: labels, namespaceLabels: namespaceLabels, accountLabels: accountLabels,
                networks: endpoint.ipNetworks, ports: endpoint.ports, resource: resource)
        case .networkSet(let set):
            guard let namespace = set.namespace else {
                return Thing(
                    labels: set.metadata.labels, namespaceLabels: [:], accountLabels: [:], networks: set.nets,
                    resource: resource)
            }
            var labels = set.metadata.labels.filter { !$0.key.hasPrefix("pcns.") && !$0.key.hasPrefix("pcsa.") }
            let namespaceLabels = self.labels(ofNamespace: namespace)
            labels["projectcalico.org/namespace"] = namespace
            for (key, value) in namespaceLabels { labels["pcns." + key] = value }
            return Thing(
                labels: labels, namespaceLabels: namespaceLabels, accountLabels: [:], networks: set.nets,
                resource: resource)
        default: return nil
        }
    }

    private func labels(ofNamespace name: String) -> [String: String] {
        for case .namespace(let namespace) in resources where namespace.metadata.name == name {
            return namespace.metadata.labels.merging(["projectcalico.org/name": name]) { $1 }
        }
        return ["projectcalico.org/name": name]
    }

    private func labels(ofAccount name: String, in namespace: String) -> [String: String] {
        for case .serviceAccount(let account) in resources
        where account.metadata.name == name && account.namespace == namespace {
            return account.metadata.labels.merging(["projectcalico.org/name": name]) { $1 }
        }
        return ["projectcalico.org/name": name]
    }

    // MARK: Who is judged

    private func applies(_ policy: NetworkPolicy, to thing: Thing) -> Bool {
        guard case .workloadEndpoint(let endpoint) = thing.resource else { return false }
        if let namespace = policy.namespace, endpoint.namespace != namespace { return false }
        return thing.meets(policy.selector) && thing.isIn(policy.namespaceSelector)
            && thing.runs(as: policy.serviceAccountSelector)
    }

    func policies(of key: ResourceKey) -> EndpointPolicies {
        guard let thing = things.first(where: { $0.resource.key == key }),
            case .workloadEndpoint(let endpoint) = thing.resource, endpoint.node == "node1"
        else { return EndpointPolicies() }
        var found: [NetworkPolicy] = []
        for case .networkPolicy(let policy) in resources where !policy.isStaged && applies(policy, to: thing) {
            found.append(policy)
        }
        var names: [String] = []
        for policy in found where !names.contains(policy.tier) { names.append(policy.tier) }
        let tiers = names.map { name -> (order: Double, tier: EndpointPolicies.Tier) in
            var (order, action) = (Double.infinity, Rule.Action.deny)
            for case .tier(let tier) in resources where tier.metadata.name == name {
                (order, action) = (tier.order ?? .infinity, tier.defaultAction)
            }
            let inTier = found.filter { $0.tier == name }.sorted {
                ($0.order ?? .infinity, $0.metadata.name, $0.namespace ?? "")
                    < ($1.order ?? .infinity, $1.metadata.name, $1.namespace ?? "")
            }
            return (
                order,
                EndpointPolicies.Tier(
                    name: name, defaultAction: action,
                    ingress: inTier.filter { $0.directions.contains(.ingress) }.map(\.key),
                    egress: inTier.filter { $0.directions.contains(.egress) }.map(\.key))
            )
        }
        return EndpointPolicies(
            tiers: tiers.sorted { ($0.order, $0.tier.name) < ($1.order, $1.tier.name) }.map(\.tier),
            profiles: endpoint.profiles)
    }

    // MARK: Who rules are about

    func end(_ entity: EntityRule, of rule: Rule, in namespace: String?) -> End {
        func selects(_ thing: Thing) -> Bool {
            if let selector = entity.namespaceSelector {
                if !thing.isIn(selector) { return false }
            } else if let namespace,
                entity.selector != nil || entity.notSelector != nil || entity.serviceAccounts != nil
            {
                if thing.labels["projectcalico.org/namespace"] != namespace { return false }
            }
            if let accounts = entity.serviceAccounts {
                if !accounts.names.isEmpty,
                    !accounts.names.contains(thing.labels["projectcalico.org/serviceaccount"] ?? "")
                {
                    return false
                }
                if !thing.runs(as: accounts.selector) { return false }
            }
            return entity.selector.map(thing.meets) ?? true
        }
        func addresses(_ things: [Thing]) -> Set<IPPrefix> {
            let all = Set(things.flatMap(\.networks))
            return all.filter { network in !all.contains { $0 != network && $0.contains(network) } }
        }
        func tuples(_ names: [String]) -> Set<String>? {
            if names.isEmpty { return nil }
            var found: Set<String> = []
            for thing in things.filter(selects) {
                for port in thing.ports
                where names.contains(port.name ?? "") && port.protocol.ipProtocol == rule.protocol {
                    for network in thing.networks where network.isHost {
                        found.insert("\(network.address) \(port.protocol.rawValue) \(port.port)")
                    }
                }
            }
            return found
        }
        let meansAccounts = entity.serviceAccounts.map { !$0.names.isEmpty || $0.selector != nil } ?? false
        let meansItsNamespace = namespace != nil && (entity.notSelector != nil || entity.serviceAccounts != nil)
        let isGiven =
            entity.selector != nil || entity.namespaceSelector != nil || meansAccounts || meansItsNamespace
        let ports = tuples(entity.ports.names)
        return End(
            members: isGiven && (ports == nil || !entity.ports.ranges.isEmpty)
                ? addresses(things.filter(selects)) : nil,
            excluded: entity.notSelector.map { selector in addresses(things.filter { $0.meets(selector) }) },
            ports: ports, notPorts: tuples(entity.notPorts.names))
    }
}

extension Reference.Thing {
    func meets(_ selector: Selector) -> Bool { selector.expression.matches { labels[$0] } }

    /// As a selector of namespaces.
    func isIn(_ selector: Selector?) -> Bool {
        guard let selector else { return true }
        let isInNamespace = labels["projectcalico.org/namespace"] != nil
        func meets(_ expression: Selector.Expression) -> Bool {
            switch expression {
            case .all: isInNamespace
            case .global: !isInNamespace
            case .not(let inner): !meets(inner)
            case .and(let parts): parts.allSatisfy(meets)
            case .or(let parts): parts.contains(where: meets)
            default: expression.matches { labels["pcns." + $0] }
            }
        }
        return meets(selector.expression)
    }

    func runs(as selector: Selector?) -> Bool { selector?.expression.matches { labels["pcsa." + $0] } ?? true }
}
