package import NetworkValues
import Nftables

/// A network at the interface whose endpoint has it; a single address is a network of its own.
package struct EndpointNetwork: Hashable, Sendable {
    /// By name: endpoints outlive the interfaces that bear it.
    package let interface: String
    package let network: IPPrefix

    package init(_ interface: String, _ network: IPPrefix) {
        self.interface = interface
        self.network = network
    }

    /// What an element of the source filter's hash sets says: such an address may be sent from there. The MAC in it is
    /// left out, since the same address under another MAC is still the same endpoint's. `nil` for all other elements.
    init?(source id: ElementID) {
        guard id.set.table == .margay, let offset = Self.addressOffsets[id.set.name], id.key.bytes.count > offset,
            let address = IPAddress(octets: id.key.bytes[offset...])
        else { return nil }
        interface = id.key.interfaceName
        network = IPPrefix(host: address)
    }

    /// Where the address stands in the keys of the source filter's sets: behind the interface, and the MAC in eight bytes.
    private static let addressOffsets: [String: Int] = {
        let (name, mac) = (DataType.interfaceName.registerLength, DataType.etherAddress.registerLength)
        return [
            KnownSet.source4.name: name + mac, KnownSet.source6.name: name + mac, KnownSet.bare4.name: name,
            KnownSet.bare6.name: name,
        ]
    }()
}

/// Whose an address is, by the most specific network that contains it.
struct AddressOwners {
    private var addresses: [IPAddress: String] = [:]
    /// The most specific first.
    private var networks: [EndpointNetwork] = []

    init(_ owned: some Sequence<EndpointNetwork>) {
        for item in owned {
            if item.network.isHost {
                addresses[item.network.address] = item.interface
            } else {
                networks.append(item)
            }
        }
        networks.sort { $0.network.length > $1.network.length }
    }

    func owner(of address: IPAddress) -> EndpointNetwork? {
        if let interface = addresses[address] { return EndpointNetwork(interface, IPPrefix(host: address)) }
        return networks.first { $0.network.contains(address) }
    }
}
