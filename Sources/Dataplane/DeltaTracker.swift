/// What is wanted and what is there, per key, and where the two differ.
///
/// A value that is wanted *and* there is held once. Every operation costs what it touches, never the whole: the
/// pending keys are kept, not searched for.
package struct DeltaTracker<Key: Hashable & Sendable, Value: Hashable & Sendable>: Sendable {
    /// Wanted and there, with equal values.
    private var settled: [Key: Value] = [:]
    /// Wanted, and absent or different in the kernel.
    private var wanted: [Key: Value] = [:]
    /// In the kernel, and not wanted or wanted differently.
    private var present: [Key: Value] = [:]

    package init() {}

    package func desired(_ key: Key) -> Value? { settled[key] ?? wanted[key] }

    package func actual(_ key: Key) -> Value? { settled[key] ?? present[key] }

    /// Whether the key is wanted and was last seen in the kernel with the wanted value.
    package func isSettled(_ key: Key) -> Bool { settled[key] != nil }

    package var desiredCount: Int { settled.count + wanted.count }

    package var actualCount: Int { settled.count + present.count }

    package var hasPending: Bool { !wanted.isEmpty || !present.isEmpty }

    /// Wanted keys that are absent or different in the kernel, with the wanted value.
    package var pendingUpdates: [Key: Value] { wanted }

    /// Keys in the kernel that nobody wants, with the value they have there.
    package var pendingDeletions: some Sequence<(key: Key, value: Value)> {
        present.lazy.filter { wanted[$0.key] == nil }.map { (key: $0.key, value: $0.value) }
    }

    package var desiredKeys: some Sequence<Key> { [Array(settled.keys), Array(wanted.keys)].joined() }

    package var actualKeys: some Sequence<Key> { [Array(settled.keys), Array(present.keys)].joined() }

    package mutating func setDesired(_ value: Value?, for key: Key) {
        settle(key, desired: value, actual: actual(key))
    }

    package mutating func setActual(_ value: Value?, for key: Key) {
        settle(key, desired: desired(key), actual: value)
    }

    /// What is there is now exactly `contents`; returns the keys whose actual value changed.
    @discardableResult
    package mutating func replaceActual(with contents: [Key: Value]) -> [Key] {
        replaceActual(with: contents, among: Set(actualKeys))
    }

    /// The same, but of the keys that were there only these are gone if `contents` leaves them out.
    mutating func replaceActual(with contents: [Key: Value], among keys: Set<Key>) -> [Key] {
        var changed: [Key] = []
        for key in keys where contents[key] == nil {
            setActual(nil, for: key)
            changed.append(key)
        }
        for (key, value) in contents where actual(key) != value {
            setActual(value, for: key)
            changed.append(key)
        }
        return changed
    }

    private mutating func settle(_ key: Key, desired: Value?, actual: Value?) {
        if let desired, desired == actual {
            settled[key] = desired
            wanted[key] = nil
            present[key] = nil
        } else {
            settled[key] = nil
            wanted[key] = desired
            present[key] = actual
        }
    }
}
