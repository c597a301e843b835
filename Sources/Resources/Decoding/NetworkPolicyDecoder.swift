import NetworkValues

private enum PolicySpecField: String, FieldName {
    static let table = FieldTable<Self>()
    case tier, order, selector, types, ingress, egress, serviceAccountSelector
    /// How Felix is to compute the policy; without any effect on what it says.
    case performanceHints
    // Of policies of the whole cluster alone.
    case namespaceSelector, doNotTrack, preDNAT, applyOnForward
    /// Of staged policies alone.
    case stagedAction

    static func known(in kind: ResourceKind) -> [Self] {
        let isGlobal = kind == .globalNetworkPolicy || kind == .stagedGlobalNetworkPolicy
        let isStaged = kind == .stagedNetworkPolicy || kind == .stagedGlobalNetworkPolicy
        return allCases.filter { field in
            switch field {
            // Known everywhere, so that it is refused where it has no meaning: without it a policy concerns more.
            case .namespaceSelector: true
            case .doNotTrack, .preDNAT, .applyOnForward: isGlobal
            case .stagedAction: isStaged
            default: true
            }
        }
    }
}

extension DecodingContext {
    /// Calico's policies, of a namespace or of the whole cluster, enforced or staged.
    mutating func networkPolicy(_ document: Fields<DocumentField>, _ kind: ResourceKind) -> DecodedResource {
        let isGlobal = kind == .globalNetworkPolicy || kind == .stagedGlobalNetworkPolicy
        let isStaged = kind == .stagedNetworkPolicy || kind == .stagedGlobalNetworkPolicy
        if isStaged {
            warnOfStaging(document)
        }
        let identity =
            isGlobal
            ? clusterMetadata(
                document, "remove the namespace, or write NetworkPolicy for a policy of one", name: Names.name)
            : namespacedMetadata(document)
        var policy = NetworkPolicy(metadata: identity.metadata, namespace: identity.namespace, isStaged: isStaged)
        _ = read(document, .spec) { context, node -> Void? in
            let known = PolicySpecField.known(in: kind)
            let fields = context.fields(of: node, as: PolicySpecField.self, known: known)
            context.readPolicy(fields, isGlobal: isGlobal, into: &policy)
            // Without what it does not understand a policy may concern everything.
            context.refuse(fields, known: known, of: "policy")
            if let hints = fields[.performanceHints] {
                policy.otherSpecFields[PolicySpecField.performanceHints.rawValue] = context.fieldValue(hints.value)
            }
        }
        warnOfAbsentSpec(document)
        policy.otherFields = others(document, silent: ["status"])
        return DecodedResource(.networkPolicy(policy), isNamed: identity.isNamed)
    }

    private mutating func readPolicy(
        _ fields: Fields<PolicySpecField>, isGlobal: Bool, into policy: inout NetworkPolicy
    ) {
        policy.tier = read(fields, .tier) { context, node in context.value(node, Names.tier) } ?? Tier.defaultName
        policy.order = read(fields, .order) { context, node in context.order(node) }
        policy.selector = read(fields, .selector) { context, node in context.selector(node) } ?? policy.selector
        policy.serviceAccountSelector = read(fields, .serviceAccountSelector) { context, node in
            context.selector(node)
        }
        policy.namespaceSelector = read(fields, .namespaceSelector) { context, node in
            guard !isGlobal, !node.isEmpty else { return context.selector(node) }
            context.error(
                node, "a NetworkPolicy concerns its own namespace: write GlobalNetworkPolicy, or leave it out")
            return nil
        }
        policy.types = read(fields, .types) { context, node in context.policyTypes(node) }
        policy.ingress = read(fields, .ingress) { context, node in context.rules(node, of: .policy) } ?? []
        policy.egress = read(fields, .egress) { context, node in context.rules(node, of: .policy) } ?? []
        warnOfUnjudged(
            fields, policy.types,
            [(.ingress, .ingress, policy.ingress.isEmpty), (.egress, .egress, policy.egress.isEmpty)])
        policy.doNotTrack = flag(fields, .doNotTrack)
        policy.preDNAT = flag(fields, .preDNAT)
        policy.applyOnForward = flag(fields, .applyOnForward)
        for (name, isSet) in [(PolicySpecField.doNotTrack, policy.doNotTrack), (.preDNAT, policy.preDNAT)] where isSet {
            _ = read(fields, name) { context, node -> Void? in
                context.warning(node, "is for host endpoints alone: the policy concerns no workload")
            }
        }
        policy.stagedAction = read(fields, .stagedAction) { context, node in context.stagedAction(node) }
    }

    private mutating func flag(_ fields: Fields<PolicySpecField>, _ name: PolicySpecField) -> Bool {
        read(fields, name) { context, node in
            context.value(node) { text throws(InvalidValue) -> Bool in
                guard text == "true" || text == "false" else {
                    throw InvalidValue(kind: "truth value", text: text, accepted: "true or false")
                }
                return text == "true"
            }
        } ?? false
    }
}

// MARK: What Kubernetes' policies have as well

extension DecodingContext {
    /// Says of a staged policy what it does not do.
    mutating func warnOfStaging(_ document: Fields<DocumentField>) {
        _ = read(document, .kind) { context, node -> Void? in
            context.warning(node, "a staged policy is kept and not enforced")
        }
    }

    /// Warns of a policy that consists of a name: it says more than its author may think.
    mutating func warnOfAbsentSpec(_ document: Fields<DocumentField>) {
        guard document[.spec] == nil else { return }
        warnOfAbsence("spec", "without it the policy lets nothing in, to any endpoint that it may concern")
    }

    mutating func stagedAction(_ node: YAMLNode) -> String? {
        value(node) { text throws(InvalidValue) in
            guard let action = match(text, among: ["Set", "Delete", "Learn", "Ignore"]) else {
                throw InvalidValue(
                    kind: "staged action", text: text, accepted: "Set, Delete, Learn or Ignore")
            }
            return action
        }
    }

    /// The directions that a policy judges.
    mutating func policyTypes(_ node: YAMLNode) -> [NetworkPolicy.Direction] {
        var lines = FirstLines<String>()
        return list(node, of: "directions") { context, item in
            let direction = context.value(item) { text throws(InvalidValue) -> NetworkPolicy.Direction in
                let names = NetworkPolicy.Direction.allCases.map(\.rawValue)
                guard let direction = match(text, among: names).flatMap({ NetworkPolicy.Direction(rawValue: $0) })
                else {
                    throw InvalidValue(kind: "direction", text: text, accepted: "Ingress or Egress")
                }
                return direction
            }
            context.warnOfRepetition(of: direction?.rawValue, item, &lines)
            return direction
        }
    }

    /// Warns of rules for a direction that the policy says not to judge.
    mutating func warnOfUnjudged<Name>(
        _ fields: Fields<Name>, _ types: [NetworkPolicy.Direction]?,
        _ rules: [(name: Name, direction: NetworkPolicy.Direction, isEmpty: Bool)]
    ) {
        guard let types, !types.isEmpty else { return }
        for (name, direction, isEmpty) in rules where !isEmpty && !types.contains(direction) {
            _ = read(fields, name) { context, node -> Void? in
                context.warning(
                    node, "these rules have no effect: \(direction.rawValue) is not among the policy's types")
            }
        }
    }

    /// A place in a sequence: any number.
    mutating func order(_ node: YAMLNode) -> Double? {
        value(node) { text throws(InvalidValue) in
            guard isJSONLiteral(text), let order = Double(text), order.isFinite else {
                throw InvalidValue(kind: "order", text: text, accepted: "a number, such as 100 or 0.5")
            }
            return order
        }
    }
}

/// The one of some words that the text is, in any case.
private func match(_ text: String, among words: [String]) -> String? {
    words.first { asciiLowercased($0) == asciiLowercased(text) }
}
