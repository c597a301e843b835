public import NetworkValues

extension Rule {
    /// The families of which a packet can match. Networks of one family alone leave only that one, ICMP is IPv4's and
    /// ICMPv6 is IPv6's; a negated /0 leaves nothing of its family.
    public var families: [IPFamily] {
        IPFamily.allCases.filter { family in familyConditions.allSatisfy { $0.families.contains(family) } }
    }

    /// A field that narrows the rule to some families.
    struct FamilyCondition {
        /// As a path from the rule.
        let field: String
        let families: Set<IPFamily>
    }

    /// In the order in which people look at a rule; only the fields that leave a family out.
    var familyConditions: [FamilyCondition] {
        let conditions = [
            FamilyCondition(field: "ipVersion", families: ipVersion.map { [$0] } ?? Self.every),
            FamilyCondition(field: "protocol", families: `protocol`?.family.map { [$0] } ?? Self.every),
            FamilyCondition(field: "source.nets", families: Self.families(of: source.nets)),
            FamilyCondition(field: "source.notNets", families: Self.families(without: source.notNets)),
            FamilyCondition(field: "destination.nets", families: Self.families(of: destination.nets)),
            FamilyCondition(field: "destination.notNets", families: Self.families(without: destination.notNets)),
        ]
        return conditions.filter { $0.families != Self.every }
    }

    private static let every = Set(IPFamily.allCases)

    private static func families(of nets: [IPPrefix]) -> Set<IPFamily> {
        nets.isEmpty ? every : Set(nets.map(\.family))
    }

    private static func families(without notNets: [IPPrefix]) -> Set<IPFamily> {
        every.subtracting(notNets.filter { $0.length == 0 }.map(\.family))
    }

    /// Why no packet can match the rule; `nil` where one can. Not every such rule is found out: ports and networks are
    /// not weighed against their negations.
    var contradiction: String? {
        if families.isEmpty {
            let conditions = familyConditions.map { condition in
                "\(condition.field) \(condition.families.first.map { "leaves only \($0.name)" } ?? "leaves nothing")"
            }
            return conditions.joined(separator: ", ")
        }
        if let notProtocol, notProtocol == `protocol` {
            return "protocol and notProtocol are the same"
        }
        if let icmp, let notICMP, icmp.type == notICMP.type, notICMP.code == nil || notICMP.code == icmp.code {
            return "notICMP excludes all that icmp names"
        }
        return nil
    }
}

extension IPProtocol {
    /// The only family that has the protocol.
    var family: IPFamily? {
        switch self {
        case .icmp: .v4
        case .icmpv6: .v6
        default: nil
        }
    }
}
