import Resources
import Selectors

extension PolicyIndex {
    /// What has changed since this was last asked. Nothing above takes effect on any query before.
    package mutating func update() -> PolicyChanges {
        var changes = PolicyChanges()
        updateEndpoints(&changes)
        updateRules(&changes)
        updateTables(&changes)
        return changes
    }

    private mutating func updateEndpoints(_ changes: inout PolicyChanges) {
        if !staleTiers.isEmpty {
            for (key, policies) in view.endpoints where policies.tiers.contains(where: { staleTiers.contains($0.name) })
            {
                staleEndpoints.insert(key)
            }
            staleTiers = []
        }
        // Endpoints that the same selectors select share one list, and with the same profiles all of it.
        var lists: [[LabelSource.ID]: [[Query.ID]: EndpointPolicies]] = [:]
        // How many more endpoints each list judges than before.
        var shifts: [EndpointPolicies: Int] = [:]
        // Thousands in a row have the same: two lists are compared faster than one is hashed.
        var last: (queries: [Query.ID], profiles: [LabelSource.ID], policies: EndpointPolicies, count: Int)?
        changes.endpoints.reserveCapacity(staleEndpoints.count)
        view.endpoints.reserveCapacity(staleEndpoints.count)
        for key in staleEndpoints {
            guard let id = itemsByKey[key], items[id].isLocal else {
                guard let former = view.endpoints.removeValue(forKey: key) else { continue }
                shifts[former, default: 0] -= 1
                changes.endpoints.append((key, nil))
                continue
            }
            if last?.queries != items[id].queries || last?.profiles != items[id].profiles {
                if let last { shifts[last.policies, default: 0] += last.count }
                let policies = policies(of: items[id], &lists)
                last = (items[id].queries, items[id].profiles, policies, 0)
            }
            guard let policies = last?.policies else { continue }
            last?.count += 1
            let former = view.endpoints.updateValue(policies, forKey: key)
            if let former { shifts[former, default: 0] -= 1 }
            if policies != former { changes.endpoints.append((key, policies)) }
        }
        if let last { shifts[last.policies, default: 0] += last.count }
        staleEndpoints = []
        // Lists of endpoints that are gone are not kept for ever.
        if knownJudges.count > localItems.count + 64 { knownJudges = [:] }
        for (list, shift) in shifts where shift != 0 {
            for judge in list.judges {
                let sum = judged[judge, default: 0] + shift
                if sum == 0 || judged[judge] == nil { staleRules.insert(judge) }
                judged[judge] = sum == 0 ? nil : sum
            }
        }
    }

    private mutating func policies(
        of item: Item, _ lists: inout [[LabelSource.ID]: [[Query.ID]: EndpointPolicies]]
    ) -> EndpointPolicies {
        let selecting = item.queries.filter { !queries[$0].policies.isEmpty }
        if let known = lists[item.profiles]?[selecting] { return known }
        let selected = knownJudges[selecting] ?? judges(selecting)
        knownJudges[selecting] = selected
        let policies = EndpointPolicies(tiers: selected, profiles: item.profiles.map { profileName($0) })
        lists[item.profiles, default: [:]][selecting] = policies
        return policies
    }

    private func profileName(_ source: LabelSource.ID) -> String {
        if case .profile(let name) = sources[source].name { name } else { "" }
    }

    private mutating func updateRules(_ changes: inout PolicyChanges) {
        for key in staleRules {
            let resolved = judged[key] == nil ? nil : resolve(key)
            let former = view.rules[key]
            // The tier's name stands beside each rule.
            let tier = resolved == nil ? nil : policiesByKey[key].map { policies[$0].policy.tier }
            guard resolved?.rules != former || tier != view.tiers[key] else { continue }
            changes.rules.insert(key)
            view.rules[key] = resolved?.rules
            view.tiers[key] = tier
            let sets = resolved?.rules.sets ?? []
            let formerSets = former?.sets ?? []
            for set in sets where !formerSets.contains(set) {
                use(set, resolved?.selectors.selectors[set.selector] ?? .all, by: key)
            }
            for set in formerSets where !sets.contains(set) {
                guard let table = tablesBySet[set] else { continue }
                tables[table].users.remove(key)
                staleTables.insert(table)
            }
        }
        staleRules = []
    }

    private mutating func use(_ set: MemberSet, _ expression: Selector.Expression, by user: ResourceKey) {
        if let table = tablesBySet[set] {
            tables[table].users.insert(user)
            return
        }
        let query = retain(expression)
        var table = MemberTable(set: set, query: query)
        table.users = [user]
        for item in members(of: query) {
            table.count(items[item], 1)
        }
        let id = tables.insert(table)
        tablesBySet[set] = id
        queries[query].tables.append(id)
        staleTables.insert(id)
    }

    private mutating func updateTables(_ changes: inout PolicyChanges) {
        for id in staleTables {
            let set = tables[id].set
            if let change = tables[id].update() {
                changes.sets[set] = change
                if change.kind != change.formerKind {
                    view.kinds[set] = change.kind
                    changes.rules.formUnion(tables[id].users)
                }
            }
            guard tables[id].users.isEmpty else { continue }
            let query = tables[id].query
            queries[query].tables.removeAll { $0 == id }
            tablesBySet[set] = nil
            tables.remove(id)
            release(query)
        }
        staleTables = []
    }
}

extension ResolvedRules {
    fileprivate var sets: Set<MemberSet> { Set((ingress + egress).flatMap(\.sets)) }
}
