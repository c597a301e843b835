import NetworkValues

/// What Calico's pages say of policy, written down one sentence after the other: no index, no sets, nothing kept.
struct PolicyReference {
    typealias World = PolicyWorld

    let world: World

    struct Verdict: Equatable {
        let isAllowed: Bool
        let why: String
    }

    /// A packet passes if the endpoint that sends it may, and the endpoint that receives it may.
    func verdict(_ probe: PolicyProbe) -> Verdict {
        var reasons: [String] = []
        for (address, direction) in [(probe.source, World.Direction.egress), (probe.destination, .ingress)] {
            guard let endpoint = world.endpoints.first(where: { $0.local != nil && $0.addresses.contains(address) })
            else { continue }
            let verdict = judge(endpoint, direction, probe)
            reasons.append("\(direction) of \(endpoint.namespace)/\(endpoint.name): \(verdict.why)")
            guard verdict.isAllowed else { return Verdict(isAllowed: false, why: reasons.joined(separator: "; ")) }
        }
        return Verdict(isAllowed: true, why: reasons.joined(separator: "; "))
    }

    // MARK: The order in which policies are asked

    private func judge(_ endpoint: World.Endpoint, _ direction: World.Direction, _ probe: PolicyProbe) -> Verdict {
        tiers: for tier in tiers() {
            let policies = policies(of: tier, about: endpoint, direction)
            guard !policies.isEmpty else { continue }
            for policy in policies {
                for (index, rule) in policy.rules.enumerated() where rule.matches(probe) {
                    let place = "tier \(tier.name), policy \(policy.name), rule \(index)"
                    switch rule.action {
                    case .allow: return Verdict(isAllowed: true, why: "\(place) allows")
                    case .deny: return Verdict(isAllowed: false, why: "\(place) denies")
                    case .log: continue
                    case .pass: continue tiers
                    }
                }
            }
            guard tier.passes else { return Verdict(isAllowed: false, why: "the end of tier \(tier.name) denies") }
        }
        profiles: for profile in endpoint.profiles {
            for (index, rule) in rules(ofProfile: profile, direction).enumerated()
            where matches(rule, probe, namespace: nil) {
                let place = "profile \(profile), rule \(index)"
                switch rule.action {
                case .allow: return Verdict(isAllowed: true, why: "\(place) allows")
                case .deny: return Verdict(isAllowed: false, why: "\(place) denies")
                case .log: continue
                case .pass: continue profiles
                }
            }
        }
        return Verdict(isAllowed: false, why: "no profile allows")
    }

    /// The tier `default` is there without a resource.
    private func tiers() -> [World.Tier] {
        let hasDefault = world.tiers.contains { $0.name == "default" }
        let tiers = world.tiers + (hasDefault ? [] : [World.Tier(name: "default", order: nil, passes: false)])
        return tiers.sorted { ($0.order ?? .max, $0.name) < ($1.order ?? .max, $1.name) }
    }

    private struct JudgingRule {
        let action: World.Action
        let matches: (PolicyProbe) -> Bool
    }

    private struct JudgingPolicy {
        let name: String
        let namespace: String
        let order: Int
        let rules: [JudgingRule]
    }

    private func policies(
        of tier: World.Tier, about endpoint: World.Endpoint, _ direction: World.Direction
    ) -> [JudgingPolicy] {
        var policies: [JudgingPolicy] = []
        for policy in world.policies
        where policy.tier == tier.name && policy.directions.contains(direction) && applies(policy, to: endpoint) {
            let rules = (policy.rules[direction] ?? []).map { rule in
                JudgingRule(action: rule.action) { matches(rule, $0, namespace: policy.namespace) }
            }
            policies.append(
                JudgingPolicy(
                    name: policy.name, namespace: policy.namespace ?? "", order: policy.order ?? .max, rules: rules))
        }
        for policy in world.kubernetesPolicies
        where tier.name == "default" && policy.directions.contains(direction) && policy.namespace == endpoint.namespace
            && endpoint.isKubernetes && policy.pods.holds(labels(of: endpoint))
        {
            let rules = (policy.rules[direction] ?? []).map { rule in
                JudgingRule(action: .allow) { matches(rule, $0, direction, namespace: policy.namespace) }
            }
            policies.append(
                JudgingPolicy(
                    name: "knp.default.\(policy.name)", namespace: policy.namespace, order: 1000, rules: rules))
        }
        return policies.sorted { ($0.order, $0.name, $0.namespace) < ($1.order, $1.name, $1.namespace) }
    }

    private func applies(_ policy: World.Policy, to endpoint: World.Endpoint) -> Bool {
        let labels = labels(of: endpoint)
        return (policy.namespace == nil || policy.namespace == endpoint.namespace)
            && policy.selector?.holds(labels) ?? true
            && policy.namespaceSelector?.holds(labels.under("pcns.")) ?? true
            && policy.accountSelector?.holds(labels.under("pcsa.")) ?? true
    }

    /// A Namespace stands for a profile that allows everything.
    private func rules(ofProfile name: String, _ direction: World.Direction) -> [World.Rule] {
        if let profile = world.profiles.first(where: { $0.name == name }) { return profile.rules[direction] ?? [] }
        return world.namespaces.contains { name == "kns.\($0.name)" } ? [World.Rule(action: .allow)] : []
    }

    // MARK: Labels

    /// Its own first, then its profiles' in their order; and what follows from where it is, whatever it says itself.
    private func labels(of endpoint: World.Endpoint) -> [String: String] {
        var labels = endpoint.labels.filter { !$0.key.hasPrefix("pcns.") && !$0.key.hasPrefix("pcsa.") }
        for name in endpoint.profiles {
            for (key, value) in world.profiles.first(where: { $0.name == name })?.labels ?? [:]
            where labels[key] == nil {
                labels[key] = value
            }
        }
        labels["projectcalico.org/namespace"] = endpoint.namespace
        if endpoint.isKubernetes { labels["projectcalico.org/orchestrator"] = "k8s" }
        labels.merge(namespaceLabels(endpoint.namespace)) { $1 }
        guard let account = endpoint.account else { return labels }
        labels["projectcalico.org/serviceaccount"] = account
        labels["pcsa.projectcalico.org/name"] = account
        for (key, value) in world.accounts.first(where: {
            $0.name == account && $0.namespace == endpoint.namespace
        })?.labels ?? [:] {
            labels["pcsa.\(key)"] = value
        }
        return labels
    }

    private func labels(of set: World.NetworkSet) -> [String: String] {
        guard let namespace = set.namespace else { return set.labels }
        return set.labels.merging(namespaceLabels(namespace)) { $1 }
            .merging(["projectcalico.org/namespace": namespace]) { $1 }
    }

    private func namespaceLabels(_ name: String) -> [String: String] {
        var labels = ["pcns.projectcalico.org/name": name]
        for (key, value) in world.namespaces.first(where: { $0.name == name })?.labels ?? [:] {
            labels["pcns.\(key)"] = value
        }
        return labels
    }

    // MARK: Calico's rules

    private func matches(_ rule: World.Rule, _ probe: PolicyProbe, namespace: String?) -> Bool {
        if let version = rule.version, version != (probe.source.family == .v4 ? 4 : 6) { return false }
        if let transport = rule.transport, transport != probe.transport { return false }
        if rule.notTransport == probe.transport { return false }
        if let message = rule.message, !message.covers(probe.message) { return false }
        if let message = rule.notMessage, message.covers(probe.message) { return false }
        return matches(rule.source, probe.source, probe.sourcePort, probe, namespace)
            && matches(rule.destination, probe.destination, probe.destinationPort, probe, namespace)
    }

    private func matches(
        _ side: World.Side, _ address: IPAddress, _ port: UInt16, _ probe: PolicyProbe, _ namespace: String?
    ) -> Bool {
        if !side.nets.isEmpty, !side.nets.contains(where: { $0.contains(address) }) { return false }
        if side.notNets.contains(where: { $0.contains(address) }) { return false }
        if asks(side, namespace), !labels(at: address).contains(where: { selects(side, $0, namespace) }) {
            return false
        }
        if let notSelector = side.notSelector, labels(at: address).contains(where: { notSelector.holds($0) }) {
            return false
        }
        func isOne(of ports: [World.Port]) -> Bool {
            ports.contains { wanted in
                switch wanted {
                case .range(let range): range.contains(port)
                case .name(let name):
                    world.endpoints.contains { endpoint in
                        endpoint.addresses.contains(address) && selects(side, labels(of: endpoint), namespace)
                            && endpoint.ports.contains(
                                World.NamedPort(name: name, transport: probe.transport, number: port))
                    }
                }
            }
        }
        return (side.ports.isEmpty || isOne(of: side.ports)) && !isOne(of: side.notPorts)
    }

    /// The labels of whatever has the address.
    private func labels(at address: IPAddress) -> [[String: String]] {
        world.endpoints.filter { $0.addresses.contains(address) }.map { labels(of: $0) }
            + world.networkSets.filter { $0.nets.contains { $0.contains(address) } }.map { labels(of: $0) }
    }

    /// Whether the address must belong to something that is known. In a policy of a namespace even a negation asks who it is.
    private func asks(_ side: World.Side, _ namespace: String?) -> Bool {
        side.selector != nil || side.namespaceSelector != nil || !side.accounts.isEmpty || side.accountSelector != nil
            || side.notSelector != nil && namespace != nil
    }

    /// Without a namespace selector, a policy of a namespace that asks for anybody means those of its own namespace.
    private func selects(_ side: World.Side, _ labels: [String: String], _ namespace: String?) -> Bool {
        guard asks(side, namespace) else { return true }
        let theirs = labels["projectcalico.org/namespace"]
        if let condition = side.namespaceSelector {
            guard condition.holds(labels.under("pcns."), all: theirs != nil, global: theirs == nil) else {
                return false
            }
        } else if let namespace, theirs != namespace {
            return false
        }
        if !side.accounts.isEmpty {
            guard let account = labels["projectcalico.org/serviceaccount"], side.accounts.contains(account) else {
                return false
            }
        }
        return side.accountSelector?.holds(labels.under("pcsa.")) ?? true && side.selector?.holds(labels) ?? true
    }

    // MARK: Kubernetes' rules

    private func matches(
        _ rule: World.KubernetesRule, _ probe: PolicyProbe, _ direction: World.Direction, namespace: String
    ) -> Bool {
        let peer = direction == .ingress ? probe.source : probe.destination
        let isPeer = rule.peers.contains { wanted in
            switch wanted {
            case .block(let block, let except):
                return block.contains(peer) && !except.contains { $0.contains(peer) }
            case .pods(let pods, let namespaces):
                return world.endpoints.contains { endpoint in
                    guard endpoint.isKubernetes, endpoint.addresses.contains(peer) else { return false }
                    let isThere =
                        namespaces?.holds(namespaceLabels(endpoint.namespace).under("pcns."))
                        ?? (endpoint.namespace == namespace)
                    return isThere && pods?.holds(labels(of: endpoint)) ?? true
                }
            }
        }
        let isPort = rule.ports.contains { wanted in
            guard probe.transport == wanted.transport ?? .tcp else { return false }
            switch wanted.port {
            case nil: return true
            case .range(let range): return range.contains(probe.destinationPort)
            case .name(let name):
                let port = World.NamedPort(name: name, transport: probe.transport, number: probe.destinationPort)
                return world.endpoints.contains {
                    $0.addresses.contains(probe.destination) && $0.ports.contains(port)
                }
            }
        }
        return (rule.peers.isEmpty || isPeer) && (rule.ports.isEmpty || isPort)
    }
}

extension PolicyWorld.Policy {
    /// Without types: ingress unless there are rules for egress alone, and egress if there are any for that.
    var directions: Set<PolicyWorld.Direction> {
        if let types, !types.isEmpty { return Set(types) }
        let (ingress, egress) = (rules[.ingress] ?? [], rules[.egress] ?? [])
        if egress.isEmpty { return [.ingress] }
        return ingress.isEmpty ? [.egress] : [.ingress, .egress]
    }
}

extension PolicyWorld.KubernetesPolicy {
    /// Without types: always ingress, and egress if there are rules for that.
    var directions: Set<PolicyWorld.Direction> {
        if let types, !types.isEmpty { return Set(types) }
        return (rules[.egress] ?? []).isEmpty ? [.ingress] : [.ingress, .egress]
    }
}

extension PolicyWorld.Message {
    func covers(_ other: Self) -> Bool { type == other.type && (code == nil || code == other.code) }
}

extension [String: String] {
    /// The labels under a prefix, without it.
    fileprivate func under(_ prefix: String) -> [String: String] {
        var labels: [String: String] = [:]
        for (key, value) in self where key.hasPrefix(prefix) { labels[String(key.dropFirst(prefix.count))] = value }
        return labels
    }
}
