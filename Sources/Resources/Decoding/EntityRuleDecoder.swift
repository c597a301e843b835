import NetworkValues

private enum EntityField: String, FieldName {
    static let table = FieldTable<Self>()
    case nets, notNets, ports, notPorts
    // The older format's fields for one network, and its negations before Calico 2.0.
    case net, notNet
    case exclamationNets = "!nets"
    case exclamationNet = "!net"
    case exclamationPorts = "!ports"
    // By what lies behind the address.
    case selector, notSelector, namespaceSelector, serviceAccounts, services
    // The same in the older format.
    case tag, notTag
    case exclamationTag = "!tag"
    case exclamationSelector = "!selector"

    static let unenforced: [(name: Self, reason: String)] =
        [
            (
                .services,
                "Kubernetes' Services are not read: name the endpoints behind the service by a selector, or its networks"
            )
        ]
        + [.tag, .notTag, .exclamationTag].map { name in
            (
                name,
                "tags of rules are not read: write \(name == .tag ? "selector" : "notSelector"): has(…), for a profile's tags are "
                    + "labels of its endpoints"
            )
        }
    private static let v3Only: [Self] = [.namespaceSelector, .serviceAccounts, .services]
    private static let v1Only: [Self] = [
        .net, .notNet, .exclamationNets, .exclamationNet, .exclamationPorts, .tag, .notTag, .exclamationTag,
        .exclamationSelector,
    ]

    static func known(in format: Profile.Format) -> [Self] {
        allCases.filter { !(format == .v3 ? v1Only : v3Only).contains($0) }
    }

    var v1Spelling: V1Spelling {
        switch self {
        case .net: .net
        case .notNet: .notNet
        case .exclamationNet: [.exclamationMark, .notNet]
        case .exclamationNets, .exclamationPorts, .exclamationSelector: .exclamationMark
        default: []
        }
    }
}

private enum ServiceAccountField: String, FieldName {
    static let table = FieldTable<Self>()
    case names, selector
}

/// One end of a rule.
extension DecodingContext {
    mutating func entity(_ node: YAMLNode, _ format: Profile.Format, _ hasPorts: Bool) -> EntityRule {
        let known = EntityField.known(in: format)
        let fields = fields(of: node, as: EntityField.self, known: known)
        var entity = EntityRule()
        if let name = only(fields, [.nets, .net]) {
            entity.nets = networks(fields, name)
            entity.v1Spelling.formUnion(name.v1Spelling)
        }
        if let name = only(fields, [.notNets, .notNet, .exclamationNets, .exclamationNet]) {
            entity.notNets = networks(fields, name)
            entity.v1Spelling.formUnion(name.v1Spelling)
        }
        entity.ports = rulePorts(fields, .ports, hasPorts)
        if let name = only(fields, [.notPorts, .exclamationPorts]) {
            entity.notPorts = rulePorts(fields, name, hasPorts)
            entity.v1Spelling.formUnion(name.v1Spelling)
        }
        entity.selector = read(fields, .selector) { context, node in context.selector(node) }
        if let name = only(fields, [.notSelector, .exclamationSelector]) {
            entity.notSelector = read(fields, name) { context, node in context.selector(node) }
            entity.v1Spelling.formUnion(entity.notSelector == nil ? [] : name.v1Spelling)
        }
        entity.namespaceSelector = read(fields, .namespaceSelector) { context, node in
            context.selector(node, isGlobalAllowed: true)
        }
        entity.serviceAccounts = read(fields, .serviceAccounts) { context, node in context.serviceAccounts(node) }
        refuse(fields, EntityField.unenforced, known: known)
        return entity
    }

    /// `nil` where neither names nor a selector are given: that says nothing, in Calico too.
    private mutating func serviceAccounts(_ node: YAMLNode) -> ServiceAccountMatch? {
        let fields = fields(of: node, as: ServiceAccountField.self)
        guard fields.isMapping else { return nil }
        refuse(fields)
        var match = ServiceAccountMatch()
        var lines = FirstLines<String>()
        match.names =
            read(fields, .names) { context, node in
                context.list(node, of: "names of service accounts") { context, item in
                    let name = context.value(item, Names.name)
                    context.warnOfRepetition(of: name, item, &lines)
                    return name
                }
            } ?? []
        match.selector = read(fields, .selector) { context, node in context.selector(node) }
        return match == ServiceAccountMatch() ? nil : match
    }

    private mutating func networks(_ fields: Fields<EntityField>, _ name: EntityField) -> [IPPrefix] {
        read(fields, name) { context, node in
            switch name {
            case .net, .notNet, .exclamationNet: context.network(node).map { [$0] }
            default: context.list(node, of: "IP networks") { context, item in context.network(item) }
            }
        } ?? []
    }

    private mutating func rulePorts(
        _ fields: Fields<EntityField>, _ name: EntityField, _ hasPorts: Bool
    ) -> [RulePort] {
        read(fields, name) { context, node in
            let ports = context.list(node, of: "ports") { context, item in context.rulePort(item) }
            if !ports.isEmpty, !hasPorts {
                context.error(node, "only a rule with protocol TCP, UDP or SCTP can match ports")
            }
            return ports
        } ?? []
    }

    private mutating func rulePort(_ node: YAMLNode) -> RulePort? {
        guard let text = text(node) else { return nil }
        if Names.isPortName(text) { return .name(text) }
        do {
            return .range(try PortRange(parsing: text))
        } catch {
            self.error(node, "\(error.message), or the name of a port")
            return nil
        }
    }
}
