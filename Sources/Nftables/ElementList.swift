/// Elements of one set.
///
/// Many of them stand one behind the other in one piece of memory: as an array of ten thousand ``Element``s they would take
/// several times as much, most of it zeros. A few are an array: a change of one endpoint makes two dozen such lists and
/// passes them from hand to hand.
public struct ElementList: Sendable {
    @usableFromInline
    enum Content: Sendable {
        case few([Element])
        case many(PackedElements)
    }

    @usableFromInline var content = Content.few([])

    @usableFromInline static let manyElements = 64

    @inlinable
    public init() {}

    /// - Parameter capacity: For so many elements there is room, whose keys have `keyLength` bytes.
    @inlinable
    public init(capacity: Int, keyLength: Int) {
        if capacity >= Self.manyElements {
            content = .many(PackedElements(capacity: capacity, keyLength: keyLength))
        } else if capacity > 0 {
            var list: [Element] = []
            list.reserveCapacity(capacity)
            content = .few(list)
        }
    }

    public init(_ elements: some Sequence<Element>) { append(contentsOf: elements) }

    /// Those in some rows of a table. Many of them are not copied, as long as the table stays as it is.
    /// - Parameters:
    ///   - keys: Row by row, each filled up with zeros to whole words.
    ///   - keyLength: In bytes, of all keys.
    ///   - targets: By row; empty where none has one.
    public init(rows: [UInt32], keys: [UInt64], keyLength: Int, targets: [Element.Target]) {
        guard rows.count < Self.manyElements else {
            content = .many(PackedElements(rows: rows, keys: keys, keyLength: keyLength, targets: targets))
            return
        }
        let stride = (keyLength + 7) / 8 * 8
        content = .few(
            rows.map { row in
                let key = keys.withUnsafeBytes {
                    ElementKey(bytes: UnsafeRawBufferPointer(rebasing: $0[(Int(row) * stride)...].prefix(keyLength)))
                }
                return Element(key, target: targets.isEmpty ? .none : targets[Int(row)])
            })
    }

    @inlinable
    public mutating func append(_ element: Element) {
        change {
            $0.append(element)
        } packed: {
            $0.append(element)
        }
    }

    /// Adds one that is no range.
    @inlinable
    public mutating func append(_ key: ElementKey, _ target: Element.Target = .none) {
        change {
            $0.append(Element(key, target: target))
        } packed: {
            $0.append(key, target)
        }
    }

    /// Adds whatever `body` does: whether anybody else has this list is asked but once.
    @inlinable
    public mutating func append(_ body: (Appender) -> Void) {
        var elements = taken()
        if !isKnownUniquelyReferenced(&elements) { elements = PackedElements(elements) }
        body(Appender(elements))
        let isMany = elements.count >= Self.manyElements
        content = isMany ? .many(elements) : .few((0..<elements.count).map { elements[$0] })
    }

    /// The elements packed, which stand nowhere else in this list while they are changed.
    @inlinable
    mutating func taken() -> PackedElements {
        defer { content = .few([]) }
        return switch content {
        case .few(let list): PackedElements(list)
        case .many(let packed): packed
        }
    }

    /// Adds to one list as long as it is at it.
    public struct Appender {
        @usableFromInline let elements: PackedElements

        @usableFromInline
        init(_ elements: PackedElements) { self.elements = elements }

        @inlinable
        public func append(_ element: Element) { elements.append(element) }

        /// Adds a key alone, of at most ``ElementKey/longest`` bytes.
        @inlinable
        public func append(_ key: UnsafeRawBufferPointer) { elements.append(key) }
    }

    /// Puts an element in another one's place.
    public mutating func replace(at position: Int, with element: Element) {
        change {
            $0[position] = element
        } packed: {
            $0.replace(at: position, with: element)
        }
    }

    public mutating func removeLast() {
        change {
            $0.removeLast()
        } packed: {
            $0.removeLast()
        }
    }

    public mutating func append(contentsOf elements: some Sequence<Element>) {
        for element in elements { append(element) }
    }

    public static func + (left: Self, right: Self) -> Self {
        if left.isEmpty { return right }
        if right.isEmpty { return left }
        var list = left
        list.append(contentsOf: right)
        return list
    }

    /// Changes what nobody else has.
    @inlinable @inline(__always)
    mutating func change(_ list: (inout [Element]) -> Void, packed change: (PackedElements) -> Void) {
        // While it is changed it stands nowhere else: a second reference would have it copied.
        switch content {
        case .few(var elements):
            content = .few([])
            list(&elements)
            content = elements.count < Self.manyElements ? .few(elements) : .many(PackedElements(elements))
        case .many(var elements):
            content = .few([])
            if !isKnownUniquelyReferenced(&elements) { elements = PackedElements(elements) }
            change(elements)
            content = .many(elements)
        }
    }

    /// Where they are few, the elements as they are kept.
    @inlinable
    public var array: [Element]? {
        if case .few(let elements) = content { elements } else { nil }
    }

    // MARK: Many

    /// The length of all keys, where there are many elements and each is a key alone, beside its target; else `nil`.
    @inlinable
    public var loneKeyLength: Int? {
        if case .many(let elements) = content { elements.loneKeyLength } else { nil }
    }

    /// Whether it is known, without looking at them, that there are many elements and none has a target.
    @inlinable
    public var isUntargeted: Bool {
        if case .many(let elements) = content { elements.various.isEmpty && elements.targets.isEmpty } else { false }
    }

    @inlinable
    public func target(at position: Int) -> Element.Target {
        switch content {
        case .few(let elements): elements[position].target
        case .many(let elements): elements.target(at: position)
        }
    }

    /// - Parameter body: Takes the bytes of a key of ``loneKeyLength``.
    @inlinable
    public func withUnsafeKey<Result>(at position: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        switch content {
        case .few(let elements): elements[position].key.withUnsafeBytes(body)
        case .many(let elements): elements.withUnsafeKey(at: position, body)
        }
    }
}

extension ElementList {
    /// - Parameter body: Takes the keys, each filled up with zeros to whole words, and the targets if there are any.
    /// - Returns: `nil` unless the elements are many and stand one behind the other, each a key of this length alone.
    @inlinable
    public func withUnsafeKeys<Result>(
        ofLength length: Int, _ body: (UnsafePointer<UInt64>, [Element.Target]) -> Result
    ) -> Result? {
        guard case .many(let elements) = content, elements.keyLength == length, elements.rows.isEmpty,
            elements.various.isEmpty
        else { return nil }
        return elements.keys.withUnsafeBufferPointer { keys in
            keys.baseAddress.map { body($0, elements.targets) }
        }
    }

    /// - Parameter body: Takes the rows of the elements in the table that they were taken from, and its keys.
    /// - Returns: `nil` unless that is known, and all keys are of this length.
    @inlinable
    public func withUnsafeRows<Result>(
        ofLength length: Int, _ body: ([UInt32], UnsafePointer<UInt64>) -> Result
    ) -> Result? {
        guard case .many(let elements) = content, elements.keyLength == length, !elements.rows.isEmpty else {
            return nil
        }
        return elements.keys.withUnsafeBufferPointer { keys in
            keys.baseAddress.map { body(elements.rows, $0) }
        }
    }
}

extension ElementList: RandomAccessCollection {
    /// Asks but once how the elements are kept.
    public struct Iterator: IteratorProtocol {
        @usableFromInline var few: IndexingIterator<[Element]>
        @usableFromInline let many: PackedElements?
        @usableFromInline var position = 0

        @inlinable
        init(_ content: Content) {
            switch content {
            case .few(let elements): (few, many) = (elements.makeIterator(), nil)
            case .many(let elements): (few, many) = ([Element]().makeIterator(), elements)
            }
        }

        @inlinable
        public mutating func next() -> Element? {
            guard let many else { return few.next() }
            guard position < many.count else { return nil }
            position += 1
            return many[position - 1]
        }
    }

    @inlinable
    public func makeIterator() -> Iterator { Iterator(content) }

    @inlinable
    public var startIndex: Int { 0 }

    @inlinable
    public var endIndex: Int {
        switch content {
        case .few(let elements): elements.count
        case .many(let elements): elements.count
        }
    }

    @inlinable
    public subscript(position: Int) -> Element {
        switch content {
        case .few(let elements): elements[position]
        case .many(let elements): elements[position]
        }
    }
}

extension ElementList: ExpressibleByArrayLiteral {
    public init(arrayLiteral elements: Element...) { self.init(elements) }
}

extension ElementList: Hashable {
    public static func == (left: Self, right: Self) -> Bool { left.elementsEqual(right) }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(count)
        for element in self { hasher.combine(element) }
    }
}
