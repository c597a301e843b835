import NetworkValues

private enum PeerField: String, FieldName {
    static let table = FieldTable<Self>()
    case podSelector, namespaceSelector, ipBlock
}

private enum BlockField: String, FieldName {
    static let table = FieldTable<Self>()
    case cidr, except
}

private enum LabelSelectorField: String, FieldName {
    static let table = FieldTable<Self>()
    case matchLabels, matchExpressions
}

private enum RequirementField: String, FieldName {
    static let table = FieldTable<Self>()
    case key, `operator`, values
}

extension DecodingContext {
    /// Who may be at the other end. A peer that says nothing is an error, as it is in Kubernetes: it would be everybody
    /// or nobody.
    mutating func kubernetesPeer(_ node: YAMLNode) -> KubernetesPolicy.Peer? {
        let errorsBefore = errorCount
        let fields = fields(of: node, as: PeerField.self)
        guard fields.isMapping else { return nil }
        refuse(fields)
        let pods = read(fields, .podSelector) { context, node in context.labelSelector(node) }
        let namespaces = read(fields, .namespaceSelector) { context, node in context.labelSelector(node) }
        guard let key = fields[.ipBlock]?.key else {
            if pods == nil, namespaces == nil, errorCount == errorsBefore {
                error(node, "a peer is expected: podSelector, namespaceSelector, both of them, or ipBlock")
            }
            return .pods(pods, namespaces: namespaces)
        }
        if fields[.podSelector] != nil || fields[.namespaceSelector] != nil {
            error(key, "ipBlock stands alone: addresses are not selected by labels")
        }
        return read(fields, .ipBlock) { context, node in context.ipBlock(node) }
    }

    private mutating func ipBlock(_ node: YAMLNode) -> KubernetesPolicy.Peer? {
        let fields = fields(of: node, as: BlockField.self)
        guard fields.isMapping else { return nil }
        refuse(fields)
        let cidr = require(fields, .cidr, "a network, such as 10.0.0.0/8") { context, node in context.network(node) }
        let except = read(fields, .except) { context, node in
            var lines = FirstLines<IPPrefix>()
            return context.list(node, of: "IP networks") { context, item in
                guard let network = context.network(item) else { return nil as IPPrefix? }
                context.warnOfRepetition(of: network, item, &lines)
                if let cidr, network.length <= cidr.length || !cidr.contains(network.address) {
                    context.error(item, "\(network) is not a part of \(cidr), from which it is to be excepted")
                }
                return network
            }
        }
        return cidr.map { .ipBlock(cidr: $0, except: except ?? []) }
    }

    /// Kubernetes' `LabelSelector`; an empty one selects everything.
    mutating func labelSelector(_ node: YAMLNode) -> KubernetesPolicy.LabelSelector? {
        let fields = fields(of: node, as: LabelSelectorField.self)
        guard fields.isMapping else { return nil }
        refuse(fields)
        var selector = KubernetesPolicy.LabelSelector()
        selector.matchLabels = read(fields, .matchLabels) { context, node in context.labels(node) } ?? [:]
        selector.matchExpressions =
            read(fields, .matchExpressions) { context, node in
                context.list(node, of: "conditions on labels") { context, item in context.requirement(item) }
            } ?? []
        return selector
    }

    private mutating func requirement(_ node: YAMLNode) -> KubernetesPolicy.LabelSelector.Requirement? {
        typealias Operator = KubernetesPolicy.LabelSelector.Operator
        let fields = fields(of: node, as: RequirementField.self)
        guard fields.isMapping else { return nil }
        refuse(fields)
        let key = require(fields, .key, "the key of a label") { context, node in context.value(node, Names.labelKey) }
        let accepted = "In, NotIn, Exists or DoesNotExist"
        let condition = require(fields, .operator, accepted) { context, node in
            context.value(node) { text throws(InvalidValue) -> Operator in
                guard let match = Operator.allCases.first(where: { $0.rawValue == text }) else {
                    throw InvalidValue(kind: "operator", text: text, accepted: accepted)
                }
                return match
            }
        }
        let values = read(fields, .values) { context, node in
            context.list(node, of: "values of a label") { context, item in context.value(item, Names.labelValue) }
        }
        guard let key, let condition else { return nil }
        let isEmpty = fields[.values]?.value.isEmpty ?? true
        switch condition {
        case .isIn, .isNotIn:
            if isEmpty {
                missing("values", "\(condition.rawValue) compares the label with at least one value")
            }
        case .exists, .doesNotExist:
            if !isEmpty, let valuesKey = fields[.values]?.key {
                within(.field("values"), startingAt: valuesKey) { context in
                    context.error(valuesKey, "\(condition.rawValue) asks for the label alone: remove the values")
                }
            }
        }
        return KubernetesPolicy.LabelSelector.Requirement(key: key, operator: condition, values: values ?? [])
    }
}
