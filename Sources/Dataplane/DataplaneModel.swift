package import NetworkValues
import Nftables
package import Policy
package import Resources

/// The decision core: takes in resources, interfaces and what the kernel holds, and keeps what is wanted up to date.
///
/// Nothing here reads or writes anything. Inputs only mark what they touch; ``update()`` renders that and no more.
package struct DataplaneModel: Sendable {
    package let options: DataplaneOptions
    /// What is wanted and what is there; the drivers write into it what they read from the kernel.
    package var tracker = DataplaneTracker()
    package internal(set) var endpoints: [ResourceKey: WorkloadEndpoint] = [:]
    /// Endpoints that lose every contest for an interface or an address.
    package private(set) var yielding: Set<ResourceKey> = []
    /// Who judges the endpoints, and who is in the sets that rules name.
    package internal(set) var policy: PolicyIndex
    package internal(set) var interfaces: [InterfaceName: InterfaceState] = [:]
    package internal(set) var claims = Claims()
    package private(set) var host = HostFacts()
    /// What `host` was read for.
    private var answered: HostQuestion?

    private let renderer: EndpointRenderer
    /// What stands whether or not there are endpoints, in the kernel's terms.
    let skeleton: SmallMap<ChainID, ChainContents>
    /// The chains that a packet or an ARP frame of an endpoint passes before it is believed.
    let guardChains: [ChainID]
    private(set) var bundles: [Owner: KeptBundle] = [:]
    /// What an earlier agent left for resources that cannot be read at present.
    private var held: ObjectBundle?
    /// Groups in use, with how many endpoints each has; and for each policy and profile the groups that name it.
    var groupSizes: [PolicyGroup: Int] = [:]
    var groupsByJudge: [ResourceKey: Set<PolicyGroup>] = [:]
    var groups: [ResourceKey: PolicyGroup] = [:]
    /// One of each, for all its endpoints.
    var groupsByPolicies: [EndpointPolicies: PolicyGroup] = [:]
    /// Endpoints that are new here, whatever they are to the index.
    var ungrouped: Set<ResourceKey> = []
    /// Policies and profiles that other groups use than before.
    var staleJudges: Set<ResourceKey> = []
    /// How groups ask each policy, as last rendered.
    var policyForms: [ResourceKey: [PolicyRenderer.Form]] = [:]
    /// Policies and profiles in use that have rules which log.
    var loggingJudges: Set<ResourceKey> = []
    /// How many local endpoints use a family, and how many name a gateway of their own.
    private var familyUsers: [IPFamily: Int] = [:]
    private var gatewayUsers: [IPAddress: Int] = [:]
    private var externalUsers: [IPAddress: Int] = [:]
    var dirty: Set<Owner> = [.node]

    /// Who asks for objects.
    package enum Owner: Hashable, Sendable {
        case node
        case endpoint(ResourceKey)
        case group(PolicyGroup)
        /// A policy or a profile.
        case judge(ResourceKey)
    }

    package init(options: DataplaneOptions) {
        self.options = options
        renderer = EndpointRenderer(options: options)
        skeleton = Skeleton.chains(options).reduce(into: SmallMap()) { $0.append($1.contents, for: $1.id) }
        guardChains = SourceFilterAudit.chains(options)
        policy = PolicyIndex(node: options.node)
        tracker.judgesRunningFlows = options.judgesRunningFlows
        tracker.tableState = options.locksTables ? .locked : .open
        for set in KnownSet.allCases where options.needs(set) {
            tracker.wantSet(set)
        }
    }

    /// Takes a resource in place of its former version. Endpoints of other nodes count for selectors alone.
    /// - Parameter yields: Whether an endpoint loses every contest for an interface or an address with those that do not:
    ///   its source may have meant to delete it.
    package mutating func put(_ resource: Resource, yields: Bool = false) {
        policy.put(resource)
        guard case .workloadEndpoint(let endpoint) = resource else { return }
        guard endpoint.node == options.node else { return setEndpoint(resource.key, nil) }
        setEndpoint(resource.key, endpoint, yields: yields)
    }

    /// Keeps an endpoint that is the same as before in this copy, which somebody else keeps anyway.
    package mutating func share(_ resource: Resource) {
        guard case .workloadEndpoint(let endpoint) = resource, endpoints[resource.key] == endpoint else { return }
        endpoints[resource.key] = endpoint
    }

    package mutating func remove(_ key: ResourceKey) {
        policy.remove(key)
        if key.kind == .workloadEndpoint { setEndpoint(key, nil) }
    }

    /// An interface appeared, changed or, with `nil`, went away. Returns whether that matters to an endpoint.
    ///
    /// A rename is announced under the new name only: whatever had this index before has it no longer.
    @discardableResult
    package mutating func setInterface(_ state: InterfaceState?, for name: InterfaceName) -> Bool {
        let former = interfaces[name]
        guard former != state else { return false }
        var matters = false
        if let former, tracker.interfaceNames[former.index] == name {
            tracker.interfaceNames[former.index] = nil
        }
        if let state {
            if let formerName = tracker.interfaceNames[state.index] {
                matters = setInterface(nil, for: formerName)
            }
            tracker.interfaceNames[state.index] = name
        }
        interfaces[name] = state
        if former?.index != state?.index {
            tracker.forgetSysctls(of: name)
        }
        let affected = claims.claimants(of: name)
        dirty.formUnion(affected.map { .endpoint($0) })
        return matters || !affected.isEmpty
    }

    /// What of the host must be known for the present endpoints.
    package var hostQuestion: HostQuestion {
        HostQuestion(
            families: Set(familyUsers.keys), gateways: Set(gatewayUsers.keys), logging: !loggingJudges.isEmpty,
            announcing: options.announcesExternals && !externalUsers.isEmpty, locking: options.locksTables)
    }

    /// Whether the endpoints have changed such that the host must be looked at anew.
    package var needsHost: Bool { answered != hostQuestion }

    /// Whether the kernel can log, as far as it was asked since rules want to; otherwise `nil`.
    package var knownLogging: Bool? { answered?.logging == true ? host.canLog : nil }

    /// The external addresses that local endpoints name.
    var externals: Dictionary<IPAddress, Int>.Keys { externalUsers.keys }

    var externalCount: Int { externalUsers.count }

    private mutating func announcementsChanged() {
        guard options.announcesExternals else { return }
        dirty.formUnion(endpoints.filter { !$0.value.ipNATs.isEmpty }.keys.map { .endpoint($0) })
    }

    /// Whether a local endpoint uses this family.
    package func isUsed(_ family: IPFamily) -> Bool { familyUsers[family] != nil }

    /// Takes what was read for the present ``hostQuestion``.
    package mutating func setHost(_ facts: HostFacts) {
        answered = hostQuestion
        guard facts != host else { return }
        if facts.families != host.families {
            dirty.formUnion(endpoints.keys.map { .endpoint($0) })
        }
        if facts.canLog != host.canLog {
            for judge in loggingJudges { judgeChanged(judge) }
        }
        if facts.links != host.links || facts.addresses != host.addresses {
            announcementsChanged()
        }
        host = facts
        tracker.tableState = options.locksTables && facts.canLock ? .locked : .open
        dirty.insert(.node)
    }

    /// What is there is now exactly what was read; returns where that differs from what was believed.
    @discardableResult
    package mutating func observe(_ snapshot: DataplaneSnapshot) -> [Drift] { tracker.observe(snapshot) }

    /// Whether objects are held that nobody asks for.
    package var isHolding: Bool { held != nil }

    /// Wants for the time being whatever of workloads is in the kernel and nobody asks for, as it is.
    ///
    /// For an agent that starts while a resource is invalid: it cannot know what of the resource's last good version is
    /// in the kernel, and an invalid edit must not remove a working endpoint. Chains of groups whose profile is
    /// missing stay as they are too, since it may be the profile that is invalid.
    package mutating func holdUnwanted() {
        takePolicyChanges()
        let maimed = groupSizes.keys.filter { group in group.profiles.contains { !hasProfile($0) } }
            .flatMap { group in TrafficDirection.allCases.map { ChainID(.margay, group.chain($0)) } }
            .filter { !tracker.chains.isSettled($0) && tracker.chains.actual($0) != nil }
        guard tracker.hasUnwanted || !maimed.isEmpty else { return }
        let held = tracker.unwanted()
        self.held = held
        for (id, set) in held.contentSets {
            tracker.retain(id, set)
        }
        tracker.fill(with: held)
        for id in maimed {
            tracker.chains.setDesired(held.chains[id], for: id)
        }
    }

    /// Lets go of what was held: it is wanted only as far as somebody asks for it.
    package mutating func release() {
        guard let held else { return }
        self.held = nil
        tracker.replace([BundleChange(old: held, new: ObjectBundle())])
        // What was held may be somebody's by now.
        tracker.replace(bundles.values.map { BundleChange(old: $0, new: $0) })
        wantMembers()
        tracker.growSets()
    }

    /// Brings what is wanted up to date with all inputs so far; returns the endpoints that were rendered anew.
    /// - Parameter progressed: Called now and then while it goes on.
    @discardableResult
    package mutating func update(progressed: () -> Void = {}) -> [ResourceKey] {
        takePolicyChanges()
        var rendered: [ResourceKey] = []
        var changes: [BundleChange] = []
        let uplinks = uplinks ?? []
        let owners = dirty
        dirty = []
        rendered.reserveCapacity(owners.count)
        changes.reserveCapacity(owners.count)
        bundles.reserveCapacity(owners.count)
        for owner in owners {
            progressed()
            if case .endpoint(let key) = owner {
                rendered.append(key)
            }
            let bundle = render(owner, uplinks).map { KeptBundle($0) }
            let former =
                if let bundle { bundles.updateValue(bundle, forKey: owner) } else { bundles.removeValue(forKey: owner) }
            guard bundle?.bundle != former?.bundle else { continue }
            changes.append(BundleChange(old: former ?? .empty, new: bundle ?? .empty))
        }
        tracker.replace(changes)
        if let held {
            // Somebody may have let go of what the held objects lead to.
            tracker.fill(with: held)
        }
        tracker.growSets()
        return rendered
    }

    /// Whether an endpoint has this network, or a route to it decides who answers for a gateway.
    package func programsRoutes(to destination: IPPrefix) -> Bool {
        claims.owner(of: destination) != nil || destination == IPPrefix(host: Skeleton.gateway)
            || gatewayUsers.keys.contains(where: destination.contains)
    }

    /// The endpoints that name an interface, whichever of them has it.
    package func endpoints(on interface: InterfaceName) -> [ResourceKey] { claims.claimants(of: interface) }

    /// What an endpoint asks for; `nil` while another has its interface.
    func bundle(of key: ResourceKey) -> ObjectBundle? { bundles[.endpoint(key)]?.bundle }

    private mutating func setEndpoint(_ key: ResourceKey, _ endpoint: WorkloadEndpoint?, yields: Bool = false) {
        let former = endpoints[key]
        guard former != endpoint || yields != yielding.contains(key) else { return }
        endpoints[key] = endpoint
        if yields { yielding.insert(key) } else { yielding.remove(key) }
        if endpoint != nil {
            if groups[key] == nil { ungrouped.insert(key) }
        } else {
            join(key, nil)
        }
        let affected = claims.update(key, to: endpoint, yields: yields)
        dirty.formUnion(affected.map { .endpoint($0) })
        dirty.insert(.endpoint(key))
        let hasExternals = [former, endpoint].contains { $0?.ipNATs.isEmpty == false }
        let hadExternals = !externalUsers.isEmpty
        // What is counted up first never seems to have been away.
        var isAnotherQuestion = count(endpoint, 1)
        if count(former, -1) || options.announcesExternals && hadExternals == externalUsers.isEmpty {
            isAnotherQuestion = true
        }
        if isAnotherQuestion || !gatewayUsers.isEmpty || hasExternals && options.announcesExternals {
            dirty.insert(.node)
        }
        // A link of the host's own is none any more once an endpoint claims it, and the other way round.
        let claimed = [former, endpoint].compactMap { $0?.interfaceName }
        if host.links?.contains(where: { claimed.contains($0.name) }) == true {
            announcementsChanged()
        }
    }

    /// - Returns: Whether other families or gateways are used than before.
    private mutating func count(_ endpoint: WorkloadEndpoint?, _ difference: Int) -> Bool {
        guard let endpoint else { return false }
        let (families, gateways) = (familyUsers.count, gatewayUsers.count)
        for family in IPFamily.allCases where endpoint.uses(family) {
            Self.add(difference, to: &familyUsers[family])
        }
        if let gateway = endpoint.ipv4Gateway, gateway != Skeleton.gateway {
            Self.add(difference, to: &gatewayUsers[gateway])
        }
        for nat in endpoint.ipNATs {
            Self.add(difference, to: &externalUsers[nat.externalIP])
        }
        return families != familyUsers.count || gateways != gatewayUsers.count
    }

    /// - Returns: What it is then, where 0 leaves no entry.
    @discardableResult
    static func add(_ difference: Int, to count: inout Int?) -> Int {
        let sum = (count ?? 0) + difference
        count = sum == 0 ? nil : sum
        return sum
    }

    private func render(_ owner: Owner, _ uplinks: [HostLink]) -> ObjectBundle? {
        switch owner {
        case .node: return nodeBundle()
        case .endpoint(let key):
            guard let endpoint = endpoints[key] else { return nil }
            let group = groups[key] ?? PolicyGroup(EndpointPolicies(profiles: endpoint.profiles))
            let interface = interfaces[endpoint.interfaceName]
            guard claims.hasContests else {
                return renderer.bundle(
                    of: endpoint, group: group, owned: { _ in true }, interface: interface, host: host, uplinks: uplinks
                )
            }
            guard claims.owner(of: endpoint.interfaceName) == key else { return nil }
            return renderer.bundle(
                of: endpoint, group: group,
                // Of the model the claims alone: to capture all of it is to copy all of it.
                owned: { [claims] in claims.owner(of: $0) == key }, interface: interface, host: host, uplinks: uplinks)
        case .group(let group): return bundle(of: group)
        case .judge(let key): return bundle(ofJudge: key)
        }
    }
}
