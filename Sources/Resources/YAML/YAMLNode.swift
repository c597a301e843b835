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
        public var key: YAMLNode
        public var value: YAMLNode

        public init(_ key: YAMLNode, _ value: YAMLNode) {
            (self.key, self.value) = (key, value)
        }
    }

    public var content: Content
    /// Counted from 1.
    public var line: Int
    /// In characters, counted from 1.
    public var column: Int
    /// How far behind ``column`` a scalar's text begins, where it stands in the document character by character, on one
    /// line: 1 between quotes, else 0. `nil` where there are escapes, folded lines, a tag or an anchor.
    var textOffset: UInt8?

    public init(_ content: Content, line: Int, column: Int) {
        self.content = content
        self.line = line
        self.column = column
    }

    /// Whether this is a value left out, or one of the plain texts for null of YAML 1.2's core schema.
    public var isNull: Bool {
        guard case .scalar(let scalar) = content, scalar.isPlain else { return false }
        switch scalar.text.utf8.count {
        case 0: return true
        case 1: return scalar.text == "~"
        case 4: return scalar.text == "null" || scalar.text == "Null" || scalar.text == "NULL"
        default: return false
        }
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
