import NetworkValues

extension JSONWriter {
    /// A document of Calico's or Kubernetes' with these fields in its `spec`.
    private mutating func put(
        _ kind: ResourceKind, _ metadata: Metadata, _ otherFields: [String: FieldValue],
        spec: (inout JSONWriter) -> Void
    ) {
        object { writer in
            writer.putHead(kind, metadata)
            writer.name("spec")
            writer.object { writer in spec(&writer) }
            writer.members(otherFields)
        }
    }

    /// A document without a `spec` of ours.
    mutating func put(_ kind: ResourceKind, _ metadata: Metadata, _ otherFields: [String: FieldValue]) {
        object { writer in
            writer.putHead(kind, metadata)
            writer.members(otherFields)
        }
    }

    private mutating func putHead(_ kind: ResourceKind, _ metadata: Metadata) {
        let head = DocumentType.head(of: kind)
        member("apiVersion", head.apiVersion)
        member("kind", head.kind)
        put(metadata)
    }

    mutating func put(_ policy: NetworkPolicy) {
        put(policy.key.kind, policy.metadata, policy.otherFields) { writer in
            writer.member("tier", policy.tier)
            writer.member("order", order: policy.order)
            writer.member("selector", policy.selector)
            writer.member("namespaceSelector", policy.namespaceSelector)
            writer.member("serviceAccountSelector", policy.serviceAccountSelector)
            writer.member("types", policy.types)
            writer.put("ingress", policy.ingress, .v3)
            writer.put("egress", policy.egress, .v3)
            writer.member("doNotTrack", flag: policy.doNotTrack)
            writer.member("preDNAT", flag: policy.preDNAT)
            writer.member("applyOnForward", flag: policy.applyOnForward)
            writer.member("stagedAction", policy.stagedAction)
            writer.members(policy.otherSpecFields)
        }
    }

    mutating func put(_ tier: Tier) {
        put(.tier, tier.metadata, tier.otherFields) { writer in
            writer.member("order", order: tier.order)
            writer.member("defaultAction", tier.defaultAction.rawValue)
            writer.members(tier.otherSpecFields)
        }
    }

    mutating func put(_ set: NetworkSet) {
        put(set.key.kind, set.metadata, set.otherFields) { writer in
            writer.member("nets", list: set.nets)
            writer.members(set.otherSpecFields)
        }
    }

    /// A whole number without a fraction, as people write orders.
    private mutating func member(_ name: String, order: Double?) {
        guard let order else { return }
        self.name(name)
        raw(Int(exactly: order).map { "\($0)" } ?? "\(order)")
    }

    private mutating func member(_ name: String, flag: Bool) {
        guard flag else { return }
        self.name(name)
        raw("true")
    }

    fileprivate mutating func member(_ name: String, _ types: [NetworkPolicy.Direction]?) {
        guard let types else { return }
        self.name(name)
        array(types) { writer, type in writer.string(type.rawValue) }
    }
}

// MARK: Kubernetes

extension JSONWriter {
    mutating func put(_ policy: KubernetesPolicy) {
        put(policy.key.kind, policy.metadata, policy.otherFields) { writer in
            writer.name("podSelector")
            writer.put(policy.podSelector)
            writer.member("policyTypes", policy.policyTypes)
            writer.put("ingress", policy.ingress, peers: "from")
            writer.put("egress", policy.egress, peers: "to")
            writer.member("stagedAction", policy.stagedAction)
        }
    }

    private mutating func put(_ selector: KubernetesPolicy.LabelSelector) {
        object { writer in
            writer.member("matchLabels", texts: selector.matchLabels)
            guard !selector.matchExpressions.isEmpty else { return }
            writer.name("matchExpressions")
            writer.array(selector.matchExpressions) { writer, requirement in
                writer.object { writer in
                    writer.member("key", requirement.key)
                    writer.member("operator", requirement.operator.rawValue)
                    writer.member("values", list: requirement.values)
                }
            }
        }
    }

    private mutating func put(_ name: String, _ rules: [KubernetesPolicy.Rule]?, peers peersName: String) {
        guard let rules else { return }
        self.name(name)
        array(rules) { writer, rule in
            writer.object { writer in
                if !rule.peers.isEmpty {
                    writer.name(peersName)
                    writer.array(rule.peers) { writer, peer in writer.put(peer) }
                }
                if !rule.ports.isEmpty {
                    writer.name("ports")
                    writer.array(rule.ports) { writer, port in writer.put(port) }
                }
            }
        }
    }

    private mutating func put(_ peer: KubernetesPolicy.Peer) {
        object { writer in
            switch peer {
            case .ipBlock(let cidr, let except):
                writer.name("ipBlock")
                writer.object { writer in
                    writer.member("cidr", cidr.description)
                    writer.member("except", list: except)
                }
            case .pods(let pods, let namespaces):
                if let pods {
                    writer.name("podSelector")
                    writer.put(pods)
                }
                if let namespaces {
                    writer.name("namespaceSelector")
                    writer.put(namespaces)
                }
            }
        }
    }

    private mutating func put(_ port: KubernetesPolicy.Port) {
        object { writer in
            writer.member("protocol", port.protocol?.rawValue)
            if let number = port.port {
                writer.name("port")
                writer.put(number)
            }
            writer.member("endPort", number: port.endPort)
        }
    }
}
