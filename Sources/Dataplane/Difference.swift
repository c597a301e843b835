/// One object in which the kernel is not as wanted.
package struct Difference: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case missing, altered
        /// In a place that is ours, and nobody wants it.
        case unwanted
    }

    package let object: ObjectID
    package let kind: Kind
}

extension DataplaneTracker {
    /// Everything in which the kernel is not as wanted.
    package var differences: [Difference] {
        var differences: [Difference] = Self.differences(tables) { .table($0) }
        differences += Self.differences(sets) { .set($0) }
        differences += Self.differences(chains) { .chain($0) }
        for id in elements.pendingUpdates.keys {
            let isThere = elements.actual(id) != nil
            differences.append(Difference(object: .element(id), kind: isThere ? .altered : .missing))
        }
        for (id, _) in elements.pendingDeletions {
            differences.append(Difference(object: .element(id), kind: .unwanted))
        }
        differences += Self.differences(routes) { .route($0) }
        differences += Self.differences(neighbours) { .neighbour($0) }
        differences += Self.differences(sysctls) { .sysctl($0) }
        return differences
    }

    private static func differences<Key>(
        _ tracker: some ObjectTracker<Key, some Any>, _ id: (Key) -> ObjectID
    ) -> [Difference] {
        tracker.pendingUpdates.keys.map {
            Difference(object: id($0), kind: tracker.actual($0) == nil ? .missing : .altered)
        } + tracker.pendingDeletions.map { Difference(object: id($0.key), kind: .unwanted) }
    }
}
