/// A node of a YAML document and where it stands.
///
/// Scalars stay text: what `010` or `no` means is for whoever knows the field. Mappings keep their order and their
/// duplicate keys.
public struct YAMLNode: Sendable {
    public struct Scalar: Hashable, Sendable {
        public var text: String
        /// Whether the text stands without quotes, block indicator or tag.
        public var isPlain: Bool

        public init(text: String, isPlain: Bool) {
            self.text = text
            self.isPlain = isPlain
        }
    }

    public enum Content: Sendable {
        case scalar(Scalar)
        case sequence([YAMLNode])
        case mapping([Pair])
    }

    /// A field. No tuple: arrays of tuples are copied by the runtime, element by element.
    public struct Pair: Sendable {
        public let key: YAMLNode
        public let value: YAMLNode
        /// Of the key's text.
        let fingerprint: KeyFingerprint

        public init(_ key: YAMLNode, _ value: YAMLNode) {
            (self.key, self.value) = (key, value)
            fingerprint = KeyFingerprint(key.text ?? "")
        }
    }

    public let content: Content
    // Half as wide as the numbers that they are given as: nodes are copied often, and a file has far fewer lines.
    private let firstLine: Int32
    private var firstColumn: Int32
    /// Whether this is a value left out, or one of the plain texts for null of YAML 1.2's core schema.
    public let isNull: Bool
    /// How many lists and mappings lie inside each other, this one among them.
    let height: UInt8
    /// How many characters of one line a scalar takes in the document, its quotes among them; 0 for one that is no such
    /// scalar, or has a tag or an anchor.
    var sourceLength: Int32 = 0

    public init(_ content: Content, line: Int, column: Int) {
        self.content = content
        firstLine = Int32(clamping: line)
        firstColumn = Int32(clamping: column)
        switch content {
        case .scalar(let scalar):
            isNull = scalar.isPlain && Self.isNull(scalar.text)
            height = 0
        case .sequence(let items):
            isNull = false
            var inner: UInt8 = 0
            for index in items.indices { inner = max(inner, items[index].height) }
            height = UInt8(clamping: Int(inner) + 1)
        case .mapping(let pairs):
            isNull = false
            var inner: UInt8 = 0
            for index in pairs.indices { inner = max(inner, pairs[index].key.height, pairs[index].value.height) }
            height = UInt8(clamping: Int(inner) + 1)
        }
    }

    private static func isNull(_ text: String) -> Bool {
        switch text.utf8.count {
        case 0: true
        case 1: text == "~"
        case 4: text == "null" || text == "Null" || text == "NULL"
        default: false
        }
    }

    /// Counted from 1.
    public var line: Int { Int(firstLine) }
    /// In characters, counted from 1.
    public var column: Int {
        get { Int(firstColumn) }
        set { firstColumn = Int32(clamping: newValue) }
    }

    /// How far behind ``column`` a scalar's text begins, where it stands in the document character by character, on one
    /// line: 1 between quotes, else 0. `nil` where there are escapes, folded lines, a tag or an anchor.
    var textOffset: Int? {
        guard case .scalar(let scalar) = content else { return nil }
        let quotes = scalar.isPlain ? 0 : 1
        // No escape is shorter than the character that it stands for.
        return Int(sourceLength) == scalar.text.unicodeScalars.count + 2 * quotes ? quotes : nil
    }

    /// A scalar's text; `nil` for lists and mappings.
    var text: String? {
        guard case .scalar(let scalar) = content else { return nil }
        return scalar.text
    }

    var isMapping: Bool {
        guard case .mapping = content else { return false }
        return true
    }

    /// The keys and values of a mapping; none for everything else.
    var pairs: [Pair] {
        guard case .mapping(let pairs) = content else { return [] }
        return pairs
    }

    /// Whether both say the same, wherever they stand: equal texts, and lists and mappings in the same order.
    public func hasSameContent(as other: YAMLNode) -> Bool {
        switch (content, other.content) {
        case (.scalar(let left), .scalar(let right)): left.text == right.text && isNull == other.isNull
        case (.sequence(let left), .sequence(let right)):
            left.elementsEqual(right) { $0.hasSameContent(as: $1) }
        case (.mapping(let left), .mapping(let right)):
            left.elementsEqual(right) { $0.key.hasSameContent(as: $1.key) && $0.value.hasSameContent(as: $1.value) }
        default: false
        }
    }

    /// What the node is, for messages about a wrong type.
    var kindDescription: String {
        switch content {
        case .scalar(let scalar): isNull ? "nothing" : "the text \"\(excerpt(scalar.text))\""
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }
}
