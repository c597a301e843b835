import NetworkValues
package import Nftables
package import Routing

/// All kernel objects that are or should be ours: wanted, there, and where the two differ.
package struct DataplaneTracker: Sendable {
    package internal(set) var tables = DeltaTracker<Table, TableState>()
    package internal(set) var sets = DeltaTracker<SetID, NamedSet>()
    /// Base chains are marked, so that whoever follows packets finds them.
    package internal(set) var chains = DeltaTracker<ChainID, ChainContents>(marking: { $0.base != nil })
    package internal(set) var elements = ElementTracker()
    package internal(set) var routes = DeltaTracker<Route, Present>()
    package internal(set) var neighbours = DeltaTracker<NeighbourID, NeighbourEntry>()
    package internal(set) var sysctls = ParameterTracker()
    /// How all our tables should be.
    package var tableState = TableState.open {
        didSet {
            guard tableState != oldValue else { return }
            for table in Array(tables.desiredKeys) { tables.setDesired(tableState, for: table) }
        }
    }
    /// The addresses that endpoints may send from, each at its interface, with how many elements say so.
    private(set) var addresses = EndpointAddresses()
    /// Their networks that are wider than one address, whatever state the interface is in.
    private(set) var wideNetworks: Set<EndpointNetwork> = []
    /// The names that interfaces have now.
    var interfaceNames: [UInt32: InterfaceName] = [:]
    /// Whether flows that a change of policy no longer allows end.
    package var judgesRunningFlows = false
    /// Flows that should have ended and may not have: the kernel could not be asked, or gave no clear answer.
    package var owedFlows = FlowDebt()
    /// The ruleset's generation at which all our tables were last read; `nil` when they never were, or never stood still.
    ///
    /// Every transaction of anybody, ours too, moves the kernel's on (`nf_tables_commit`): as long as it is this one, what
    /// chains and sets hold is what was read then.
    package var generation: UInt32?
    /// The sets that rules of profiles name.
    private(set) var contentSets: [SetID: ObjectBundle.ContentSet] = [:]
    /// How many owners share a content set.
    private var contentSetOwners: [SetID: Int] = [:]
    /// By ``KnownSet/ordinal``; 0 of sets that are not wanted.
    private var sizes = [UInt32](repeating: 0, count: KnownSet.allCases.count)

    /// The smallest size of a set: so large that a usual node never outgrows it, since growing resets the counters, and
    /// small enough that an empty one costs little. Three times a power of two, and twice that again and again: the
    /// kernel rounds a third more than the size up to a power of two (`nft_hash_buckets`, nft_set_hash.c), so that such
    /// a size uses all of its buckets. It walks all of them for each part of a dump.
    private static let smallestSize: UInt32 = 3072
    /// The same of a verdict map, which has no counters, and whose buckets the kernel walks once for each hook whenever
    /// an endpoint is added (`nft_setelem_validate`).
    private static let smallestVerdictMap: UInt32 = 768

    package init() {}

    package var hasPending: Bool {
        tables.hasPending || sets.hasPending || chains.hasPending || elements.hasPending || routes.hasPending
            || neighbours.hasPending || sysctls.hasPending
    }

    /// Wants what the new bundles ask for instead of what the old ones asked for.
    ///
    /// All that nobody asks for any more goes first: an object may pass from one owner to another in one step, an
    /// address that moves for example, and must not fall with its former owner.
    package mutating func replace(_ changes: [BundleChange]) {
        for change in changes {
            // A content set has several owners: it stays as long as one of them does.
            for (id, set) in change.new.bundle.contentSets where change.old.bundle.contentSets[id] == nil {
                retain(id, set)
            }
        }
        for change in changes where change.old !== KeptBundle.empty {
            withdraw(change.old.bundle, keeping: change.new.bundle)
        }
        let areMany = changes.count > Self.fewChanges
        if areMany { contributeElements(changes) }
        for change in changes where change.new !== KeptBundle.empty {
            contribute(change.new, elementsToo: !areMany)
        }
    }

    /// For so few the lists by set cost more than they bring.
    private static let fewChanges = 32

    /// Set after set, so that one table at a time is in the processor's caches, and grows but once.
    private mutating func contributeElements(_ changes: [BundleChange]) {
        var lists = [ElementList](repeating: ElementList(), count: KnownSet.allCases.count)
        // Nearly all endpoints have their names in the same sets.
        var common: [KnownSets: ElementList] = [:]
        for change in changes {
            change.new.bundle.elements.visit(
                several: { sets, key in common[sets, default: ElementList()].append(key) },
                keys: { set, key in lists[set.ordinal].append(key) },
                others: { set, element in lists[set.ordinal].append(element) })
        }
        for set in KnownSet.allCases {
            want(lists[set.ordinal], of: set)
            lists[set.ordinal] = []
            for (sets, list) in common where sets.contains(set) { want(list, of: set) }
        }
    }

    /// Wants all of a list; whatever is known already, one by one.
    private mutating func want(_ list: ElementList, of set: KnownSet) {
        guard let known = elements.want(new: list, of: set) else {
            for element in list { want(element.target, for: element, of: set) }
            return
        }
        for place in known { want(list[place].target, for: list[place], of: set) }
        guard let offset = set.addressOffset else { return }
        let isKnown = Set(known)
        for place in list.indices where !isKnown.contains(place) { addresses.insert(list[place].key, offset) }
    }

    /// Wants an element of a key alone, without a target.
    @inline(__always)
    private mutating func want(_ key: ElementKey, of set: KnownSet) {
        guard elements.want(new: key, of: set) else { return want(Element.Target.none, for: Element(key), of: set) }
        if let offset = set.addressOffset { addresses.insert(key, offset) }
    }

    private mutating func withdraw(_ old: ObjectBundle, keeping new: ObjectBundle) {
        for (id, set) in old.contentSets where new.contentSets[id] == nil {
            release(id, set)
        }
        if old.chains != new.chains {
            for id in old.chains.keys { chains.setDesired(nil, for: id) }
        }
        // What the new bundle names as well it wants again at once, which leaves no trace.
        if old.elements != new.elements {
            old.elements.visit { set, element in want(nil, for: element, of: set) }
        }
        for id in old.otherElements.keys where new.otherElements[id] == nil {
            want(nil, for: id)
        }
        for network in old.wideNetworks.subtracting(new.wideNetworks) {
            wideNetworks.remove(network)
            // No element names it alone, and its route went with the interface, if that went first.
            owedFlows.departed.insert(network)
        }
        if old.routes != new.routes {
            for route in old.routes { routes.setDesired(nil, for: route) }
        }
        if old.neighbours != new.neighbours {
            for id in old.neighbours.keys { neighbours.setDesired(nil, for: id) }
        }
        // A parameter is never taken back: nobody knows what it was, and the kernel forgets those of an interface with the
        // interface.
        if let parameters = old.parameters, parameters != new.parameters {
            sysctls.drop(parameters.switches(without: new.parameters), of: parameters.interface)
        }
        for id in old.otherSysctls.keys where new.otherSysctls[id] == nil {
            sysctls.drop(id)
        }
    }

    /// Part by part: a copy of the bundle would be one of all its references.
    private mutating func contribute(_ new: KeptBundle, elementsToo: Bool) {
        for (id, contents) in new.bundle.chains {
            chains.setDesired(contents, for: id)
        }
        if elementsToo {
            new.bundle.elements.visit(
                keys: { set, key in want(key, of: set) },
                others: { set, element in want(element.target, for: element, of: set) })
        }
        for (id, target) in new.bundle.otherElements {
            want(target, for: id)
        }
        wideNetworks.formUnion(new.bundle.wideNetworks)
        for route in new.bundle.routes {
            routes.setDesired(Present(), for: route)
        }
        for (id, entry) in new.bundle.neighbours {
            neighbours.setDesired(entry, for: id)
        }
        if let parameters = new.bundle.parameters { sysctls.want(parameters.switches, for: parameters.interface) }
        for (id, value) in new.bundle.otherSysctls {
            sysctls.setDesired(value, for: id)
        }
    }

    /// Whether nothing in the set, as wanted or as it is there, is a range: a hash, whose elements have no order.
    package func isHash(_ set: SetID) -> Bool {
        // Nearly always all sets are as they should be, and what that is of ours is known without looking it up.
        if !sets.hasPending, let set = set.known { return !set.isInterval }
        return sets.desired(set)?.isInterval == false && sets.actual(set)?.isInterval != true
    }

    /// Wants a set whose size follows its elements.
    package mutating func wantSet(_ set: KnownSet) {
        if sizes[set.ordinal] == 0 {
            sizes[set.ordinal] = set.isVerdictMap ? Self.smallestVerdictMap : Self.smallestSize
        }
        tables.setDesired(tableState, for: set.table)
        sets.setDesired(set.definition(size: sizes[set.ordinal]), for: set.id)
    }

    mutating func want(_ target: Element.Target?, for id: ElementID) {
        guard let set = id.set.known else { return elements.setDesired(target, for: id) }
        want(target, for: id.element(), of: set)
    }

    /// - Parameter element: Whatever its own target.
    @inline(__always)
    private mutating func want(_ target: Element.Target?, for element: Element, of set: KnownSet) {
        let before = elements.desiredCount
        if element.isKeyAlone {
            elements.setDesired(target, for: element.key, of: set)
        } else {
            elements.setDesired(target, for: ElementID(set.id, element))
        }
        guard elements.desiredCount != before, let offset = set.addressOffset else { return }
        if target == nil {
            addresses.remove(element.key, offset)
        } else {
            addresses.insert(element.key, offset)
        }
    }

    /// All that endpoints have, each at its interface.
    var networks: some Sequence<EndpointNetwork> { [addresses.networks, Array(wideNetworks)].joined() }

    mutating func retain(_ id: SetID, _ set: ObjectBundle.ContentSet) {
        contentSetOwners[id, default: 0] += 1
        guard contentSetOwners[id] == 1 else { return }
        contentSets[id] = set
        sets.setDesired(set.definition, for: id)
        for element in set.elements {
            elements.setDesired(element.target, for: ElementID(id, element))
        }
    }

    /// Wants a set of what selectors select, or none; its members are wanted one by one.
    mutating func wantMemberSet(_ definition: NamedSet?, _ id: SetID) {
        sets.setDesired(definition, for: id)
    }

    mutating func wantMember(_ isWanted: Bool, _ id: ElementID) {
        elements.setDesired(isWanted ? Element.Target.none : nil, for: id)
    }

    private mutating func release(_ id: SetID, _ set: ObjectBundle.ContentSet) {
        contentSetOwners[id, default: 0] -= 1
        guard contentSetOwners[id] == 0 else { return }
        contentSetOwners[id] = nil
        contentSets[id] = nil
        sets.setDesired(nil, for: id)
        for element in set.elements {
            elements.setDesired(nil, for: ElementID(id, element))
        }
    }

    /// Gives every set that has outgrown fifteen sixteenths of its size one of which it fills five sixths at most. A size
    /// cannot be changed in place, so the planner makes such a set anew.
    package mutating func growSets() {
        for set in KnownSet.allCases {
            let (size, count) = (sizes[set.ordinal], UInt32(elements.desiredCount(of: set)))
            guard size > 0, count > size / 16 * 15 else { continue }
            var next = size
            while count > next / 6 * 5 {
                next *= 2
            }
            sizes[set.ordinal] = next
            sets.setDesired(set.definition(size: next), for: set.id)
        }
    }

    /// Gives a set that the kernel calls full the double size: it may count more elements than there are.
    /// - Returns: Whether it did. A set of many times the size that its elements need is not the kernel's to call full.
    package mutating func growSet(_ id: SetID) -> Bool {
        guard let set = id.known, let size = sets.desired(id)?.size,
            size < max(Self.smallestSize, UInt32(elements.desiredCount(of: set))) * 16
        else { return false }
        sizes[set.ordinal] = size * 2
        sets.setDesired(set.definition(size: size * 2), for: id)
        return true
    }

    /// A set found in the kernel that differs from the wanted one only by being larger serves as it is.
    package mutating func adoptSizes() {
        for set in KnownSet.allCases {
            let size = sizes[set.ordinal]
            guard size > 0, let actual = sets.actual(set.id), let actualSize = actual.size, actualSize > size,
                actual == set.definition(size: actualSize)
            else { continue }
            sizes[set.ordinal] = actualSize
            sets.setDesired(actual, for: set.id)
        }
    }
}
