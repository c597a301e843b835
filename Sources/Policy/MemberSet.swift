package import NetworkValues
package import Resources

/// What a rule may ask for by selectors: the addresses of what is selected, or those of its ports under some names.
///
/// Rules that ask for the same share one set. Its identity says nothing of who is in it.
package struct MemberSet: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Names of ports, for one protocol.
    package struct NamedPorts: Hashable, Sendable {
        /// In order, each once.
        package let names: [String]
        package let `protocol`: TransportProtocol

        package init(names: some Sequence<String>, protocol: TransportProtocol) {
            self.names = Set(names).sorted()
            self.protocol = `protocol`
        }
    }

    /// The canonical text of a selector over all labels, those of namespaces and service accounts among them.
    package let selector: String
    /// With: address, protocol and port of each port with one of the names. Without: addresses and networks.
    package let ports: NamedPorts?

    package init(selector: String, ports: NamedPorts? = nil) {
        self.selector = selector
        self.ports = ports
    }

    /// What the kernel's set must be able to hold.
    package enum Kind: Hashable, Sendable {
        /// Single addresses.
        case addresses
        /// Networks of any size: a network set is selected. They do not overlap.
        case networks
        /// An address, a protocol and a port.
        case ports
    }

    /// One of the set.
    package enum Member: Hashable, Sendable {
        /// A single address unless the set's kind is ``Kind/networks``.
        case network(IPPrefix)
        case port(IPAddress, TransportProtocol, UInt16)
    }

    package var description: String {
        guard let ports else { return selector }
        return "\(ports.protocol.rawValue) ports \(ports.names.joined(separator: ", ")) of \(selector)"
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.selector, left.ports?.protocol.rawValue ?? "", left.ports?.names.joined(separator: ",") ?? "")
            < (right.selector, right.ports?.protocol.rawValue ?? "", right.ports?.names.joined(separator: ",") ?? "")
    }
}
