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
            let event = try events.next()
            switch event.kind {
            case .streamStart, .documentEnd: continue
            case .documentStart:
                anchors = [:]
                aliasedNodes = 0
                return try node(try events.next(), depth: 0)
            default: return nil
            }
        }
    }

    private mutating func node(_ event: YAMLEvent, depth: Int) throws(YAMLError) -> YAMLNode {
        let anchor: String?
        let content: YAMLNode.Content
        switch event.kind {
        case .scalar(let scalar, let name):
            anchor = name
            content = .scalar(scalar)
        case .sequenceStart(let name):
            anchor = name
            content = .sequence(try items(of: event, depth: depth))
        case .mappingStart(let name):
            anchor = name
            content = .mapping(try pairs(of: event, depth: depth))
        case .alias(let name):
            return try aliased(name, event, depth: depth)
        default:
            throw YAMLError(line: event.line, column: event.column, problem: "a value is missing here")
        }
        var node = YAMLNode(content, line: event.line, column: event.column)
        node.textOffset = event.textOffset
        if let anchor {
            anchors[anchor] = node
        }
        return node
    }

    private mutating func items(of start: YAMLEvent, depth: Int) throws(YAMLError) -> [YAMLNode] {
        try checkDepth(depth + 1, at: start)
        var items: [YAMLNode] = []
        while true {
            let event = try events.next()
            if case .sequenceEnd = event.kind { return items }
            items.append(try node(event, depth: depth + 1))
        }
    }

    private mutating func pairs(of start: YAMLEvent, depth: Int) throws(YAMLError) -> [YAMLNode.Pair] {
        try checkDepth(depth + 1, at: start)
        var pairs: [YAMLNode.Pair] = []
        while true {
            let event = try events.next()
            if case .mappingEnd = event.kind { return pairs }
            let key = try node(event, depth: depth + 1)
            pairs.append(YAMLNode.Pair(key, try node(try events.next(), depth: depth + 1)))
        }
    }

    /// An anchor is known once its node is complete, so an alias can never lead into itself.
    private mutating func aliased(_ name: String, _ event: YAMLEvent, depth: Int) throws(YAMLError) -> YAMLNode {
        guard let node = anchors[name] else {
            throw YAMLError(
                line: event.line, column: event.column,
                problem: "the alias *\(excerpt(name)) has no anchor before it; a text that begins with '*' needs quotes"
            )
        }
        let extent = Extent(of: node)
        aliasedNodes += extent.nodes
        guard aliasedNodes <= Self.maximumAliasedNodes else {
            throw YAMLError(
                line: event.line, column: event.column,
                problem: "the aliases of this document repeat more than \(Self.maximumAliasedNodes) nodes")
        }
        try checkDepth(depth + extent.depth, at: event)
        return node
    }

    private func checkDepth(_ depth: Int, at event: YAMLEvent) throws(YAMLError) {
        guard depth <= Self.maximumDepth else {
            throw YAMLError(
                line: event.line, column: event.column,
                problem: "nested deeper than \(Self.maximumDepth) levels")
        }
    }
}

extension YAMLNode {
    /// Whether more lists and mappings than this lie inside each other.
    func isDeeper(than levels: Int) -> Bool {
        switch content {
        case .scalar: false
        case .sequence(let items): levels == 0 || items.contains { $0.isDeeper(than: levels - 1) }
        case .mapping(let pairs):
            levels == 0 || pairs.contains { $0.value.isDeeper(than: levels - 1) || $0.key.isDeeper(than: levels - 1) }
        }
    }
}

/// How many nodes a tree has, and how many lists and mappings lie inside each other.
struct Extent {
    var nodes = 1
    var depth = 0

    init(of node: YAMLNode) {
        switch node.content {
        case .scalar: return
        case .sequence(let items): items.forEach { add($0) }
        case .mapping(let pairs):
            for pair in pairs {
                add(pair.key)
                add(pair.value)
            }
        }
        depth += 1
    }

    private mutating func add(_ node: YAMLNode) {
        let extent = Extent(of: node)
        nodes += extent.nodes
        depth = max(depth, extent.depth)
    }
}
