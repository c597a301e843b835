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
    init?(source element: Element, of set: KnownSet) {
        guard let offset = set.addressOffset, element.key.count > offset,
            let address = element.key.withUnsafeBytes({ IPAddress(octets: $0[offset...]) })
        else { return nil }
        interface = element.key.interfaceName
        network = IPPrefix(host: address)
    }
}

extension KnownSet {
    /// The source filter's hash sets, which name an address after the interface.
    static let sources: [KnownSet] = [.source4, .source6, .bare4, .bare6]

    /// Where the address stands in the keys of those: behind the interface, and the MAC in eight bytes.
    var addressOffset: Int? {
        switch self {
        case .source4, .source6: 24
        case .bare4, .bare6: 16
        default: nil
        }
    }
}

/// The addresses that endpoints may send from, each at its interface.
struct EndpointAddresses: Sendable {
    /// Interface and address as a key, by the address's family: two lengths.
    private var addresses4 = ElementTable()
    private var addresses6 = ElementTable()
    /// How many elements more than one say so.
    private var more: [ElementKey: Int] = [:]

    /// - Parameters:
    ///   - key: Of an element that is wanted now.
    ///   - offset: Where the address stands in it.
    mutating func insert(_ key: ElementKey, _ offset: Int) {
        let key = Self.key(key, offset)
        let isNew = key.count == 20 ? addresses4.want(new: key) : addresses6.want(new: key)
        if !isNew { more[key, default: 0] += 1 }
    }

    mutating func remove(_ key: ElementKey, _ offset: Int) {
        let key = Self.key(key, offset)
        guard let count = more[key] else {
            return key.count == 20 ? addresses4.setDesired(nil, for: key) : addresses6.setDesired(nil, for: key)
        }
        more[key] = count == 1 ? nil : count - 1
    }

    func contains(_ network: EndpointNetwork) -> Bool {
        guard let name = try? InterfaceName(parsing: network.interface) else { return false }
        var key = ElementKey()
        key.append(name)
        key.append(network.network.address)
        return contains(key)
    }

    var networks: [EndpointNetwork] {
        [addresses4, addresses6].flatMap { table in
            table.rows.filter { table.state(at: $0).isWanted }
                .compactMap { EndpointNetwork(source: Element(table.key(at: $0)), of: .bare4) }
        }
    }

    private func contains(_ key: ElementKey) -> Bool {
        key.count == 20 ? addresses4.row(key) != nil : addresses6.row(key) != nil
    }

    /// Without what stands between interface and address.
    private static func key(_ key: ElementKey, _ offset: Int) -> ElementKey {
        key.withUnsafeBytes { bytes in
            var short = ElementKey(bytes: UnsafeRawBufferPointer(rebasing: bytes[..<16]))
            short.append(UnsafeRawBufferPointer(rebasing: bytes[offset...]))
            return short
        }
    }
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
