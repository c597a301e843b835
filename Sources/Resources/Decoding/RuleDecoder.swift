import NetworkValues

private enum RuleField: String, FieldName {
    case action, `protocol`, source, destination
    // Fields of Calico's rules that are not enforced yet.
    case ipVersion, icmp, notICMP, notProtocol, http
    /// Remarks, which match nothing.
    case metadata

    static let unenforced: [Self] = [.ipVersion, .icmp, .notICMP, .notProtocol, .http]
}

private enum EntityField: String, FieldName {
    case nets, ports
    // Fields of Calico's rules that are not enforced yet.
    case notNets, selector, notSelector, namespaceSelector, notPorts, serviceAccounts, services

    static let unenforced: [Self] = [
        .notNets, .selector, .notSelector, .namespaceSelector, .notPorts, .serviceAccounts, .services,
    ]
}

private enum RuleMetadataField: String, FieldName {
    case annotations
}

/// Rules of a profile. Whatever narrows a rule and is not understood makes it an error, not a warning: the rule would
/// otherwise match more than its author meant.
extension DecodingContext {
    mutating func rules(_ node: YAMLNode) -> [Rule] {
        list(node, of: "rules") { context, item in context.rule(item) }
    }

    private mutating func rule(_ node: YAMLNode) -> Rule? {
        let fields = fields(of: node, as: RuleField.self)
        guard fields.isMapping else { return nil }
        let action = require(fields, .action, "Allow or Deny") { context, node in context.action(node) }
        var rule = Rule(action: action ?? .deny)
        rule.protocol = read(fields, .protocol) { context, node in
            context.value(node) { text throws(InvalidValue) in try IPProtocol(parsing: text) }
        }
        // An unreadable protocol is one error, not also one for each list of ports.
        let hasPorts = rule.protocol.map(\.hasPorts) ?? (fields[.protocol] != nil)
        rule.source = read(fields, .source) { context, node in context.entity(node, hasPorts) } ?? EntityRule()
        rule.destination =
            read(fields, .destination) { context, node in context.entity(node, hasPorts) }
            ?? EntityRule()
        rule.annotations =
            read(fields, .metadata) { context, node in
                let fields = context.fields(of: node, as: RuleMetadataField.self)
                context.refuse(fields, [])
                return context.read(fields, .annotations) { context, node in context.annotations(node) }
            } ?? [:]
        refuse(fields, RuleField.unenforced)
        warnOfDisjointFamilies(rule, at: node)
        return rule
    }

    private mutating func action(_ node: YAMLNode) -> Rule.Action? {
        guard let text = text(node) else { return nil }
        let name = text.lowercased()
        if let action = Rule.Action.allCases.first(where: { $0.rawValue.lowercased() == name }) {
            return action
        }
        if name == "log" || name == "pass" {
            error(node, "action \(excerpt(text)) is not supported by this version yet: Allow or Deny")
        } else {
            error(node, InvalidValue(kind: "action", text: text, accepted: "Allow or Deny").message)
        }
        return nil
    }

    private mutating func entity(_ node: YAMLNode, _ hasPorts: Bool) -> EntityRule {
        let fields = fields(of: node, as: EntityField.self)
        var entity = EntityRule()
        entity.nets =
            read(fields, .nets) { context, node in
                context.list(node, of: "IP networks") { context, item in context.network(item) }
            } ?? []
        entity.ports =
            read(fields, .ports) { context, node in
                let ports = context.list(node, of: "ports") { context, item in context.portRange(item) }
                if !ports.isEmpty, !hasPorts {
                    context.error(node, "only a rule with protocol TCP, UDP or SCTP can match ports")
                }
                return ports
            } ?? []
        refuse(fields, EntityField.unenforced)
        return entity
    }

    private mutating func portRange(_ node: YAMLNode) -> PortRange? {
        if let text = text(node), text.utf8.contains(where: { isLetterOrDigit($0) && $0 > UInt8(ascii: "9") }),
            (try? Names.name(text)) != nil
        {
            error(node, "named port \"\(excerpt(text))\" is not supported by this version yet: numbers and ranges only")
            return nil
        }
        return value(node) { text throws(InvalidValue) in try PortRange(parsing: text) }
    }

    private mutating func refuse<Name: FieldName>(_ fields: Fields<Name>, _ unenforced: [Name]) {
        for name in unenforced {
            guard let (key, value) = fields[name], !value.isEmpty else { continue }
            within(.field(name.rawValue), startingAt: key) { context in
                context.error(key, "not supported by this version yet: the rule cannot be enforced as written")
            }
        }
        let enforced = Name.allCases.filter { !unenforced.contains($0) }
        for index in fields.unknown {
            let key = fields[index].key
            guard let name = key.text else { continue }
            within(.field(name), startingAt: key) { context in
                let hint = suggestion(for: name, among: enforced)
                context.error(key, "unknown field: the rule cannot be enforced as written\(hint)")
            }
        }
    }

    private mutating func warnOfDisjointFamilies(_ rule: Rule, at node: YAMLNode) {
        let source = Set(rule.source.nets.map(\.family))
        let destination = Set(rule.destination.nets.map(\.family))
        if !source.isEmpty, !destination.isEmpty, source.isDisjoint(with: destination) {
            warning(node, "matches nothing: source and destination networks are of different families")
        }
    }
}

extension YAMLNode {
    /// Whether this says nothing: null, an empty text, list or mapping, as Calico's own tools print unused fields.
    fileprivate var isEmpty: Bool {
        switch content {
        case .scalar(let scalar): isNull || scalar.text.isEmpty
        case .sequence(let items): items.isEmpty
        case .mapping(let pairs): pairs.isEmpty
        }
    }
}
