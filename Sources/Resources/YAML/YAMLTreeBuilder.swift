import CYAML

/// Builds document trees from events, with bounds on what a hostile document can make of a few bytes.
struct YAMLTreeBuilder: ~Copyable {
    /// No resource needs more than a handful of levels; each costs stack here and in whoever walks the tree.
    static let maximumDepth = 64
    /// How many nodes all aliases of a document may repeat together: far below what a "billion laughs" needs.
    static let maximumAliasedNodes = 10_000

    private var events: YAMLEventStream
    private var anchors: [String: YAMLNode] = [:]
    private var aliasedNodes = 0

    init(_ events: consuming YAMLEventStream) {
        self.events = events
    }

    /// The next document's root, or `nil` at the end of the stream.
    mutating func next() throws(YAMLError) -> YAMLNode? {
        while true {
            switch try events.advance() {
            case YAML_STREAM_START_EVENT, YAML_DOCUMENT_END_EVENT: continue
            case YAML_DOCUMENT_START_EVENT:
                anchors = [:]
                aliasedNodes = 0
                _ = try events.advance()
                return try node(depth: 0)
            // `YAML_NO_EVENT` is what libyaml returns past the end of the stream.
            default: return nil
            }
        }
    }

    /// What begins with the current event.
    private mutating func node(depth: Int) throws(YAMLError) -> YAMLNode {
        let (line, column, anchor) = (events.line, events.column, events.anchor)
        var node: YAMLNode
        switch events.type {
        case YAML_SCALAR_EVENT:
            node = YAMLNode(.scalar(events.scalar), line: line, column: column)
            node.sourceLength = events.sourceLength
        case YAML_SEQUENCE_START_EVENT:
            node = YAMLNode(.sequence(try items(depth: depth + 1)), line: line, column: column)
        case YAML_MAPPING_START_EVENT:
            node = YAMLNode(.mapping(try pairs(depth: depth + 1)), line: line, column: column)
        case YAML_ALIAS_EVENT: return try aliased(anchor ?? "", depth: depth)
        default: throw error("a value is missing here")
        }
        if let anchor {
            anchors[anchor] = node
        }
        return node
    }

    private mutating func items(depth: Int) throws(YAMLError) -> [YAMLNode] {
        try checkDepth(depth)
        var items: [YAMLNode] = []
        while try events.advance() != YAML_SEQUENCE_END_EVENT {
            items.append(try node(depth: depth))
        }
        return items
    }

    private mutating func pairs(depth: Int) throws(YAMLError) -> [YAMLNode.Pair] {
        try checkDepth(depth)
        var pairs: [YAMLNode.Pair] = []
        while try events.advance() != YAML_MAPPING_END_EVENT {
            if pairs.isEmpty { pairs.reserveCapacity(8) }
            let key = try node(depth: depth)
            _ = try events.advance()
            pairs.append(YAMLNode.Pair(key, try node(depth: depth)))
        }
        return pairs
    }

    /// An anchor is known once its node is complete, so an alias can never lead into itself.
    private mutating func aliased(_ name: String, depth: Int) throws(YAMLError) -> YAMLNode {
        guard let node = anchors[name] else {
            throw error(
                "the alias *\(excerpt(name)) has no anchor before it; a text that begins with '*' needs quotes")
        }
        aliasedNodes += node.extent
        guard aliasedNodes <= Self.maximumAliasedNodes else {
            throw error("the aliases of this document repeat more than \(Self.maximumAliasedNodes) nodes")
        }
        try checkDepth(depth + Int(node.height))
        return node
    }

    private func checkDepth(_ depth: Int) throws(YAMLError) {
        guard depth <= Self.maximumDepth else { throw error("nested deeper than \(Self.maximumDepth) levels") }
    }

    /// Something wrong with the current event.
    private func error(_ problem: String) -> YAMLError {
        YAMLError(line: events.line, column: events.column, problem: problem)
    }
}

extension YAMLNode {
    /// How many nodes the tree has.
    fileprivate var extent: Int {
        switch content {
        case .scalar: 1
        case .sequence(let items): items.reduce(1) { $0 + $1.extent }
        case .mapping(let pairs): pairs.reduce(1) { $0 + $1.key.extent + $1.value.extent }
        }
    }
}
