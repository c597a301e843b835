package import NetworkValues
package import Resources

/// Who owns an interface or an address that several endpoints name.
///
/// The oldest `creationTimestamp` wins, then the smallest namespace and name; a resource without a timestamp comes after
/// those that have one. One that yields comes after all that do not. An endpoint that lost its interface competes for no
/// address. Removing the winner promotes the next.
package struct Claims: Sendable {
    /// An endpoint's place in every contest; RFC 3339 timestamps of one zone sort as text.
    private struct Rank: Hashable, Comparable, Sendable {
        let yields: Bool
        let timestamp: String?
        let key: ResourceKey

        static func < (left: Self, right: Self) -> Bool {
            guard left.yields == right.yields else { return right.yields }
            return switch (left.timestamp, right.timestamp) {
            case (let first?, let second?) where first != second: first < second
            case (_?, nil): true
            case (nil, _?): false
            default: left.key < right.key
            }
        }
    }

    private var ranks: [ResourceKey: Rank] = [:]
    private var addresses: [ResourceKey: Set<IPPrefix>] = [:]
    private var interfaces: [ResourceKey: InterfaceName] = [:]
    /// Claimants, the winner first.
    private var interfaceClaims: [InterfaceName: [Rank]] = [:]
    private var addressClaims: [IPPrefix: [Rank]] = [:]

    package init() {}

    package func owner(of interface: InterfaceName) -> ResourceKey? { interfaceClaims[interface]?.first?.key }

    /// The owner of exactly this network; an address counts as a network of its own.
    package func owner(of network: IPPrefix) -> ResourceKey? { addressClaims[network]?.first?.key }

    /// Takes an endpoint's claims in place of its earlier ones, or withdraws them.
    /// - Parameter yields: Whether it loses every contest with an endpoint that does not.
    /// - Returns: The other endpoints whose ownership may have changed.
    package mutating func update(
        _ key: ResourceKey, to endpoint: WorkloadEndpoint?, yields: Bool = false
    ) -> Set<ResourceKey> {
        var affected: Set<ResourceKey> = []
        withdraw(key, &affected)
        if let endpoint {
            enter(key, endpoint, yields: yields, &affected)
        }
        affected.remove(key)
        return affected
    }

    private mutating func withdraw(_ key: ResourceKey, _ affected: inout Set<ResourceKey>) {
        guard let rank = ranks.removeValue(forKey: key), let interface = interfaces.removeValue(forKey: key) else {
            return
        }
        let wasOwner = owner(of: interface) == key
        Self.remove(rank, from: &interfaceClaims[interface])
        if wasOwner {
            leaveAddresses(rank, &affected)
        }
        addresses[key] = nil
        if wasOwner, let next = interfaceClaims[interface]?.first {
            affected.insert(next.key)
            enterAddresses(next, &affected)
        }
    }

    private mutating func enter(
        _ key: ResourceKey, _ endpoint: WorkloadEndpoint, yields: Bool, _ affected: inout Set<ResourceKey>
    ) {
        let rank = Rank(yields: yields, timestamp: endpoint.metadata.creationTimestamp, key: key)
        let interface = endpoint.interfaceName
        let former = interfaceClaims[interface]?.first
        ranks[key] = rank
        interfaces[key] = interface
        addresses[key] = Set(endpoint.ipNetworks + endpoint.ipNATs.map { IPPrefix(host: $0.externalIP) })
        Self.insert(rank, into: &interfaceClaims[interface])
        guard owner(of: interface) == key else { return }
        if let former {
            affected.insert(former.key)
            leaveAddresses(former, &affected)
        }
        enterAddresses(rank, &affected)
    }

    private mutating func enterAddresses(_ rank: Rank, _ affected: inout Set<ResourceKey>) {
        for address in addresses[rank.key] ?? [] {
            let former = addressClaims[address]?.first
            Self.insert(rank, into: &addressClaims[address])
            if let former, addressClaims[address]?.first != former {
                affected.insert(former.key)
            }
        }
    }

    private mutating func leaveAddresses(_ rank: Rank, _ affected: inout Set<ResourceKey>) {
        for address in addresses[rank.key] ?? [] {
            let wasOwner = addressClaims[address]?.first == rank
            Self.remove(rank, from: &addressClaims[address])
            if wasOwner, let next = addressClaims[address]?.first {
                affected.insert(next.key)
            }
        }
    }

    private static func insert(_ rank: Rank, into claimants: inout [Rank]?) {
        var list = claimants ?? []
        list.insert(rank, at: list.firstIndex { rank < $0 } ?? list.endIndex)
        claimants = list
    }

    private static func remove(_ rank: Rank, from claimants: inout [Rank]?) {
        claimants?.removeAll { $0 == rank }
        if claimants?.isEmpty == true {
            claimants = nil
        }
    }
}
