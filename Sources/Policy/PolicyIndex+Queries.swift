import Selectors

extension PolicyIndex {
    /// A selector, evaluated from now on until ``release(_:)`` was called as often as this.
    mutating func retain(_ expression: Selector.Expression) -> Query.ID {
        let text = expression.description
        if let id = queriesByText[text] {
            queries[id].references += 1
            return id
        }
        let condition = Condition(expression, &labels)
        let anchors = condition.anchors(labels)
        let id = queries.insert(Query(text: text, condition: condition, anchors: anchors, references: 1))
        queriesByText[text] = id
        for anchor in anchors ?? [] {
            switch anchor {
            case .key(let key): labels.keys[key].queries.append(id)
            case .pair(let pair): labels.pairs[pair].queries.append(id)
            }
        }
        if anchors == nil {
            unanchored.append(id)
        }
        for item in candidates(anchors) where condition.matches(items[item].labels, labels) {
            // In order, as ``matchingQueries(_:)`` gives them.
            let place = items[item].queries.firstIndex { id < $0 } ?? items[item].queries.endIndex
            items[item].queries.insert(id, at: place)
            queries[id].items += 1
            if items[item].isEndpoint {
                queries[id].endpoints += 1
            }
        }
        return id
    }

    mutating func release(_ id: Query.ID) {
        queries[id].references -= 1
        guard queries[id].references == 0 else { return }
        let query = queries[id]
        for item in members(of: id) {
            items[item].queries.removeAll { $0 == id }
        }
        for anchor in query.anchors ?? [] {
            switch anchor {
            case .key(let key): labels.keys[key].queries.removeAll { $0 == id }
            case .pair(let pair): labels.pairs[pair].queries.removeAll { $0 == id }
            }
        }
        if query.anchors == nil {
            unanchored.removeAll { $0 == id }
        }
        query.condition.release(from: &labels)
        queriesByText[query.text] = nil
        queries.remove(id)
    }

    /// The items that a selector selects.
    func members(of id: Query.ID) -> [Item.ID] {
        guard queries[id].items > 0 else { return [] }
        return candidates(queries[id].anchors).filter { items[$0].queries.contains(id) }
    }

    /// The items that have one of the labels, each once.
    private func candidates(_ anchors: [Anchor]?) -> [Item.ID] {
        guard let anchors else {
            var all: [Item.ID] = []
            itemsByKey.forEachValue { all.append($0) }
            return all
        }
        var found: [Item.ID] = []
        for anchor in anchors {
            switch anchor {
            case .pair(let pair): found += labels.pairs[pair].items
            case .key(let key):
                for pair in labels.keys[key].pairs {
                    found += labels.pairs[pair].items
                }
            }
        }
        return anchors.count > 1 ? Array(Set(found)) : found
    }

    /// The selectors that select something with these labels, in the order of their numbers.
    func matchingQueries(_ found: [Label]) -> [Query.ID] {
        var candidates = unanchored
        for label in found {
            candidates += labels.pairs[label.pair].queries
            candidates += labels.keys[label.key].queries
        }
        candidates.sort()
        var matching: [Query.ID] = []
        var former: Query.ID?
        for id in candidates where id != former {
            former = id
            if queries[id].condition.matches(found, labels) {
                matching.append(id)
            }
        }
        return matching
    }

    mutating func join(_ item: Item, _ query: Query.ID) {
        queries[query].items += 1
        if item.isEndpoint {
            queries[query].endpoints += 1
        }
        contribute(item, to: query, 1)
    }

    mutating func leave(_ item: Item, _ query: Query.ID) {
        queries[query].items -= 1
        if item.isEndpoint {
            queries[query].endpoints -= 1
        }
        contribute(item, to: query, -1)
    }

    /// Adds what an item brings into the sets of a selector, or with -1 takes it away.
    mutating func contribute(_ item: Item, to query: Query.ID, _ difference: Int) {
        for table in queries[query].tables {
            tables[table].count(item, difference)
            staleTables.insert(table)
        }
    }
}
