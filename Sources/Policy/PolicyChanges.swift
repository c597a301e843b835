package import Resources

/// What may be otherwise than before for a node's own endpoints.
package struct PolicyChanges: Sendable {
    /// How a set in use has changed.
    package struct SetChange: Hashable, Sendable {
        /// `nil` for a set that was not in use.
        package var formerKind: MemberSet.Kind?
        /// `nil` for a set that is in use no more.
        package var kind: MemberSet.Kind?
        /// All that the set has, where the kind has changed.
        package var added: Set<MemberSet.Member>
        /// All that it had, where the kind has changed.
        package var removed: Set<MemberSet.Member>

        package init(
            formerKind: MemberSet.Kind?, kind: MemberSet.Kind?, added: Set<MemberSet.Member>,
            removed: Set<MemberSet.Member>
        ) {
            self.formerKind = formerKind
            self.kind = kind
            self.added = added
            self.removed = removed
        }
    }

    /// Local endpoints that other policies or profiles judge than before, each once, with those that judge it now; `nil` for one
    /// that is gone.
    package var endpoints: [(key: ResourceKey, policies: EndpointPolicies?)] = []
    /// Policies and profiles whose ``PolicyIndex/rules(of:)`` or tier is another, or the kind of one of their sets.
    package var rules: Set<ResourceKey> = []
    package var sets: [MemberSet: SetChange] = [:]

    package init() {}
}
