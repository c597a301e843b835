import NetworkValues

extension PolicyWorld {
    /// Each resource as YAML, by a name that it alone has.
    func documents() -> [String: String] {
        var documents: [String: Text] = [:]
        for namespace in namespaces {
            documents["namespace-\(namespace.name)"] = .resource("v1", "Namespace", namespace.name, namespace.labels)
        }
        for account in accounts {
            documents["account-\(account.namespace)-\(account.name)"] = .resource(
                "v1", "ServiceAccount", account.name, in: account.namespace, account.labels)
        }
        for endpoint in endpoints { documents["endpoint-\(endpoint.name)"] = endpoint.document }
        for set in networkSets {
            documents["set-\(set.namespace ?? "")-\(set.name)"] = .calico(
                set.namespace == nil ? "GlobalNetworkSet" : "NetworkSet", set.name, in: set.namespace,
                labels: set.labels,
                [("nets", .list(set.nets.map { .text("\($0)") }))])
        }
        for profile in profiles {
            documents["profile-\(profile.name)"] = .calico(
                "Profile", profile.name,
                [("labelsToApply", .labels(profile.labels))] + Self.rules(profile.rules, rule: \.document))
        }
        for tier in tiers {
            let order = tier.order.map { [("order", Text.number($0))] } ?? []
            documents["tier-\(tier.name)"] = .calico(
                "Tier", tier.name, order + (tier.passes ? [("defaultAction", .text("Pass"))] : []))
        }
        for policy in policies {
            documents["policy-\(policy.namespace ?? "")-\(policy.name)"] = policy.document
        }
        for policy in kubernetesPolicies {
            documents["kubernetes-\(policy.namespace)-\(policy.name)"] = policy.document
        }
        return documents.mapValues { $0.line + "\n" }
    }

    fileprivate static func rules<Rule>(
        _ rules: [Direction: [Rule]], rule: (Rule) -> Text
    ) -> [(String, Text)] {
        Direction.allCases.compactMap { direction in
            rules[direction].map { (direction.rawValue.lowercased(), .list($0.map(rule))) }
        }
    }

    /// YAML in flow style, which JSON is too but for the quotes around keys.
    fileprivate indirect enum Text {
        case text(String)
        case number(Int)
        case list([Text])
        case fields([(String, Text)])

        static func labels(_ labels: [String: String]) -> Text {
            .fields(labels.sorted { $0.key < $1.key }.map { ($0.key, .text($0.value)) })
        }

        static func resource(
            _ version: String, _ kind: String, _ name: String, in namespace: String? = nil,
            _ labels: [String: String] = [:], _ more: [(String, Text)] = []
        ) -> Text {
            let namespace = namespace.map { [("namespace", Text.text($0))] } ?? []
            let labels = labels.isEmpty ? [] : [("labels", Text.labels(labels))]
            return .fields(
                [
                    ("apiVersion", .text(version)), ("kind", .text(kind)),
                    ("metadata", .fields([("name", .text(name))] + namespace + labels)),
                ] + more)
        }

        static func calico(
            _ kind: String, _ name: String, in namespace: String? = nil, labels: [String: String] = [:],
            _ spec: [(String, Text)]
        ) -> Text {
            .resource("projectcalico.org/v3", kind, name, in: namespace, labels, [("spec", .fields(spec))])
        }

        var line: String {
            switch self {
            case .text(let text): "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
            case .number(let number): "\(number)"
            case .list(let items): "[\(items.map(\.line).joined(separator: ", "))]"
            case .fields(let fields): "{\(fields.map { "\"\($0)\": \($1.line)" }.joined(separator: ", "))}"
            }
        }
    }

    /// The fields that are there.
    fileprivate static func given(_ fields: (String, Text?)...) -> [(String, Text)] {
        fields.compactMap { name, value in value.map { (name, $0) } }
    }
}

extension PolicyWorld.Endpoint {
    fileprivate var document: PolicyWorld.Text {
        .calico(
            "WorkloadEndpoint", name, in: namespace, labels: labels,
            PolicyWorld.given(
                ("node", .text(local == nil ? "node2" : "node1")),
                ("orchestrator", .text(isKubernetes ? "k8s" : "cni")),
                (isKubernetes ? "pod" : "containerID", .text(name)), ("endpoint", .text("eth0")),
                ("serviceAccountName", account.map { .text($0) }),
                ("interfaceName", .text("cali\(local.map(String.init) ?? name)")),
                ("mac", local.map { .text("02:00:00:00:00:0\($0)") }),
                ("ipNetworks", .list(addresses.map { .text("\(IPPrefix(host: $0))") })),
                ("profiles", .list(profiles.map { .text($0) })),
                (
                    "ports",
                    .list(
                        ports.map {
                            .fields([
                                ("name", .text($0.name)), ("protocol", .text($0.transport.rawValue)),
                                ("port", .number(Int($0.number))),
                            ])
                        })
                )))
    }
}

extension PolicyWorld.Policy {
    fileprivate var document: PolicyWorld.Text {
        .calico(
            namespace == nil ? "GlobalNetworkPolicy" : "NetworkPolicy", name, in: namespace,
            PolicyWorld.given(
                ("tier", tier == "default" ? nil : .text(tier)), ("order", order.map { .number($0) }),
                ("selector", selector.map { .text($0.text) }),
                ("namespaceSelector", namespaceSelector.map { .text($0.text) }),
                ("serviceAccountSelector", accountSelector.map { .text($0.text) }),
                ("types", types.map { .list($0.map { .text($0.rawValue) }) }))
                + PolicyWorld.rules(rules, rule: \.document))
    }
}

extension PolicyWorld.Rule {
    fileprivate var document: PolicyWorld.Text {
        .fields(
            PolicyWorld.given(
                ("action", .text(action.rawValue)), ("ipVersion", version.map { .number($0) }),
                ("protocol", transport.map { .text($0.rawValue) }),
                ("notProtocol", notTransport.map { .text($0.rawValue) }), ("icmp", message?.document),
                ("notICMP", notMessage?.document), ("source", source.document), ("destination", destination.document)))
    }
}

extension PolicyWorld.Message {
    fileprivate var document: PolicyWorld.Text {
        .fields([("type", .number(Int(type)))] + (code.map { [("code", .number(Int($0)))] } ?? []))
    }
}

extension PolicyWorld.Side {
    fileprivate var document: PolicyWorld.Text? {
        func list<Item>(_ items: [Item], _ text: (Item) -> PolicyWorld.Text) -> PolicyWorld.Text? {
            items.isEmpty ? nil : .list(items.map(text))
        }
        let accounts = PolicyWorld.given(
            ("names", list(self.accounts) { .text($0) }), ("selector", accountSelector.map { .text($0.text) }))
        let fields = PolicyWorld.given(
            ("nets", list(nets) { .text("\($0)") }), ("notNets", list(notNets) { .text("\($0)") }),
            ("ports", list(ports, \.document)), ("notPorts", list(notPorts, \.document)),
            ("selector", selector.map { .text($0.text) }), ("notSelector", notSelector.map { .text($0.text) }),
            ("namespaceSelector", namespaceSelector.map { .text($0.text) }),
            ("serviceAccounts", accounts.isEmpty ? nil : .fields(accounts)))
        return fields.isEmpty ? nil : .fields(fields)
    }
}

extension PolicyWorld.Port {
    fileprivate var document: PolicyWorld.Text {
        switch self {
        case .range(let range) where range.count == 1: .number(Int(range.lowerBound))
        case .range(let range): .text("\(range.lowerBound):\(range.upperBound)")
        case .name(let name): .text(name)
        }
    }
}

// MARK: Kubernetes

extension PolicyWorld.KubernetesPolicy {
    fileprivate var document: PolicyWorld.Text {
        let types = types.map { [("policyTypes", PolicyWorld.Text.list($0.map { .text($0.rawValue) }))] } ?? []
        return .resource(
            "networking.k8s.io/v1", "NetworkPolicy", name, in: namespace, [:],
            [
                (
                    "spec",
                    .fields(
                        [("podSelector", pods.labelSelector)] + types
                            + PolicyWorld.Direction.allCases.compactMap { direction in
                                rules[direction].map { rules in
                                    (
                                        direction.rawValue.lowercased(),
                                        .list(rules.map { $0.document(direction == .ingress ? "from" : "to") })
                                    )
                                }
                            })
                )
            ])
    }
}

extension PolicyWorld.KubernetesRule {
    fileprivate func document(_ peersField: String) -> PolicyWorld.Text {
        .fields(
            (peers.isEmpty ? [] : [(peersField, .list(peers.map(\.document)))])
                + (ports.isEmpty ? [] : [("ports", .list(ports.map(\.document)))]))
    }
}

extension PolicyWorld.Peer {
    fileprivate var document: PolicyWorld.Text {
        switch self {
        case .block(let block, let except):
            let exceptions: [(String, PolicyWorld.Text)] =
                except.isEmpty ? [] : [("except", .list(except.map { .text("\($0)") }))]
            return .fields([("ipBlock", .fields([("cidr", .text("\(block)"))] + exceptions))])
        case .pods(let pods, let namespaces):
            return .fields(
                PolicyWorld.given(
                    ("podSelector", pods?.labelSelector), ("namespaceSelector", namespaces?.labelSelector)))
        }
    }
}

extension PolicyWorld.KubernetesPort {
    fileprivate var document: PolicyWorld.Text {
        var fields: [(String, PolicyWorld.Text)] = transport.map { [("protocol", .text($0.rawValue))] } ?? []
        switch port {
        case nil: break
        case .range(let range):
            fields.append(("port", .number(Int(range.lowerBound))))
            if range.count > 1 { fields.append(("endPort", .number(Int(range.upperBound)))) }
        case .name(let name): fields.append(("port", .text(name)))
        }
        return .fields(fields)
    }
}

extension LabelCondition {
    /// As Kubernetes' `LabelSelector`, which can say only that several things hold at once.
    fileprivate var labelSelector: PolicyWorld.Text {
        var labels: [(String, PolicyWorld.Text)] = []
        var expressions: [PolicyWorld.Text] = []
        func expression(_ key: String, _ name: String, _ values: [String] = []) {
            expressions.append(
                .fields(
                    [("key", .text(key)), ("operator", .text(name))]
                        + (values.isEmpty ? [] : [("values", .list(values.map { .text($0) }))])))
        }
        func add(_ condition: LabelCondition) {
            switch condition {
            case .all: break
            case .equals(let key, let value): labels.append((key, .text(value)))
            case .has(let key): expression(key, "Exists")
            case .not(.has(let key)): expression(key, "DoesNotExist")
            case .isIn(let key, let values): expression(key, "In", values)
            case .isNotIn(let key, let values): expression(key, "NotIn", values)
            case .both(let left, let right):
                add(left)
                add(right)
            default: preconditionFailure("Kubernetes has no \(condition.text)")
            }
        }
        add(self)
        return .fields(
            (labels.isEmpty ? [] : [("matchLabels", .fields(labels))])
                + (expressions.isEmpty ? [] : [("matchExpressions", .list(expressions))]))
    }
}
