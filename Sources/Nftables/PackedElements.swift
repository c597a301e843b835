/// What an ``ElementList`` of many elements refers to.
@usableFromInline
final class PackedElements: @unchecked Sendable {
    // Only an `ElementList` that alone refers to it changes it, so that whether two do so at once need not be checked at
    // each access: that would cost as much as the access, for hundreds of thousands of elements.

    /// In bytes.
    @exclusivity(unchecked) @usableFromInline var keyLength: Int
    /// In words.
    @exclusivity(unchecked) @usableFromInline var stride: Int
    /// The places of the elements among ``keys`` and ``targets``, which are another's table then; empty where they stand one
    /// behind the other.
    @exclusivity(unchecked) @usableFromInline var rows: [UInt32] = []
    /// Key by key, filled up with zeros.
    @exclusivity(unchecked) @usableFromInline var keys: [UInt64] = []
    /// Empty as long as no element has one.
    @exclusivity(unchecked) @usableFromInline var targets: [Element.Target] = []
    /// All of them, once one is more than a key and a target, or its key is of another length than the first one's.
    @exclusivity(unchecked) @usableFromInline var various: [Element] = []
    @exclusivity(unchecked) @usableFromInline var count = 0

    @usableFromInline
    init(capacity: Int, keyLength: Int) {
        (self.keyLength, stride) = (keyLength, (keyLength + 7) / 8)
        keys.reserveCapacity(capacity * stride)
    }

    @usableFromInline
    convenience init(_ elements: [Element]) {
        self.init(capacity: 2 * elements.count, keyLength: elements.first?.key.count ?? 0)
        for element in elements { append(element) }
    }

    init(rows: [UInt32], keys: [UInt64], keyLength: Int, targets: [Element.Target]) {
        (self.keyLength, stride, count) = (keyLength, (keyLength + 7) / 8, rows.count)
        (self.rows, self.keys, self.targets) = (rows, keys, targets)
    }

    @usableFromInline
    init(_ other: PackedElements) {
        (keyLength, stride, count) = (other.keyLength, other.stride, other.count)
        (rows, keys, targets, various) = (other.rows, other.keys, other.targets, other.various)
    }

    /// From now on the elements stand one behind the other.
    @usableFromInline
    func gather() {
        let (former, formerTargets) = (keys, targets)
        (keys, targets) = ([], [])
        keys.reserveCapacity(2 * count * stride)
        for row in rows {
            keys += former[(Int(row) * stride)...].prefix(stride)
            if !formerTargets.isEmpty { targets.append(formerTargets[Int(row)]) }
        }
        rows = []
    }

    @inlinable
    func place(_ position: Int) -> Int { rows.isEmpty ? position : Int(rows[position]) }

    @usableFromInline
    func append(_ element: Element) {
        if element.isKeyAlone { append(element.key, element.target) } else { add(various: element) }
    }

    @inlinable
    func append(_ key: ElementKey, _ target: Element.Target) {
        if !rows.isEmpty { gather() }
        if count == 0 { (keyLength, stride) = (key.count, (key.count + 7) / 8) }
        guard various.isEmpty, key.count == keyLength else { return add(various: Element(key, target: target)) }
        key.withUnsafeWords { words in
            for word in 0..<stride { keys.append(words[word]) }
        }
        count += 1
        if case .none = target, targets.isEmpty { return }
        if targets.isEmpty { targets = [Element.Target](repeating: .none, count: count - 1) }
        targets.append(target)
    }

    /// Adds a key alone.
    @inlinable
    func append(_ key: UnsafeRawBufferPointer) {
        guard count > 0, rows.isEmpty, various.isEmpty, targets.isEmpty, key.count == keyLength else {
            return append(ElementKey(bytes: key), .none)
        }
        let start = keys.count
        for _ in 0..<stride { keys.append(0) }
        keys.withUnsafeMutableBytes {
            UnsafeMutableRawBufferPointer(rebasing: $0[(start * 8)...].prefix(keyLength)).copyMemory(from: key)
        }
        count += 1
    }

    func replace(at position: Int, with element: Element) {
        if various.isEmpty { spread() }
        various[position] = element
    }

    func removeLast() {
        if !rows.isEmpty { gather() }
        count -= 1
        guard various.popLast() == nil else { return }
        keys.removeLast(stride)
        _ = targets.popLast()
    }

    @usableFromInline
    func add(various element: Element) {
        if various.isEmpty { spread() }
        various.append(element)
        count += 1
    }

    /// From now on each element is kept as what it is.
    private func spread() {
        let former = (0..<count).map { self[$0] }
        (rows, keys, targets, various) = ([], [], [], former)
    }

    @inlinable
    var loneKeyLength: Int? { various.isEmpty ? keyLength : nil }

    @inlinable
    func target(at position: Int) -> Element.Target {
        guard various.isEmpty else { return various[position].target }
        return targets.isEmpty ? .none : targets[place(position)]
    }

    @inlinable
    func key(at position: Int) -> ElementKey { withUnsafeKey(at: position) { ElementKey(bytes: $0) } }

    @inlinable
    func withUnsafeKey<Result>(at position: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        keys.withUnsafeBytes {
            body(UnsafeRawBufferPointer(rebasing: $0[(place(position) * stride * 8)...].prefix(keyLength)))
        }
    }

    @inlinable
    subscript(position: Int) -> Element {
        guard various.isEmpty else { return various[position] }
        return Element(key(at: position), target: target(at: position))
    }
}
