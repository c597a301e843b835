package import Resources

/// A rule with its selectors resolved to sets. Everything else is in ``rule``, numbered ports among it.
package struct ResolvedRule: Hashable, Sendable {
    /// One end of the rule, as far as it is about sets.
    package struct End: Hashable, Sendable {
        /// The address must be in all of these.
        package var sets: [MemberSet] = []
        /// The address must be in none of these.
        package var notSets: [MemberSet] = []
        /// Address, protocol and port may be in this, instead of the port's being one of the rule's numbered ones.
        package var ports: MemberSet?
        /// Address, protocol and port must not be in this.
        package var notPorts: MemberSet?

        package init() {}
    }

    package var rule: Rule
    package var source = End()
    package var destination = End()

    package init(_ rule: Rule) {
        self.rule = rule
    }

    package var sets: [MemberSet] {
        [source, destination].flatMap { $0.sets + $0.notSets + [$0.ports, $0.notPorts].compactMap(\.self) }
    }
}

/// All rules of a policy or a profile.
package struct ResolvedRules: Hashable, Sendable {
    package var ingress: [ResolvedRule]
    package var egress: [ResolvedRule]

    package init(ingress: [ResolvedRule] = [], egress: [ResolvedRule] = []) {
        self.ingress = ingress
        self.egress = egress
    }
}
