package import Resources

/// Works out which policies judge the endpoints of a node, and who is in the sets that their rules ask for.
package struct PolicyIndex: Sendable {
    private let node: String
    private var changes = PolicyChanges()
    private var endpoints: [ResourceKey: WorkloadEndpoint] = [:]
    private var profiles: [String: Profile] = [:]

    /// - Parameter node: Whose endpoints are judged; those of others count for selectors alone.
    package init(node: String) {
        self.node = node
    }

    /// Takes a resource in place of its former version.
    package mutating func put(_ resource: Resource) {
        switch resource {
        case .workloadEndpoint(let endpoint):
            guard endpoint.node == node, endpoints.updateValue(endpoint, forKey: endpoint.key) != endpoint else {
                return
            }
            changes.endpoints.insert(endpoint.key)
        case .profile(let profile):
            profiles[profile.metadata.name] = profile
            changes.rules.insert(profile.key)
        default: break
        }
    }

    package mutating func remove(_ key: ResourceKey) {
        if endpoints.removeValue(forKey: key) != nil { changes.endpoints.insert(key) }
        if key.kind == .profile, profiles.removeValue(forKey: key.name) != nil { changes.rules.insert(key) }
    }

    /// What has changed since this was last asked. Nothing above takes effect on any query before.
    package mutating func update() -> PolicyChanges {
        defer { changes = PolicyChanges() }
        return changes
    }

    /// Who judges a local endpoint.
    package func policies(of endpoint: ResourceKey) -> EndpointPolicies {
        EndpointPolicies(profiles: endpoints[endpoint]?.profiles ?? [])
    }

    /// The rules of a policy or a profile that judges a local endpoint; `nil` for any other, and for one that does not
    /// exist.
    package func rules(of key: ResourceKey) -> ResolvedRules? {
        guard key.kind == .profile, let profile = profiles[key.name],
            endpoints.values.contains(where: { $0.profiles.contains(key.name) })
        else { return nil }
        return ResolvedRules(
            ingress: profile.ingress.map { ResolvedRule($0) }, egress: profile.egress.map { ResolvedRule($0) })
    }

    /// Of a set that rules above ask for; `nil` for any other.
    package func kind(of set: MemberSet) -> MemberSet.Kind? { nil }

    /// The sets that rules above ask for.
    package var sets: [MemberSet] { [] }

    package func members(of set: MemberSet) -> Set<MemberSet.Member> { [] }

    /// As people know the policy or profile.
    package func displayName(of key: ResourceKey) -> String {
        key.namespace.map { "\($0)/\(key.name)" } ?? key.name
    }

    package func tierName(of key: ResourceKey) -> String? { nil }
}
