import NetworkValues

private enum KubernetesSpecField: String, FieldName {
    static let table = FieldTable<Self>()
    case podSelector, policyTypes, ingress, egress
    /// Of a staged policy alone.
    case stagedAction

    static let enforced = allCases.filter { $0 != .stagedAction }
}

private enum KubernetesRuleField: String, FieldName {
    static let table = FieldTable<Self>()
    case from, to, ports
}

private enum KubernetesPortField: String, FieldName {
    static let table = FieldTable<Self>()
    case `protocol`, port, endPort
}

extension DecodingContext {
    /// Kubernetes' own policies, or Calico's rehearsal of one, with the checks of Kubernetes' `ValidateNetworkPolicySpec`.
    mutating func kubernetesPolicy(_ document: Fields<DocumentField>, _ kind: ResourceKind) -> DecodedResource {
        let isStaged = kind == .stagedKubernetesNetworkPolicy
        if isStaged {
            warnOfStaging(document)
        }
        let identity = namespacedMetadata(document)
        var policy = KubernetesPolicy(
            metadata: identity.metadata, namespace: identity.namespace ?? "default", isStaged: isStaged)
        _ = read(document, .spec) { context, node -> Void? in
            let known = isStaged ? KubernetesSpecField.allCases : KubernetesSpecField.enforced
            let fields = context.fields(of: node, as: KubernetesSpecField.self, known: known)
            policy.podSelector =
                context.read(fields, .podSelector) { context, node in context.labelSelector(node) }
                ?? policy.podSelector
            policy.policyTypes = context.read(fields, .policyTypes) { context, node in context.policyTypes(node) }
            policy.ingress = context.read(fields, .ingress) { context, node in
                context.kubernetesRules(node, peers: .from)
            }
            policy.egress = context.read(fields, .egress) { context, node in context.kubernetesRules(node, peers: .to) }
            context.warnOfUnjudged(
                fields, policy.policyTypes,
                [
                    (.ingress, .ingress, policy.ingress?.isEmpty ?? true),
                    (.egress, .egress, policy.egress?.isEmpty ?? true),
                ])
            policy.stagedAction = context.read(fields, .stagedAction) { context, node in context.stagedAction(node) }
            context.refuse(fields, known: known, of: "policy")
        }
        warnOfAbsentSpec(document)
        policy.otherFields = others(document, silent: ["status"])
        return DecodedResource(.kubernetesPolicy(policy), isNamed: identity.isNamed)
    }

    private mutating func kubernetesRules(
        _ node: YAMLNode, peers name: KubernetesRuleField
    ) -> [KubernetesPolicy.Rule] {
        let known = [name, .ports]
        return list(node, of: "rules") { context, item in
            let fields = context.fields(of: item, as: KubernetesRuleField.self, known: known)
            guard fields.isMapping else { return nil }
            let peers = context.read(fields, name) { context, node in
                context.list(node, of: "peers") { context, item in context.kubernetesPeer(item) }
            }
            let ports = context.read(fields, .ports) { context, node in
                context.list(node, of: "ports") { context, item in context.kubernetesPort(item) }
            }
            context.refuse(fields, known: known)
            return KubernetesPolicy.Rule(peers: peers ?? [], ports: ports ?? [])
        }
    }

    private mutating func kubernetesPort(_ node: YAMLNode) -> KubernetesPolicy.Port? {
        let fields = fields(of: node, as: KubernetesPortField.self)
        guard fields.isMapping else { return nil }
        refuse(fields)
        var port = KubernetesPolicy.Port()
        port.protocol = read(fields, .protocol) { context, node in
            context.value(node) { text throws(InvalidValue) in try TransportProtocol(parsing: text) }
        }
        port.port = read(fields, .port) { context, node in
            guard let text = context.text(node) else { return nil as RulePort? }
            if Names.isPortName(text) { return .name(text) }
            guard let number = decimal(text, in: 1...65535) else {
                context.error(
                    node,
                    InvalidValue(kind: "port", text: text, accepted: "a number from 1 to 65535, or the name of a port")
                        .message)
                return nil
            }
            return .range(PortRange(UInt16(number)))
        }
        let isPortUnreadable = port.port == nil && fields[.port] != nil
        port.endPort = read(fields, .endPort) { context, node in
            guard let last = context.integer(node, in: 1...65535, as: "port") else { return nil as UInt16? }
            switch port.port {
            case .range(let first) where Int(first.lowerBound) > last:
                context.error(node, "\(last) is less than the port \(first) that begins the range")
            case .range: break
            case .name(let name): context.error(node, "a range begins with a number, not with the name \"\(name)\"")
            case nil:
                if !isPortUnreadable {
                    context.error(node, "a range needs a port to begin with")
                }
            }
            return UInt16(last)
        }
        return port
    }
}
