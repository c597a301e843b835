/// What is wanted and what is there, per key, and where the two differ.
package protocol ObjectTracker<Key, Value>: Sendable {
    associatedtype Key: Hashable & Sendable
    associatedtype Value: Hashable & Sendable
    associatedtype Keys: Sequence<Key>
    associatedtype ActualKeys: Sequence<Key>
    associatedtype Deletions: Sequence<(key: Key, value: Value)>

    func desired(_ key: Key) -> Value?
    func actual(_ key: Key) -> Value?
    /// Whether the key is wanted and was last seen in the kernel with the wanted value.
    func isSettled(_ key: Key) -> Bool
    var desiredKeys: Keys { get }
    var actualKeys: ActualKeys { get }
    /// Wanted keys that are absent or different in the kernel, with the wanted value.
    var pendingUpdates: [Key: Value] { get }
    /// Keys in the kernel that nobody wants, with the value they have there.
    var pendingDeletions: Deletions { get }

    mutating func setDesired(_ value: Value?, for key: Key)
    mutating func setActual(_ value: Value?, for key: Key)
}

extension ObjectTracker {
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
}
