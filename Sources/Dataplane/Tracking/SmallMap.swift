/// A dictionary of few keys, which are compared one by one: without hashes, and in the order in which they were added.
package struct SmallMap<Key: Hashable & Sendable, Value: Hashable & Sendable>: Hashable, Sendable {
    package struct Entry: Hashable, Sendable {
        package let key: Key
        package var value: Value
    }

    private var entries: [Entry] = []

    package init() {}

    package var isEmpty: Bool { entries.isEmpty }
    package var count: Int { entries.count }
    package var keys: some Collection<Key> { entries.lazy.map(\.key) }

    package subscript(key: Key) -> Value? {
        get { entries.first { $0.key == key }?.value }
        set {
            guard let place = entries.firstIndex(where: { $0.key == key }) else {
                if let newValue { entries.append(Entry(key: key, value: newValue)) }
                return
            }
            if let newValue { entries[place].value = newValue } else { entries.remove(at: place) }
        }
    }

    mutating func reserve(_ count: Int) { entries.reserveCapacity(count) }

    /// Adds a key that is not there.
    mutating func append(_ value: Value, for key: Key) { entries.append(Entry(key: key, value: value)) }
}

extension SmallMap: Sequence {
    package func makeIterator() -> some IteratorProtocol<(key: Key, value: Value)> {
        entries.lazy.map { (key: $0.key, value: $0.value) }.makeIterator()
    }
}
