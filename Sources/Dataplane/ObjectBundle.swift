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

    package var chains = SmallMap<ChainID, ChainContents>()
    /// Elements of our own sets.
    package var elements = ElementRecords()
    /// Elements of other sets: what was found there and is held.
    package var otherElements: [ElementID: Element.Target] = [:]
    package var contentSets: [SetID: ContentSet] = [:]
    package var routes: [Route] = []
    /// An endpoint's networks of more than one address. No object: what flows run of it is known by this.
    package var wideNetworks: Set<EndpointNetwork> = []
    package var neighbours = SmallMap<NeighbourID, NeighbourEntry>()
    /// An endpoint's kernel parameters.
    package var parameters: EndpointParameters?
    /// Other kernel parameters.
    package var otherSysctls = SmallMap<SysctlID, String>()
    /// All of them.
    package var sysctls: [SysctlID] { (parameters?.ids ?? []) + otherSysctls.keys }

    package init() {}

    mutating func add(_ chain: ChainDefinition) {
        chains[chain.id] = chain.contents
    }

    mutating func add(_ set: KnownSet, _ key: Value..., target: Element.Target = .none) {
        elements.append(set, ElementKey(key), target: target)
    }

    mutating func add(_ set: KnownSet, _ added: [Element]) {
        for element in added {
            elements.append(set, element)
        }
    }
}

/// A bundle as it is kept: to copy one is to copy a dozen references.
final class KeptBundle: Sendable {
    let bundle: ObjectBundle

    init(_ bundle: ObjectBundle) { self.bundle = bundle }

    /// Of who asks for nothing.
    static let empty = KeptBundle(ObjectBundle())
}

/// What an owner asked for, and what it asks for now.
package struct BundleChange: Sendable {
    let old: KeptBundle
    let new: KeptBundle

    init(old: KeptBundle, new: KeptBundle) { (self.old, self.new) = (old, new) }

    init(old: ObjectBundle, new: ObjectBundle) { (self.old, self.new) = (KeptBundle(old), KeptBundle(new)) }
}
