import NetworkValues
import Selectors

extension JSONWriter {
    /// A list of rules, unless it is empty.
    mutating func put(_ name: String, _ rules: [Rule], _ format: Profile.Format) {
        guard !rules.isEmpty else { return }
        self.name(name)
        array(rules) { writer, rule in
            writer.object { writer in
                writer.put(rule, format)
            }
        }
    }

    mutating func put(_ rule: Rule, _ format: Profile.Format) {
        let negation = Negation(rule.v1Spelling)
        member("action", rule.action.text(format, rule.v1Spelling))
        member("ipVersion", number: rule.ipVersion.map { $0 == .v4 ? 4 : 6 })
        member("protocol", rule.protocol, format)
        put("icmp", rule.icmp)
        member(negation.name("protocol"), rule.notProtocol, format)
        put(negation.name("icmp", "notICMP"), rule.notICMP)
        put("source", rule.source)
        put("destination", rule.destination)
        guard !rule.annotations.isEmpty else { return }
        name("metadata")
        object { writer in writer.member("annotations", texts: rule.annotations) }
    }

    /// A protocol without a name is a number, as Calico's API has it.
    private mutating func member(_ name: String, _ protocol: IPProtocol?, _ format: Profile.Format) {
        if let text = `protocol`?.name {
            member(name, format == .v3 ? text : text.lowercased())
        } else {
            member(name, number: `protocol`?.rawValue)
        }
    }

    private mutating func put(_ name: String, _ fields: ICMPFields?) {
        guard let fields else { return }
        self.name(name)
        object { writer in
            writer.member("type", number: fields.type)
            writer.member("code", number: fields.code)
        }
    }

    private mutating func put(_ name: String, _ entity: EntityRule) {
        guard !entity.isEmpty else { return }
        let negation = Negation(entity.v1Spelling)
        self.name(name)
        object { writer in
            writer.put("net", entity.nets, isSingle: entity.v1Spelling.contains(.net))
            writer.put(negation.name("net"), entity.notNets, isSingle: entity.v1Spelling.contains(.notNet))
            writer.put("ports", entity.ports)
            writer.put(negation.name("ports"), entity.notPorts)
            writer.member("selector", entity.selector)
            writer.member(negation.name("selector"), entity.notSelector)
            writer.member("namespaceSelector", entity.namespaceSelector)
            guard let accounts = entity.serviceAccounts else { return }
            writer.name("serviceAccounts")
            writer.object { writer in
                writer.member("names", list: accounts.names)
                writer.member("selector", accounts.selector)
            }
        }
    }

    /// A list of networks, or the only one under the name that the older format has for it.
    private mutating func put(_ name: String, _ networks: [IPPrefix], isSingle: Bool) {
        if isSingle, networks.count == 1 {
            member(name, networks[0].description)
        } else {
            member("\(name)s", list: networks)
        }
    }

    private mutating func put(_ name: String, _ ports: [RulePort]) {
        guard !ports.isEmpty else { return }
        self.name(name)
        array(ports) { writer, port in writer.put(port) }
    }

    mutating func put(_ port: RulePort) {
        switch port {
        case .range(let range) where range.lowerBound == range.upperBound: raw(range.description)
        case .range(let range): string(range.description)
        case .name(let name): string(name)
        }
    }

    /// As somebody wrote it, unless it says nothing.
    mutating func member(_ name: String, _ selector: Selector?) {
        member(name, selector.flatMap { $0.text.isEmpty ? nil : $0.text })
    }
}

/// How the negation of a field is called.
private struct Negation {
    private let hasMark: Bool

    init(_ spelling: V1Spelling) {
        hasMark = spelling.contains(.exclamationMark)
    }

    /// - Parameter negation: The other name, where it is not `not` and the field's own.
    func name(_ field: String, _ negation: String? = nil) -> String {
        if hasMark { return "!\(field)" }
        return negation ?? "not\(field.prefix(1).uppercased())\(field.dropFirst())"
    }
}

extension Rule.Action {
    fileprivate func text(_ format: Profile.Format, _ spelling: V1Spelling) -> String {
        switch format {
        case .v3: rawValue
        case .v1: self == .pass && spelling.contains(.nextTier) ? "next-tier" : rawValue.lowercased()
        }
    }
}
