import NetworkValues
import Policy
import Resources
import TestSupport
import Testing

/// Whatever happened before, what comes out depends on the present resources alone, and every change of it is told once.
@Suite struct ConvergenceTests {
    /// What somebody knows who heard of changes and nothing else.
    private struct Listener {
        var sets: [MemberSet: (kind: MemberSet.Kind, members: Set<MemberSet.Member>)] = [:]
        var endpoints: [ResourceKey: EndpointPolicies] = [:]
        var rules: [ResourceKey: ResolvedRules] = [:]
        var tiers: [ResourceKey: String] = [:]

        mutating func hear(_ changes: PolicyChanges, _ index: PolicyIndex) {
            for (set, change) in changes.sets {
                #expect(sets[set]?.kind == change.formerKind)
                let former = sets[set]?.members ?? []
                #expect(change.removed.isSubset(of: former))
                let kept = former.subtracting(change.removed)
                #expect(kept.isDisjoint(with: change.added))
                #expect(change.kind == change.formerKind || kept.isEmpty)
                #expect(change.kind != change.formerKind || !change.added.isEmpty || !change.removed.isEmpty)
                sets[set] = change.kind.map { ($0, kept.union(change.added)) }
            }
            for (key, _) in changes.endpoints {
                let now = index.policies(of: key)
                #expect(endpoints[key] != now || now == EndpointPolicies(), "told of nothing")
                endpoints[key] = now
            }
            let turned = Set(changes.sets.filter { $0.value.kind != $0.value.formerKind }.keys)
            for key in changes.rules {
                let now = index.rules(of: key)
                let asks = (now.map { $0.ingress + $0.egress } ?? []).flatMap(\.sets)
                #expect(
                    rules[key] != now || tiers[key] != index.tierName(of: key) || !turned.isDisjoint(with: asks),
                    "told of nothing")
                rules[key] = now
                tiers[key] = index.tierName(of: key)
            }
        }

        func expectAgreement(with index: PolicyIndex, about keys: Set<ResourceKey>) {
            #expect(Set(sets.keys) == Set(index.sets))
            for (set, known) in sets {
                #expect(known.kind == index.kind(of: set))
                #expect(known.members == index.members(of: set), "\(set)")
            }
            for key in keys {
                #expect((endpoints[key] ?? EndpointPolicies()) == index.policies(of: key))
                #expect(rules[key] == index.rules(of: key))
                #expect(rules[key] == nil || tiers[key] == index.tierName(of: key))
            }
            let asked = Set(rules.values.flatMap { $0.ingress + $0.egress }.flatMap(\.sets))
            #expect(asked == Set(sets.keys), "sets are there for the rules alone")
        }
    }

    @Test(arguments: 0..<60) func anyHistoryEndsAsIfNothingHadHappenedBefore(seed: UInt64) throws {
        let made = RandomResources(random: SplitMix(seed: seed))
        var index = PolicyIndex(node: "node1")
        var listener = Listener()
        var resources: [ResourceKey: Resource] = [:]
        var keys: Set<ResourceKey> = []
        for round in 0..<12 {
            for _ in 0..<Int.random(in: 1...(round == 0 ? 80 : 20), using: &made.random) {
                let resource = made.resource()
                keys.insert(resource.key)
                if Int.random(in: 0..<4, using: &made.random) == 0 {
                    resources[resource.key] = nil
                    index.remove(resource.key)
                } else {
                    resources[resource.key] = resource
                    index.put(resource)
                    if Bool.random(using: &made.random) { index.put(resource) }
                }
            }
            listener.hear(index.update(), index)
            for profile in ["p", "q", "kns.red", "ksa.red.ann"] { keys.insert(key(.profile, nil, profile)) }
            listener.expectAgreement(with: index, about: keys)
            try expectTruth(of: index, resources.values.shuffled(using: &made.random), keys)
            expectSilence(&index, Array(resources.values))
        }
        for key in resources.keys.shuffled(using: &made.random) { index.remove(key) }
        listener.hear(index.update(), index)
        #expect(listener.sets.isEmpty && listener.rules.isEmpty && index.isEmpty)
    }

    private func expectSilence(_ index: inout PolicyIndex, _ resources: [Resource]) {
        for resource in resources { index.put(resource) }
        let changes = index.update()
        #expect(changes.endpoints.isEmpty && changes.rules.isEmpty && changes.sets.isEmpty)
    }

    private func expectTruth(of index: PolicyIndex, _ resources: [Resource], _ keys: Set<ResourceKey>) throws {
        let fresh = PolicyIndex(resources)
        #expect(Set(fresh.sets) == Set(index.sets))
        for set in fresh.sets {
            #expect(fresh.kind(of: set) == index.kind(of: set))
            #expect(fresh.members(of: set) == index.members(of: set))
        }
        let reference = Reference(resources)
        var judging: Set<ResourceKey> = []
        for key in keys {
            #expect(fresh.policies(of: key) == index.policies(of: key))
            #expect(fresh.rules(of: key) == index.rules(of: key))
            var judges = index.policies(of: key)
            judging.formUnion(judges.tiers.flatMap { $0.ingress + $0.egress })
            judges.tiers = judges.tiers.compactMap(\.withoutKubernetes)
            var expected = reference.policies(of: key)
            expected.tiers = expected.tiers.compactMap(\.withoutKubernetes)
            #expect(judges == expected, "\(key)")
        }
        for case .networkPolicy(let policy) in resources {
            let rules = index.rules(of: policy.key)
            #expect((rules != nil) == judging.contains(policy.key))
            guard let rules else { continue }
            #expect(rules.ingress.map(\.rule) == (policy.directions.contains(.ingress) ? policy.ingress : []))
            #expect(rules.egress.map(\.rule) == (policy.directions.contains(.egress) ? policy.egress : []))
            for rule in rules.ingress + rules.egress {
                for (resolved, entity) in [(rule.source, rule.rule.source), (rule.destination, rule.rule.destination)] {
                    let expected = reference.end(entity, of: rule.rule, in: policy.namespace)
                    #expect(index.end(resolved) == expected, "\(policy.key): \(entity)")
                }
            }
        }
    }
}

extension EndpointPolicies.Tier {
    fileprivate var withoutKubernetes: Self? {
        func calico(_ keys: [ResourceKey]) -> [ResourceKey] { keys.filter { $0.kind != .kubernetesNetworkPolicy } }
        let tier = Self(
            name: name, defaultAction: defaultAction, ingress: calico(ingress), egress: calico(egress))
        return tier.ingress.isEmpty && tier.egress.isEmpty ? nil : tier
    }
}

extension PolicyIndex {
    fileprivate func end(_ end: ResolvedRule.End) -> Reference.End {
        func networks(_ sets: [MemberSet]) -> Set<IPPrefix>? {
            guard let set = sets.first, sets.count == 1 else { return nil }
            return Set(members(of: set).compactMap { if case .network(let network) = $0 { network } else { nil } })
        }
        func ports(_ set: MemberSet?) -> Set<String>? { set.map { Set(members(of: $0).map(\.text)) } }
        return Reference.End(
            members: networks(end.sets), excluded: networks(end.notSets), ports: ports(end.ports),
            notPorts: ports(end.notPorts))
    }
}
