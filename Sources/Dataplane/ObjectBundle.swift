import NetworkValues
package import Nftables
package import Routing

/// Kernel objects that one owner asks for: an endpoint, a profile, a policy group, or the node itself.
package struct ObjectBundle: Hashable, Sendable {
    /// A set whose name tells its content, so that owners which need the same one share it.
    package struct ContentSet: Hashable, Sendable {
        package let definition: NamedSet
        package let elements: [Element]
    }

    package var chains: [ChainID: ChainContents] = [:]
    package var elements: [ElementID: Element.Target] = [:]
    package var contentSets: [SetID: ContentSet] = [:]
    package var routes: Set<Route> = []
    /// An endpoint's networks of more than one address. No object: what flows run of it is known by this.
    package var wideNetworks: Set<EndpointNetwork> = []
    package var neighbours: [NeighbourID: NeighbourEntry] = [:]
    package var sysctls: [SysctlID: String] = [:]

    package init() {}

    mutating func add(_ chain: ChainDefinition) {
        chains[chain.id] = chain.contents
    }

    mutating func add(_ set: KnownSet, _ key: Value..., target: Element.Target = .none) {
        add(set, [Element(ElementKey(key), target: target)])
    }

    mutating func add(_ set: KnownSet, _ added: [Element]) {
        for element in added {
            elements[ElementID(set.id, element)] = element.target
        }
    }
}
