package import Resources

/// Works out which policies judge the endpoints of a node, and who is in the sets that their rules ask for.
///
/// Selectors are evaluated incrementally: a change of an item (an endpoint of any node, or a network set) tries the
/// selectors that name one of its labels, and a new selector tries the items that have a label which it demands. Only
/// the rules of what judges a local endpoint have sets.
package struct PolicyIndex: Sendable {
    let node: String

    var labels = LabelTable()
    var items = Slots<Item>()
    var itemsByKey = ShardedDictionary<ResourceKey, Item.ID>()
    var localItems: Set<Item.ID> = []
    /// Of all nodes.
    var endpointCount = 0
    var sources = Slots<LabelSource>()
    var sourcesByName: [LabelSource.Name: LabelSource.ID] = [:]

    var queries = Slots<Query>()
    var queriesByText: [String: Query.ID] = [:]
    /// Selectors that any item may match, in the order of their numbers.
    var unanchored: [Query.ID] = []
    var tables = Slots<MemberTable>()
    var tablesBySet: [MemberSet: MemberTable.ID] = [:]

    var policies = Slots<PolicyRecord>()
    var policiesByKey: [ResourceKey: PolicyRecord.ID] = [:]
    var profiles: [String: Profile] = [:]
    var tiers: [String: Tier] = [:]
    /// What ``judges(_:)`` answered since policies or tiers last changed.
    var knownJudges: [[Query.ID]: [EndpointPolicies.Tier]] = [:]
    /// How many local endpoints each policy or profile judges, as of the last update.
    var judged: [ResourceKey: Int] = [:]

    var common = CommonLists()

    var staleEndpoints: Set<ResourceKey> = []
    var staleRules: Set<ResourceKey> = []
    var staleTiers: Set<String> = []
    var staleTables: Set<MemberTable.ID> = []

    /// What the last update came to. A copy costs nothing and holds nothing of other nodes' endpoints.
    package internal(set) var view = PolicyView()

    /// - Parameter node: Whose endpoints are judged; those of others count for selectors alone.
    package init(node: String) {
        self.node = node
    }

    /// Takes a resource in place of its former version.
    package mutating func put(_ resource: Resource) {
        switch resource {
        case .workloadEndpoint(let endpoint): put(ItemDraft(endpoint, node: node))
        case .networkSet(let set): put(ItemDraft(set))
        case .profile(let profile): setProfile(profile, named: profile.metadata.name)
        case .networkPolicy(let policy): setPolicy(PolicyRecord(policy), for: policy.key)
        case .kubernetesPolicy(let policy): setPolicy(PolicyRecord(policy), for: policy.key)
        case .tier(let tier): setTier(tier, named: tier.metadata.name)
        case .namespace(let namespace):
            setSource(.namespace(namespace.metadata.name), labels: namespace.metadata.labels)
            staleRules.insert(ResourceKey(kind: .profile, namespace: nil, name: "kns.\(namespace.metadata.name)"))
        case .serviceAccount(let account):
            let name = account.metadata.name
            setSource(.account(namespace: account.namespace, name: name), labels: account.metadata.labels)
            staleRules.insert(ResourceKey(kind: .profile, namespace: nil, name: "ksa.\(account.namespace).\(name)"))
        }
    }

    package mutating func remove(_ key: ResourceKey) {
        switch key.kind {
        case .workloadEndpoint, .networkSet, .globalNetworkSet: removeItem(key)
        case .profile: setProfile(nil, named: key.name)
        case .networkPolicy, .globalNetworkPolicy, .kubernetesNetworkPolicy, .stagedNetworkPolicy,
            .stagedGlobalNetworkPolicy, .stagedKubernetesNetworkPolicy:
            setPolicy(nil, for: key)
        case .tier: setTier(nil, named: key.name)
        case .namespace:
            setSource(.namespace(key.name), labels: nil)
            staleRules.insert(ResourceKey(kind: .profile, namespace: nil, name: "kns.\(key.name)"))
        case .serviceAccount:
            let namespace = key.namespace ?? ""
            setSource(.account(namespace: namespace, name: key.name), labels: nil)
            staleRules.insert(ResourceKey(kind: .profile, namespace: nil, name: "ksa.\(namespace).\(key.name)"))
        }
    }

    /// Who judges a local endpoint.
    package func policies(of endpoint: ResourceKey) -> EndpointPolicies { view.policies(of: endpoint) }

    /// The rules of a policy or a profile that judges a local endpoint; `nil` for any other, and for one that does not
    /// exist. Of a policy, only those of the directions that it judges.
    package func rules(of key: ResourceKey) -> ResolvedRules? { view.rules(of: key) }

    /// Of a set that rules above ask for; `nil` for any other.
    package func kind(of set: MemberSet) -> MemberSet.Kind? { view.kind(of: set) }

    /// Who is in a set that rules above ask for, as of the last update; empty for any other.
    package func members(of set: MemberSet) -> Set<MemberSet.Member> {
        tablesBySet[set].map { tables[$0].reported } ?? []
    }

    /// The sets that rules above ask for.
    package var sets: [MemberSet] { Array(view.kinds.keys) }

    /// The tier of a policy; `nil` for anything else, and for one that does not exist.
    package func tierName(of key: ResourceKey) -> String? {
        view.tiers[key] ?? policiesByKey[key].map { policies[$0].policy.tier }
    }

    /// The tiers that exist, the one for policies that name none among them.
    package var tierNames: Set<String> { Set(tiers.keys).union([Tier.defaultName]) }
}

extension PolicyIndex {
    /// Whether nothing is left of anything that was ever put in.
    package var isEmpty: Bool {
        var isEmpty = sourcesByName.isEmpty && queriesByText.isEmpty && tablesBySet.isEmpty && policiesByKey.isEmpty
        itemsByKey.forEachValue { _ in isEmpty = false }
        return isEmpty && labels.isEmpty && judged.isEmpty && unanchored.isEmpty
    }
}
