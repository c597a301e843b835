/// What a place of ``Slots`` holds before and after its use.
protocol Vacant: Sendable {
    init()
}

/// A table whose entries are known by small numbers, which are given out again.
///
/// A copy shares what neither side changes: the first change after a copy costs one page of entries, not the table.
struct Slots<Element: Vacant>: Sendable {
    struct ID: Hashable, Comparable, Sendable {
        let rawValue: Int32

        static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    private static var pageSize: Int32 { 64 }
    private var pages: [[Element]] = []
    private var end: Int32 = 0
    private var free: [Int32] = []

    mutating func insert(_ element: Element) -> ID {
        if let number = free.popLast() {
            self[ID(rawValue: number)] = element
            return ID(rawValue: number)
        }
        let number = end
        end += 1
        if number % Self.pageSize == 0 {
            pages.append([])
        }
        pages[pages.count - 1].append(element)
        return ID(rawValue: number)
    }

    mutating func remove(_ id: ID) {
        self[id] = Element()
        free.append(id.rawValue)
    }

    subscript(id: ID) -> Element {
        _read { yield pages[Int(id.rawValue / Self.pageSize)][Int(id.rawValue % Self.pageSize)] }
        _modify { yield &pages[Int(id.rawValue / Self.pageSize)][Int(id.rawValue % Self.pageSize)] }
    }
}

/// A dictionary of which a copy shares what neither side changes, as of ``Slots``.
struct ShardedDictionary<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private static var shardCount: Int { 256 }
    private var shards = [[Key: Value]](repeating: [:], count: shardCount)

    private static func shard(of key: Key) -> Int { key.hashValue & (shardCount - 1) }

    subscript(key: Key) -> Value? {
        get { shards[Self.shard(of: key)][key] }
        _modify { yield &shards[Self.shard(of: key)][key] }
    }

    func forEachValue(_ body: (Value) -> Void) {
        for shard in shards {
            for value in shard.values {
                body(value)
            }
        }
    }
}
