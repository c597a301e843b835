import NetworkValues
import Nftables
import Policy
import Resources

/// A set of what selectors select, as the kernel's sets: one for each family.
///
/// Single addresses are hashed; a set has no size, so that it grows in place and no rule is ever written anew for a
/// member. Networks are kept as ranges of a concatenation, whose ranges the kernel changes in place, too: of a plain
/// interval set it takes the bounds for overlapping while they move.
extension MemberSet {
    /// The name of the family's set. Another kind is another set.
    func name(_ family: IPFamily, _ kind: Kind) -> String {
        let prefix =
            switch kind {
            case .addresses: "sel"
            case .networks: "selnet"
            case .ports: "selport"
            }
        return "\(prefix)\(family == .v4 ? 4 : 6)-\(hash)"
    }

    private var hash: String {
        var hash = StableHash()
        hash.combine(selector)
        for text in ports.map({ [$0.protocol.rawValue] + $0.names }) ?? [] { hash.combine(text) }
        return hash.text
    }

    func id(_ family: IPFamily, _ kind: Kind) -> SetID { SetID(.margay, name(family, kind)) }

    func definition(_ family: IPFamily, _ kind: Kind) -> NamedSet {
        let address: DataType = family == .v4 ? .ipv4Address : .ipv6Address
        return switch kind {
        case .addresses: NamedSet(name(family, kind), key: [address])
        case .networks: NamedSet(name(family, kind), key: [.networkProtocol, address], isInterval: true)
        case .ports: NamedSet(name(family, kind), key: [address, .inetProtocol, .inetService])
        }
    }

    /// Whether the address of that field, and with ports the field's port, is in the set.
    func lookup(_ family: IPFamily, _ kind: Kind, isSource: Bool, isInverted: Bool) -> Statement {
        let address: Field
        switch family {
        case .v4: address = isSource ? .ipv4Source : .ipv4Destination
        case .v6: address = isSource ? .ipv6Source : .ipv6Destination
        }
        let fields: [Field] =
            switch kind {
            case .addresses: [address]
            case .networks: [.networkProtocol, address]
            case .ports: [address, .transportProtocol, isSource ? .anySourcePort : .anyDestinationPort]
            }
        return .match(.inSet(fields, name(family, kind), isInverted: isInverted))
    }
}

extension MemberSet.Member {
    var family: IPFamily {
        switch self {
        case .network(let network): network.family
        case .port(let address, _, _): address.family
        }
    }

    func element(_ kind: MemberSet.Kind) -> Element {
        switch self {
        case .network(let network) where kind == .networks:
            let family = network.family == .v4 ? Value.nfprotoIPv4 : .nfprotoIPv6
            // A single address is a range too, or the kernel would take its element for one of a plain set.
            return Element(
                ElementKey([family, Value(network.address)]), through: ElementKey([family, Value(network.lastAddress)]))
        case .network(let network): return Element(ElementKey([Value(network.address)]))
        case .port(let address, let transport, let port):
            return Element(
                ElementKey([
                    Value(address), Value(octet: transport.ipProtocol.rawValue), Value(bigEndian: port),
                ]))
        }
    }
}

extension SetID {
    /// Whether rules of policies or profiles look it up, rather than the skeleton.
    var isOfRules: Bool { table == .margay && known == nil }
}
