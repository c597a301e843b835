import CNFTNL
import Netlink
import Nftables

/// Rules that were met lately, as they stand in messages: the chains of thousands of endpoints repeat the same few, which
/// need be written and read once.
///
/// So few are kept that comparing with each costs less than finding one by a hash.
struct RuleMemo<Entry> {
    private var entries: [Entry] = []
    private var next = 0

    private static var capacity: Int { 8 }

    func first(where matches: (Entry) -> Bool) -> Entry? { entries.first(where: matches) }

    /// Keeps one more, instead of the one that was kept first.
    mutating func keep(_ entry: Entry) {
        if entries.count < Self.capacity {
            entries.append(entry)
        } else {
            entries[next] = entry
            next = (next + 1) % Self.capacity
        }
    }
}

/// A rule that was written, and where what follows its chain's name stands in the batch.
struct WrittenRule {
    let rule: CompiledRule
    let place: Range<Int>
}

/// A rule that was read, and the attributes that it was read from.
struct ReadRule {
    let rule: CompiledRule
    private let expressions: [UInt8]
    private let userData: [UInt8]?
    /// Where in the expressions stands what counters have counted.
    private let counted: [Range<Int>]

    init(_ rule: CompiledRule, _ expressions: UnsafeRawBufferPointer, _ userData: UnsafeRawBufferPointer?) {
        self.rule = rule
        self.expressions = Array(expressions)
        self.userData = userData.map { Array($0) }
        var counted: [Range<Int>] = []
        Self.forEachCounter(in: expressions) { data in
            if let base = expressions.baseAddress, let start = data.baseAddress {
                counted.append((start - base)..<(start - base + data.count))
            }
        }
        self.counted = counted
    }

    /// Whether these attributes say the same but for what is counted.
    func isSame(_ expressions: UnsafeRawBufferPointer, _ userData: UnsafeRawBufferPointer?) -> Bool {
        guard expressions.count == self.expressions.count, userData?.count == self.userData?.count else { return false }
        if let userData, let own = self.userData, !userData.elementsEqual(own) { return false }
        return self.expressions.withUnsafeBytes { own in
            var start = 0
            for gap in counted + [own.count..<own.count] {
                guard own[start..<gap.lowerBound].elementsEqual(expressions[start..<gap.lowerBound]) else {
                    return false
                }
                start = gap.upperBound
            }
            return true
        }
    }

    /// What the first counter stands at, by the attributes of a rule that is the same.
    func counter(of expressions: UnsafeRawBufferPointer) -> CounterValue? {
        counted.first.map { CounterValue(attributes: UnsafeRawBufferPointer(rebasing: expressions[$0])) }
    }

    private static func forEachCounter(
        in expressions: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void
    ) {
        var list = AttributeWalk(expressions)
        while let (_, expression) = list.next() {
            if AttributeWalk.first(NFTA_EXPR_NAME.rawValue, of: expression)?.elementsEqual("counter\0".utf8) == true,
                let data = AttributeWalk.first(NFTA_EXPR_DATA.rawValue, of: expression)
            {
                body(data)
            }
        }
    }
}
