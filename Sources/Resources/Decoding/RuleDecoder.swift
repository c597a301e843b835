import NetworkValues

private enum RuleField: String, FieldName {
    static let table = FieldTable<Self>()
    case action, ipVersion, `protocol`, icmp, notProtocol, notICMP, source, destination
    // Negations as the older format had them before Calico 2.0.
    case exclamationProtocol = "!protocol"
    case exclamationICMP = "!icmp"
    /// Remarks, which match nothing.
    case metadata
    case http

    static let unenforced = [
        (
            name: Self.http,
            reason:
                "what an HTTP request says cannot be matched: rules judge packets, by addresses, protocols and ports"
        )
    ]
    static let negations: [Self] = [.exclamationProtocol, .exclamationICMP]

    static func known(in format: Profile.Format) -> [Self] {
        switch format {
        case .v3: allCases.filter { !negations.contains($0) }
        case .v1: allCases.filter { $0 != .metadata && $0 != .http }
        }
    }
}

private enum RuleMetadataField: String, FieldName {
    static let table = FieldTable<Self>()
    case annotations
}

private enum ICMPField: String, FieldName {
    static let table = FieldTable<Self>()
    case type, code
}

/// What a list of rules belongs to.
enum RuleOwner {
    case policy
    case profile(Profile.Format)

    var format: Profile.Format {
        switch self {
        case .policy: .v3
        case .profile(let format): format
        }
    }
}

/// Rules of a policy or a profile. Whatever narrows a rule and is not understood makes it an error, not a warning: the
/// rule would otherwise match more than its author meant.
extension DecodingContext {
    mutating func rules(_ node: YAMLNode, of owner: RuleOwner) -> [Rule] {
        list(node, of: "rules") { context, item in context.rule(item, owner) }
    }

    private mutating func rule(_ node: YAMLNode, _ owner: RuleOwner) -> Rule? {
        let errorsBefore = errorCount
        let format = owner.format
        let known = RuleField.known(in: format)
        let fields = fields(of: node, as: RuleField.self, known: known)
        guard fields.isMapping else { return nil }
        var rule = Rule(action: .deny)
        _ = require(fields, .action, Self.actions(format)) { context, node -> Void? in
            context.readAction(node, format, into: &rule)
        }
        rule.protocol = read(fields, .protocol) { context, node in context.ipProtocol(node) }
        if let name = only(fields, [.notProtocol, .exclamationProtocol]) {
            rule.notProtocol = read(fields, name) { context, node in context.ipProtocol(node) }
            rule.v1Spelling.formUnion(name == .exclamationProtocol ? .exclamationMark : [])
        }
        rule.ipVersion = read(fields, .ipVersion) { context, node in context.ipVersion(node, rule) }
        // An unreadable protocol is one error, not also one for each field that depends on it.
        let isUnreadable = rule.protocol == nil && fields[.protocol] != nil
        let hasTypes = isUnreadable || rule.protocol == .icmp || rule.protocol == .icmpv6
        rule.icmp = read(fields, .icmp) { context, node in context.icmp(node, hasTypes) }
        if let name = only(fields, [.notICMP, .exclamationICMP]) {
            rule.notICMP = read(fields, name) { context, node in context.icmp(node, hasTypes) }
            rule.v1Spelling.formUnion(name == .exclamationICMP && rule.notICMP != nil ? .exclamationMark : [])
        }
        let hasPorts = isUnreadable || rule.protocol?.hasPorts ?? false
        rule.source =
            read(fields, .source) { context, node in context.entity(node, format, hasPorts) } ?? EntityRule()
        rule.destination =
            read(fields, .destination) { context, node in context.entity(node, format, hasPorts) } ?? EntityRule()
        rule.annotations =
            read(fields, .metadata) { context, node in
                let fields = context.fields(of: node, as: RuleMetadataField.self)
                context.refuse(fields)
                return context.read(fields, .annotations) { context, node in context.annotations(node) }
            } ?? [:]
        refuse(fields, RuleField.unenforced, known: known)
        if errorCount == errorsBefore, let contradiction = rule.contradiction {
            // A profile with such a rule was accepted before there were policies, and closes what it did not mean to
            // open; a policy that misses its purpose leaves open what it was to close.
            switch owner {
            case .policy: error(node, "matches nothing: \(contradiction)")
            case .profile: warning(node, "matches nothing: \(contradiction)")
            }
        }
        return rule
    }

    // MARK: Fields

    private static func actions(_ format: Profile.Format) -> String {
        format == .v3 ? "Allow, Deny, Log or Pass" : "allow, deny, log or pass"
    }

    private mutating func readAction(_ node: YAMLNode, _ format: Profile.Format, into rule: inout Rule) {
        guard let text = text(node) else { return }
        let name = text.lowercased()
        if let action = Rule.Action.allCases.first(where: { $0.rawValue.lowercased() == name }) {
            rule.action = action
        } else if format == .v1, name == "next-tier" {
            rule.action = .pass
            rule.v1Spelling.formUnion(.nextTier)
        } else {
            error(node, InvalidValue(kind: "action", text: text, accepted: Self.actions(format)).message)
        }
    }

    private mutating func ipProtocol(_ node: YAMLNode) -> IPProtocol? {
        value(node) { text throws(InvalidValue) in try IPProtocol(parsing: text) }
    }

    /// Calico refuses a family that the rule's protocol does not have (libcalico-go's `validateRule`), negated or not.
    private mutating func ipVersion(_ node: YAMLNode, _ rule: Rule) -> IPFamily? {
        let family = value(node) { text throws(InvalidValue) -> IPFamily in
            switch text {
            case "4": return .v4
            case "6": return .v6
            default: throw InvalidValue(kind: "IP version", text: text, accepted: "4 or 6")
            }
        }
        guard let family else { return nil }
        for named in [rule.protocol, rule.notProtocol] {
            guard let named, let only = named.family, only != family else { continue }
            error(
                node,
                "\(family.name) has no protocol \(named): write \(only == .v4 ? "4" : "6"), or leave ipVersion out")
        }
        return family
    }

    /// - Parameter hasTypes: Whether the rule's protocol has types. Calico demands that of `icmp` only, but what
    ///   `notICMP` would mean without it is nowhere said, and the kernel refuses what Felix renders for it.
    private mutating func icmp(_ node: YAMLNode, _ hasTypes: Bool) -> ICMPFields? {
        let fields = fields(of: node, as: ICMPField.self)
        guard fields.isMapping else { return nil }
        refuse(fields)
        if !hasTypes, !node.isEmpty {
            error(node, "only a rule with protocol ICMP or ICMPv6 can match types and codes")
        }
        let code = read(fields, .code) { context, node in context.integer(node, in: 0...255, as: "ICMP code") }
        let read = { (context: inout DecodingContext, node: YAMLNode) in
            context.integer(node, in: 0...254, as: "ICMP type")
        }
        let type =
            fields[.code] == nil
            ? self.read(fields, .type, read) : require(fields, .type, "a code belongs to a type, from 0 to 254", read)
        return type.map { ICMPFields(type: UInt8($0), code: code.map { UInt8($0) }) }
    }
}
