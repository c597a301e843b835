import NetworkValues

private enum EntityField: String, FieldName {
    case nets, notNets, ports, notPorts
    // The older format's fields for one network, and its negations before Calico 2.0.
    case net, notNet
    case exclamationNets = "!nets"
    case exclamationNet = "!net"
    case exclamationPorts = "!ports"
    // What needs to know other endpoints; not enforced yet.
    case selector, notSelector, namespaceSelector, serviceAccounts, services
    // The same in the older format.
    case tag, notTag
    case exclamationTag = "!tag"
    case exclamationSelector = "!selector"

    static let unenforced: [Self] = [
        .selector, .notSelector, .namespaceSelector, .serviceAccounts, .services, .tag, .notTag, .exclamationTag,
        .exclamationSelector,
    ]
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
        case .exclamationNets, .exclamationPorts: .exclamationMark
        default: []
        }
    }
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
        entity.ports = portRanges(fields, .ports, hasPorts).map { .range($0) }
        if let name = only(fields, [.notPorts, .exclamationPorts]) {
            entity.notPorts = portRanges(fields, name, hasPorts).map { .range($0) }
            entity.v1Spelling.formUnion(name.v1Spelling)
        }
        refuse(fields, EntityField.unenforced, known: known)
        return entity
    }

    private mutating func networks(_ fields: Fields<EntityField>, _ name: EntityField) -> [IPPrefix] {
        read(fields, name) { context, node in
            switch name {
            case .net, .notNet, .exclamationNet: context.network(node).map { [$0] }
            default: context.list(node, of: "IP networks") { context, item in context.network(item) }
            }
        } ?? []
    }

    private mutating func portRanges(
        _ fields: Fields<EntityField>, _ name: EntityField, _ hasPorts: Bool
    ) -> [PortRange] {
        read(fields, name) { context, node in
            let ports = context.list(node, of: "ports") { context, item in context.portRange(item) }
            if !ports.isEmpty, !hasPorts {
                context.error(node, "only a rule with protocol TCP, UDP or SCTP can match ports")
            }
            return ports
        } ?? []
    }

    private mutating func portRange(_ node: YAMLNode) -> PortRange? {
        guard let text = text(node) else { return nil }
        do {
            return try PortRange(parsing: text)
        } catch {
            let hasLetters = text.utf8.contains { isLetterOrDigit($0) && $0 > UInt8(ascii: "9") }
            let isName = hasLetters && (try? Names.name(text)) != nil
            self.error(
                node,
                isName
                    ? "named port \"\(excerpt(text))\" is not supported by this version yet: numbers and ranges only"
                    : error.message)
            return nil
        }
    }
}
