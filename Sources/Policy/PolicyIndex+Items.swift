import Resources

extension PolicyIndex {
    mutating func put(_ draft: ItemDraft) {
        let known = itemsByKey[draft.key]
        let former = known.map { items[$0] }
        var item = Item(
            key: draft.key, isLocal: draft.isLocal, networks: draft.networks.map { PackedMember($0) },
            ports: draft.ports)
        item.own = CommonLists.shared(
            draft.labels.map { labels.retain($0.key, $0.value) }.sorted { $0.pair < $1.pair }, &common.own)
        item.orchestrator = draft.orchestrator.map { labels.retain(InheritedLabel.orchestrator, $0) }
        item.namespace = draft.namespace.map { source(.namespace($0)) }
        if let namespace = draft.namespace, let account = draft.account {
            item.account = source(.account(namespace: namespace, name: account))
        }
        item.profiles = CommonLists.shared(draft.profiles.map { source(.profile($0)) }, &common.profiles)
        let id: Item.ID
        if let known, let former {
            item.labels = former.labels
            item.queries = former.queries
            // What the former version referred to is referred to twice if the new one does so too.
            items[known] = item
            id = known
            for source in former.sources where !item.sources.contains(source) {
                sources[source].items.remove(known)
            }
        } else {
            id = items.insert(item)
            itemsByKey[draft.key] = id
            if draft.key.kind == .workloadEndpoint { endpointCount += 1 }
        }
        for source in item.sources {
            sources[source].items.insert(id)
        }
        if item.isLocal { localItems.insert(id) } else { localItems.remove(id) }
        if item.isLocal != former?.isLocal || item.isLocal && item.profiles != former?.profiles {
            staleEndpoints.insert(item.key)
        }
        if let former, !item.contributes(as: former) {
            for query in item.queries {
                contribute(item, to: query, 1)
                contribute(former, to: query, -1)
            }
        }
        relabel(id, isNew: former == nil)
        // Only now: until here the item was found by its former labels.
        if let former {
            release(former)
        }
    }

    mutating func removeItem(_ key: ResourceKey) {
        guard let id = itemsByKey[key] else { return }
        itemsByKey[key] = nil
        if key.kind == .workloadEndpoint { endpointCount -= 1 }
        let item = items[id]
        if item.isLocal {
            localItems.remove(id)
            staleEndpoints.insert(key)
        }
        for query in item.queries {
            leave(item, query)
        }
        setLabels(of: id, to: [])
        for source in item.sources {
            sources[source].items.remove(id)
        }
        items.remove(id)
        release(item)
    }

    /// Drops the references that an item, or its former version, holds.
    private mutating func release(_ item: Item) {
        for label in item.own {
            labels.release(label)
        }
        if let orchestrator = item.orchestrator {
            labels.release(orchestrator)
        }
        for source in item.sources {
            dropUnused(source)
        }
    }

    /// Brings an item's labels, and the selectors that select it, up to date with what it has and inherits.
    mutating func relabel(_ id: Item.ID, isNew: Bool = false) {
        let effective = CommonLists.shared(effectiveLabels(of: items[id]), &common.labels)
        guard isNew || effective != items[id].labels else { return }
        setLabels(of: id, to: effective)
        let former = items[id].queries
        let now = CommonLists.shared(matchingQueries(effective), &common.queries)
        guard former != now else { return }
        items[id].queries = now
        let item = items[id]
        for query in now where !former.contains(query) {
            join(item, query)
        }
        for query in former where !now.contains(query) {
            leave(item, query)
        }
        if item.isLocal {
            staleEndpoints.insert(item.key)
        }
    }

    /// What is forced upon it, then its own, then its profiles' in their order; the first to give a label decides.
    private func effectiveLabels(of item: Item) -> [Label] {
        var effective: [Label] = []
        func add(_ labels: [Label]) {
            for label in labels where !effective.contains(where: { $0.key == label.key }) {
                effective.append(label)
            }
        }
        for source in [item.namespace, item.account] {
            if let source { add(sources[source].labels) }
        }
        if let orchestrator = item.orchestrator { add([orchestrator]) }
        add(item.own)
        for profile in item.profiles {
            add(sources[profile].labels)
        }
        return effective.sorted { $0.pair < $1.pair }
    }

    private mutating func setLabels(of id: Item.ID, to new: [Label]) {
        let former = items[id].labels
        for label in former where !new.contains(label) {
            labels.pairs[label.pair].items.remove(id)
            labels.keys[label.key].items -= 1
        }
        for label in new where !former.contains(label) {
            labels.pairs[label.pair].items.insert(id)
            labels.keys[label.key].items += 1
        }
        items[id].labels = new
    }
}

extension PolicyIndex {
    /// Where items inherit from, if need be from nothing: the names of a namespace and an account are inherited too.
    mutating func source(_ name: LabelSource.Name) -> LabelSource.ID {
        if let id = sourcesByName[name] { return id }
        let id = sources.insert(LabelSource(name: name, labels: retain(labels(from: name, [:]))))
        sourcesByName[name] = id
        return id
    }

    /// Takes the labels of the resource that items inherit from.
    /// - Parameter given: `nil` without a resource.
    mutating func setSource(_ name: LabelSource.Name, labels given: [String: String]?) {
        let id = source(name)
        sources[id].exists = given != nil
        let former = sources[id].labels
        let new = retain(labels(from: name, given ?? [:]))
        if new != former {
            sources[id].labels = new
            for item in Array(sources[id].items) {
                relabel(item)
            }
        }
        for label in former {
            labels.release(label)
        }
        dropUnused(id)
    }

    private mutating func retain(_ texts: [String: String]) -> [Label] {
        texts.map { labels.retain($0.key, $0.value) }.sorted { $0.pair < $1.pair }
    }

    private func labels(from name: LabelSource.Name, _ given: [String: String]) -> [String: String] {
        let forced: [String: String]
        let prefix: String
        switch name {
        case .profile: return given
        case .namespace(let name):
            prefix = InheritedLabel.namespacePrefix
            forced = [InheritedLabel.namespace: name, prefix + InheritedLabel.name: name]
        case .account(_, let name):
            prefix = InheritedLabel.accountPrefix
            forced = [InheritedLabel.account: name, prefix + InheritedLabel.name: name]
        }
        return forced.merging(given.map { (prefix + $0.key, $0.value) }) { forced, _ in forced }
    }

    private mutating func dropUnused(_ id: LabelSource.ID) {
        let source = sources[id]
        guard !source.exists, source.items.isEmpty, sourcesByName[source.name] == id else { return }
        for label in source.labels {
            labels.release(label)
        }
        sourcesByName[source.name] = nil
        sources.remove(id)
    }
}
