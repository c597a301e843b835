import NetworkValues
import Nftables
import Policy
import Resources

/// What a packet must be to match a rule, in nft's terms.
enum RuleConditions {
    /// Statements, one list for each nft rule that stands for a part of the rule; no packet matches two of them.
    ///
    /// There is one for each family that the rule's fields leave, if a field means something else in each, and one for
    /// both families otherwise. A family to which nothing of a list of networks belongs has none, as in Felix: allowing
    /// `10.0.0.0/8` is not to allow all of IPv6.
    static func alternatives(
        of resolved: ResolvedRule, _ kind: (MemberSet) -> MemberSet.Kind,
        _ bundle: inout ObjectBundle
    ) -> [[Statement]] {
        let rule = resolved.rule
        guard rule.notProtocol == nil || rule.notProtocol != rule.protocol else { return [] }
        let families = rule.families
        let networks = [rule.source, rule.destination].flatMap { $0.nets + $0.notNets }
        guard families != IPFamily.allCases || !networks.isEmpty || !resolved.sets.isEmpty else {
            return conditions(of: resolved, nil, kind, &bundle)
        }
        return families.flatMap { conditions(of: resolved, $0, kind, &bundle) }
    }

    /// The conditions within one family, or for both.
    ///
    /// The protocol stands before the family: nft 1.0.6 hides a `meta nfproto` that precedes `meta l4proto icmp`, and
    /// what it lists would then mean less than what is in the kernel.
    private static func conditions(
        of resolved: ResolvedRule, _ family: IPFamily?, _ kind: (MemberSet) -> MemberSet.Kind,
        _ bundle: inout ObjectBundle
    ) -> [[Statement]] {
        let rule = resolved.rule
        guard let alternatives = ports(of: resolved, family, kind, &bundle) else { return [] }
        let addresses = family.map { self.addresses(of: resolved, $0, kind, &bundle) } ?? []
        return messages(of: rule).flatMap { message in
            alternatives.map { ports in
                // nft derives the protocol from whatever is matched of its header, and the family from an address or ICMP.
                var statements: [Statement] = []
                if let number = rule.protocol?.rawValue {
                    if ports.numbers.isEmpty, ports.names.isEmpty, message.isEmpty {
                        statements.append(.equal(.transportProtocol, Value(octet: number)))
                    }
                } else if let number = rule.notProtocol?.rawValue {
                    statements.append(.match(.notEqual(.transportProtocol, Value(octet: number))))
                }
                if let family, addresses.isEmpty, message.isEmpty, ports.names.isEmpty, ports.notNames.isEmpty {
                    let number = family == .v4 ? Value.nfprotoIPv4 : .nfprotoIPv6
                    statements.append(.equal(.networkProtocol, number))
                }
                return statements + addresses + ports.numbers + ports.names + ports.notNames + message
            }
        }
    }

    // MARK: Addresses

    private static func addresses(
        of resolved: ResolvedRule, _ family: IPFamily, _ kind: (MemberSet) -> MemberSet.Kind,
        _ bundle: inout ObjectBundle
    ) -> [Statement] {
        let rule = resolved.rule
        let (source, destination): (Field, Field) =
            family == .v4 ? (.ipv4Source, .ipv4Destination) : (.ipv6Source, .ipv6Destination)
        return networks(rule.source.nets, family, source, isInverted: false, &bundle)
            + networks(rule.source.notNets, family, source, isInverted: true, &bundle)
            + networks(rule.destination.nets, family, destination, isInverted: false, &bundle)
            + networks(rule.destination.notNets, family, destination, isInverted: true, &bundle)
            + members(of: resolved.source, family, kind, isSource: true)
            + members(of: resolved.destination, family, kind, isSource: false)
    }

    private static func members(
        of end: ResolvedRule.End, _ family: IPFamily, _ kind: (MemberSet) -> MemberSet.Kind, isSource: Bool
    ) -> [Statement] {
        end.sets.map { $0.lookup(family, kind($0), isSource: isSource, isInverted: false) }
            + end.notSets.map { $0.lookup(family, kind($0), isSource: isSource, isInverted: true) }
    }

    private static func networks(
        _ networks: [IPPrefix], _ family: IPFamily, _ field: Field, isInverted: Bool, _ bundle: inout ObjectBundle
    ) -> [Statement] {
        let networks = networks.filter { $0.family == family }
        guard networks.count > 1 else {
            return networks.map { .match(.network(field, $0, isInverted: isInverted)) }
        }
        let set = bundle.contentSet(
            Intervals(networks, family: family), family == .v4 ? .ipv4Address : .ipv6Address,
            named: family == .v4 ? "nets4" : "nets6")
        return [.match(.inSet([field], set, isInverted: isInverted))]
    }

    // MARK: Ports

    /// Conditions on both ports, by what nft derives from them.
    private struct Ports {
        /// From these, the protocol.
        var numbers: [Statement] = []
        /// From these the family; they ask for the protocol themselves.
        var names: [Statement] = []
        /// From these the family.
        var notNames: [Statement] = []

        static func + (left: Self, right: Self) -> Self {
            Ports(
                numbers: left.numbers + right.numbers, names: left.names + right.names,
                notNames: left.notNames + right.notNames)
        }
    }

    /// - Returns: `nil` when no packet has such ports: a negation leaves none, or the protocol has none. Several where a
    ///   list has numbers and names: a name says another number of each endpoint, and no set of nft's holds both.
    private static func ports(
        of resolved: ResolvedRule, _ family: IPFamily?, _ kind: (MemberSet) -> MemberSet.Kind,
        _ bundle: inout ObjectBundle
    ) -> [Ports]? {
        let rule = resolved.rule
        guard let transport = rule.protocol.flatMap({ TransportHeader(rawValue: $0.rawValue) }) else {
            let sides = [rule.source, rule.destination]
            return sides.allSatisfy { $0.ports.isEmpty && $0.notPorts.isEmpty } ? [Ports()] : nil
        }
        var alternatives = [Ports()]
        for (side, end, field, isSource) in [
            (rule.source, resolved.source, Field.sourcePort(transport), true),
            (rule.destination, resolved.destination, .destinationPort(transport), false),
        ] {
            guard Intervals(side.notPorts.ranges).ranges != [0...0xffff] else { return nil }
            func named(_ set: MemberSet?, isInverted: Bool) -> [Statement] {
                guard let set, let family else { return [] }
                return [set.lookup(family, kind(set), isSource: isSource, isInverted: isInverted)]
            }
            let excluded = Ports(
                numbers: ports(side.notPorts.ranges, field, isInverted: true, &bundle),
                notNames: named(end.notPorts, isInverted: true))
            let numbers = side.ports.ranges
            var own = [Ports(numbers: ports(numbers, field, isInverted: false, &bundle))]
            if let names = end.ports {
                let byName = Ports(
                    numbers: ports(numbers, field, isInverted: true, &bundle), names: named(names, isInverted: false))
                own = numbers.isEmpty ? [byName] : own + [byName]
            }
            alternatives = alternatives.flatMap { former in own.map { former + $0 + excluded } }
        }
        return alternatives
    }

    private static func ports(
        _ ports: [PortRange], _ field: Field, isInverted: Bool, _ bundle: inout ObjectBundle
    ) -> [Statement] {
        guard ports.count > 1 else {
            return ports.map { range in
                guard range.lowerBound == range.upperBound else {
                    return .match(.range(field, range, isInverted: isInverted))
                }
                let port = Value(bigEndian: range.lowerBound)
                return .match(isInverted ? .notEqual(field, port) : .equal(field, port))
            }
        }
        let set = bundle.contentSet(Intervals(ports), .inetService, named: "ports")
        return [.match(.inSet([field], set, isInverted: isInverted))]
    }

    // MARK: ICMP

    /// The conditions on an ICMP message: `not (type and code)` is another type, or this type with another code, and
    /// an nft rule can say only one of them.
    private static func messages(of rule: Resources.Rule) -> [[Statement]] {
        guard rule.icmp != nil || rule.notICMP != nil else { return [[]] }
        let (type, code): (Field, Field)
        switch rule.protocol {
        case .icmp: (type, code) = (.icmpType, .icmpCode)
        case .icmpv6: (type, code) = (.icmpv6Type, .icmpv6Code)
        default: return []
        }
        func equal(_ field: Field, _ number: UInt8) -> Statement { .equal(field, Value(octet: number)) }
        func notEqual(_ field: Field, _ number: UInt8) -> Statement { .match(.notEqual(field, Value(octet: number))) }
        let wanted = rule.icmp.map { fields in
            [equal(type, fields.type)] + (fields.code.map { [equal(code, $0)] } ?? [])
        }
        guard let excluded = rule.notICMP else { return [wanted ?? []] }
        guard let icmp = rule.icmp, let wanted else {
            let otherType = [notEqual(type, excluded.type)]
            guard let excludedCode = excluded.code else { return [otherType] }
            return [otherType, [equal(type, excluded.type), notEqual(code, excludedCode)]]
        }
        guard icmp.type == excluded.type else { return [wanted] }
        guard let excludedCode = excluded.code else { return [] }
        guard let wantedCode = icmp.code else { return [wanted + [notEqual(code, excludedCode)]] }
        return wantedCode == excludedCode ? [] : [wanted]
    }
}

extension ObjectBundle {
    /// Adds a set named after its content: equal lists share one set, and a set never changes.
    /// - Returns: Its name.
    fileprivate mutating func contentSet(_ intervals: Intervals, _ type: DataType, named prefix: String) -> String {
        let elements = intervals.elements
        var hash = StableHash()
        for element in elements {
            hash.combine(element.key.bytes)
            hash.combine([element.isIntervalEnd ? 1 : 0])
        }
        let name = "\(prefix)-\(hash.text)"
        contentSets[SetID(.margay, name)] = ContentSet(
            definition: NamedSet(name, key: KeyType([type]), isInterval: true), elements: elements)
        return name
    }
}
