import NetworkValues
import Nftables
package import Resources

/// A profile's rules as chains that all policy groups with that profile jump to.
package enum ProfileRenderer {
    /// The chain's name; the kernel takes 127 bytes, a profile's name may be longer.
    static func chain(of profile: String, _ direction: TrafficDirection) -> String {
        guard profile.utf8.count > 90 else { return "profile-\(profile)-\(direction.rawValue)" }
        var hash = StableHash()
        hash.combine(profile)
        return "profile-\(profile.prefix(60))..\(hash.text)-\(direction.rawValue)"
    }

    package static func bundle(of profile: Profile) -> ObjectBundle {
        var bundle = ObjectBundle()
        for (direction, rules) in [(TrafficDirection.ingress, profile.ingress), (.egress, profile.egress)] {
            var rendered: [Nftables.Rule] = []
            for (index, rule) in rules.enumerated() {
                let label = comment("profile \(profile.metadata.name) \(direction.rawValue)[\(index)]")
                rendered += render(rule, direction, label: label, &bundle)
            }
            bundle.add(ChainDefinition(.margay, chain(of: profile.metadata.name, direction), rendered))
        }
        return bundle
    }

    /// One rule for each family that the rule's networks leave it; one for both when it names none.
    private static func render(
        _ rule: Resources.Rule, _ direction: TrafficDirection, label: String, _ bundle: inout ObjectBundle
    ) -> [Nftables.Rule] {
        let sides = [rule.source.nets, rule.destination.nets].filter { !$0.isEmpty }
        let families: [IPFamily?] =
            sides.isEmpty
            ? [nil] : IPFamily.allCases.filter { family in sides.allSatisfy { $0.contains { $0.family == family } } }
        return families.map { family in
            var statements: [Statement] = []
            let transport = rule.protocol.flatMap { TransportHeader(rawValue: $0.rawValue) }
            if let number = rule.protocol?.rawValue, rule.source.ports.isEmpty, rule.destination.ports.isEmpty {
                statements.append(.equal(.transportProtocol, Value(octet: number)))
            }
            if let family {
                let (source, destination): (Field, Field) =
                    family == .v4 ? (.ipv4Source, .ipv4Destination) : (.ipv6Source, .ipv6Destination)
                statements += networks(rule.source.nets, family, source, &bundle)
                statements += networks(rule.destination.nets, family, destination, &bundle)
            }
            if let transport {
                statements += ports(rule.source.ports, .sourcePort(transport), &bundle)
                statements += ports(rule.destination.ports, .destinationPort(transport), &bundle)
            }
            statements.append(.counter)
            switch rule.action {
            case .allow: statements.append(.accept)
            case .deny: statements.append(.goto(direction.denial))
            }
            return Nftables.Rule(statements, comment: label)
        }
    }

    private static func networks(
        _ networks: [IPPrefix], _ family: IPFamily, _ field: Field, _ bundle: inout ObjectBundle
    ) -> [Statement] {
        let networks = networks.filter { $0.family == family }
        guard networks.count > 1 else { return networks.map { .match(.network(field, $0)) } }
        let type: DataType = family == .v4 ? .ipv4Address : .ipv6Address
        let set = contentSet(
            Intervals(networks, family: family), type, named: family == .v4 ? "nets4" : "nets6", &bundle)
        return [.match(.inSet([field], set))]
    }

    private static func ports(
        _ ports: [PortRange], _ field: Field, _ bundle: inout ObjectBundle
    ) -> [Statement] {
        guard ports.count > 1 else {
            return ports.map { range in
                range.lowerBound == range.upperBound
                    ? .equal(field, Value(bigEndian: range.lowerBound)) : .match(.range(field, range))
            }
        }
        return [.match(.inSet([field], contentSet(Intervals(ports), .inetService, named: "ports", &bundle)))]
    }

    /// A set named after its content: equal lists share one set, and a set never changes.
    private static func contentSet(
        _ intervals: Intervals, _ type: DataType, named prefix: String, _ bundle: inout ObjectBundle
    ) -> String {
        let elements = intervals.elements
        var hash = StableHash()
        for element in elements {
            hash.combine(element.key.bytes)
            hash.combine([element.isIntervalEnd ? 1 : 0])
        }
        let name = "\(prefix)-\(hash.text)"
        bundle.contentSets[SetID(.margay, name)] = ObjectBundle.ContentSet(
            definition: NamedSet(name, key: KeyType([type]), isInterval: true), elements: elements)
        return name
    }
}
