/// Elements of one set, one behind the other in one piece of memory: as an array of ten thousand ``Element``s they would take
/// several times as much, most of it zeros.
public struct ElementList: Sendable {
    /// In bytes.
    @usableFromInline var keyLength = 0
    /// In words.
    @usableFromInline var stride = 0
    /// Key by key, filled up with zeros.
    @usableFromInline var keys: [UInt64] = []
    /// Empty as long as no element has one.
    @usableFromInline var targets: [Element.Target] = []
    /// All of them, once one is more than a key and a target, or its key is of another length than the first one's.
    @usableFromInline var various: [Element] = []
    @usableFromInline var length = 0

    @inlinable
    public init() {}

    /// - Parameter capacity: For so many elements there is room, whose keys have `keyLength` bytes.
    @inlinable
    public init(capacity: Int, keyLength: Int) {
        (self.keyLength, stride) = (keyLength, (keyLength + 7) / 8)
        keys.reserveCapacity(capacity * stride)
    }

    public init(_ elements: some Sequence<Element>) { append(contentsOf: elements) }

    @inlinable
    public mutating func append(_ element: Element) {
        guard element.isKeyAlone else { return spread(with: element) }
        append(element.key, element.target)
    }

    /// Adds one that is no range.
    @inlinable
    public mutating func append(_ key: ElementKey, _ target: Element.Target = .none) {
        if length == 0 { (keyLength, stride) = (key.count, (key.count + 7) / 8) }
        guard various.isEmpty, key.count == keyLength else { return spread(with: Element(key, target: target)) }
        key.withUnsafeWords { words in
            for word in 0..<stride { keys.append(words[word]) }
        }
        if case .none = target {
            if !targets.isEmpty { targets.append(.none) }
        } else {
            if targets.isEmpty {
                targets.reserveCapacity(keys.capacity / Swift.max(stride, 1))
                for _ in 0..<length { targets.append(.none) }
            }
            targets.append(target)
        }
        length += 1
    }

    /// Puts an element in another one's place.
    public mutating func replace(at position: Int, with element: Element) {
        if various.isEmpty { spread() }
        various[position] = element
    }

    public mutating func removeLast() {
        length -= 1
        guard various.popLast() == nil else { return }
        keys.removeLast(stride)
        if !targets.isEmpty { targets.removeLast() }
    }

    public mutating func append(contentsOf elements: some Sequence<Element>) {
        for element in elements { append(element) }
    }

    @usableFromInline
    mutating func spread(with element: Element) {
        if various.isEmpty { spread() }
        various.append(element)
        length += 1
    }

    /// From now on each element is kept as what it is.
    private mutating func spread() {
        let former = Array(self)
        (keys, targets, various) = ([], [], former)
    }

    /// The length of all keys, where each element is a key alone without a target; else `nil`.
    @inlinable
    public var plainKeyLength: Int? { various.isEmpty && targets.isEmpty ? keyLength : nil }

    /// A key of ``plainKeyLength``.
    @inlinable
    public func key(at position: Int) -> ElementKey { withUnsafeKey(at: position) { ElementKey(bytes: $0) } }

    /// - Parameter body: Takes the bytes of a key of ``plainKeyLength``.
    @inlinable
    public func withUnsafeKey<Result>(at position: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        keys.withUnsafeBytes {
            body(UnsafeRawBufferPointer(rebasing: $0[(position * stride * 8)...].prefix(keyLength)))
        }
    }

    public static func + (left: Self, right: Self) -> Self {
        var list = left
        list.append(contentsOf: right)
        return list
    }
}

extension ElementList: RandomAccessCollection {
    public var startIndex: Int { 0 }

    @inlinable
    public var endIndex: Int { length }

    @inlinable
    public subscript(position: Int) -> Element {
        guard various.isEmpty else { return various[position] }
        return Element(key(at: position), target: targets.isEmpty ? .none : targets[position])
    }
}

extension ElementList: ExpressibleByArrayLiteral {
    public init(arrayLiteral elements: Element...) { self.init(elements) }
}

extension ElementList: Hashable {
    public static func == (left: Self, right: Self) -> Bool { left.elementsEqual(right) }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(length)
        for element in self { hasher.combine(element) }
    }
}
