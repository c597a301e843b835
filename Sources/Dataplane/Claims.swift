package import NetworkValues
package import Resources

/// Who owns an interface or an address that several endpoints name.
///
/// The oldest `creationTimestamp` wins, then the smallest namespace and name; a resource without a timestamp comes after
/// those that have one. One that yields comes after all that do not. An endpoint that lost its interface competes for no
/// address. Removing the winner promotes the next.
package struct Claims: Sendable {
    /// An endpoint with its place in every contest; RFC 3339 timestamps of one zone sort as text. Behind a reference, since
    /// it stands in several tables.
    private final class Claimant: Sendable {
        let key: ResourceKey
        let yields: Bool
        let timestamp: String?
        let interface: InterfaceName
        /// Each once.
        let addresses: [IPPrefix]

        init(_ key: ResourceKey, _ endpoint: WorkloadEndpoint, yields: Bool) {
            (self.key, self.yields) = (key, yields)
            (timestamp, interface) = (endpoint.metadata.creationTimestamp, endpoint.interfaceName)
            addresses = Array(Set(endpoint.ipNetworks + endpoint.ipNATs.map { IPPrefix(host: $0.externalIP) }))
        }

        func precedes(_ other: Claimant) -> Bool {
            guard yields == other.yields else { return other.yields }
            return switch (timestamp, other.timestamp) {
            case (let first?, let second?) where first != second: first < second
            case (_?, nil): true
            case (nil, _?): false
            default: key < other.key
            }
        }
    }

    /// Those who name the same, the winner first: nearly always one, for whom there is no list.
    private enum Claimants: Sendable {
        case one(Claimant)
        case several([Claimant])

        var list: [Claimant] {
            switch self {
            case .one(let claimant): [claimant]
            case .several(let claimants): claimants
            }
        }

        var winner: Claimant? {
            switch self {
            case .one(let claimant): claimant
            case .several(let claimants): claimants.first
            }
        }

        init?(_ list: [Claimant]) {
            guard let first = list.first else { return nil }
            self = list.count == 1 ? .one(first) : .several(list)
        }
    }

    private var claimants: [ResourceKey: Claimant] = [:]
    private var interfaceClaims: [InterfaceName: Claimants] = [:]
    private var addressClaims: [IPPrefix: Claimants] = [:]
    /// How many interfaces and addresses several endpoints name.
    private var contests = 0

    package init() {}

    /// Whether any endpoint has lost anything to another. Nearly never: then who names something has it.
    var hasContests: Bool { contests > 0 }

    package func owner(of interface: InterfaceName) -> ResourceKey? { interfaceClaims[interface]?.winner?.key }

    /// The owner of exactly this network; an address counts as a network of its own.
    package func owner(of network: IPPrefix) -> ResourceKey? { addressClaims[network]?.winner?.key }

    /// All that name an interface, its owner first.
    func claimants(of interface: InterfaceName) -> [ResourceKey] { interfaceClaims[interface]?.list.map(\.key) ?? [] }

    /// Takes an endpoint's claims in place of its earlier ones, or withdraws them.
    /// - Parameter yields: Whether it loses every contest with an endpoint that does not.
    /// - Returns: The other endpoints whose ownership may have changed.
    package mutating func update(
        _ key: ResourceKey, to endpoint: WorkloadEndpoint?, yields: Bool = false
    ) -> Set<ResourceKey> {
        var affected: Set<ResourceKey> = []
        if let former = claimants.removeValue(forKey: key) { withdraw(former, &affected) }
        if let endpoint {
            let claimant = Claimant(key, endpoint, yields: yields)
            claimants[key] = claimant
            enter(claimant, &affected)
        }
        affected.remove(key)
        return affected
    }

    private mutating func withdraw(_ claimant: Claimant, _ affected: inout Set<ResourceKey>) {
        let wasOwner = interfaceClaims[claimant.interface]?.winner === claimant
        contests += Self.remove(claimant, from: &interfaceClaims[claimant.interface])
        guard wasOwner else { return }
        leaveAddresses(claimant, &affected)
        if let next = interfaceClaims[claimant.interface]?.winner {
            affected.insert(next.key)
            enterAddresses(next, &affected)
        }
    }

    private mutating func enter(_ claimant: Claimant, _ affected: inout Set<ResourceKey>) {
        let former = interfaceClaims[claimant.interface]?.winner
        contests += Self.insert(claimant, into: &interfaceClaims[claimant.interface])
        guard interfaceClaims[claimant.interface]?.winner === claimant else { return }
        if let former {
            affected.insert(former.key)
            leaveAddresses(former, &affected)
        }
        enterAddresses(claimant, &affected)
    }

    private mutating func enterAddresses(_ claimant: Claimant, _ affected: inout Set<ResourceKey>) {
        for address in claimant.addresses {
            let former = addressClaims[address]?.winner
            contests += Self.insert(claimant, into: &addressClaims[address])
            if let former, addressClaims[address]?.winner !== former {
                affected.insert(former.key)
            }
        }
    }

    private mutating func leaveAddresses(_ claimant: Claimant, _ affected: inout Set<ResourceKey>) {
        for address in claimant.addresses {
            let wasOwner = addressClaims[address]?.winner === claimant
            contests += Self.remove(claimant, from: &addressClaims[address])
            if wasOwner, let next = addressClaims[address]?.winner {
                affected.insert(next.key)
            }
        }
    }

    /// - Returns: How many contests more there are.
    private static func insert(_ claimant: Claimant, into claimants: inout Claimants?) -> Int {
        guard let former = claimants else {
            claimants = .one(claimant)
            return 0
        }
        var list = former.list
        list.insert(claimant, at: list.firstIndex(where: claimant.precedes) ?? list.endIndex)
        claimants = .several(list)
        return list.count == 2 ? 1 : 0
    }

    /// - Returns: How many contests more there are: 0, or one less.
    private static func remove(_ claimant: Claimant, from claimants: inout Claimants?) -> Int {
        let former = claimants?.list ?? []
        let list = former.filter { $0 !== claimant }
        claimants = Claimants(list)
        return former.count == 2 && list.count == 1 ? -1 : 0
    }
}
