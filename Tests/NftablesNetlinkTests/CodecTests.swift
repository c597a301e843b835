import CMNL
import CNFTNL
import Netlink
import Nftables
import Testing

@testable import NftablesNetlink

/// What is written through libnftnl reads back as the same value, without a kernel in between.
struct CodecTests {
    private static let register = Register(byteOffset: 0)

    static let expressions: [Expression] = [
        .meta(.iifname, into: register), .meta(.l4proto, into: Register(byteOffset: 16)),
        .payload(.network, offset: 12, length: 4, into: Register(byteOffset: 24)),
        .compare(.equal, register, [0, 80]), .compare(.notEqual, register, [1, 2, 3, 4]),
        .compare(.greaterOrEqual, register, Array("cali".utf8)), .mask(register, [255, 240, 0, 0]),
        .lookup(set: "source4", key: register, into: nil, isInverted: false),
        .lookup(set: "nat-excluded4", key: register, into: nil, isInverted: true),
        .lookup(set: "from", key: register, into: .verdict, isInverted: false),
        .lookup(set: "dnat4", key: register, into: register, isInverted: false), .verdict(.accept), .verdict(.drop),
        .verdict(.return), .verdict(.jump("profile-open-egress")), .verdict(.goto("drop-mac")), .counter,
        .outsideRange(register, [0, 80], [0, 90]), .log(prefix: "margay p egress[0]: ", level: 6),
        .extensionHeader(44, offset: 2, length: 2, into: register),
        .conntrackState(into: register), .nat(.source, .ipv4, address: register),
        .nat(.destination, .ipv6, address: register),
    ]

    @Test func rulesRoundTrip() throws {
        let compiled = CompiledRule(expressions: Self.expressions, comment: "policy \"web\" rule 1")
        let rule = try LibraryObject.rule()
        try RuleCodec.encode(compiled, chain: "c", in: Table(.inet, "margay"), into: rule.pointer)
        let (chain, decoded) = try RuleCodec.decode(rule.pointer)
        #expect(chain == "c")
        #expect(decoded == compiled)
    }

    @Test func anExpressionThatIsNotOursIsForeign() throws {
        let limit = try ExpressionCodec.allocate("limit")
        defer { nftnl_expr_free(limit) }
        #expect(ExpressionCodec.decode(limit) == .foreign("limit"))
        // A log that a program receives, instead of the kernel's own.
        let log = try ExpressionCodec.allocate("log")
        defer { nftnl_expr_free(log) }
        nftnl_expr_set_str(log, UInt16(NFTNL_EXPR_LOG_PREFIX), "p")
        nftnl_expr_set_u16(log, UInt16(NFTNL_EXPR_LOG_GROUP), 1)
        #expect(ExpressionCodec.decode(log) == .foreign("log"))
        // Loading a register into a mark looks like loading a mark into a register, but for one attribute.
        let metaSet = try ExpressionCodec.allocate("meta")
        defer { nftnl_expr_free(metaSet) }
        nftnl_expr_set_u32(metaSet, UInt16(NFTNL_EXPR_META_KEY), MetaKey.iifname.rawValue)
        nftnl_expr_set_u32(metaSet, UInt16(NFTNL_EXPR_META_SREG), 1)
        #expect(ExpressionCodec.decode(metaSet) == .foreign("meta"))
    }

    static let sets: [NamedSet] = [
        NamedSet("endpoints", key: [.interfaceName], size: 1024),
        NamedSet("source4", key: [.interfaceName, .etherAddress, .ipv4Address], size: 65536, hasCounters: true),
        NamedSet("from", key: [.interfaceName], mapping: .verdict, size: 64),
        NamedSet("hairpin4", key: [.ipv4Address, .ipv4Address], mapping: .data([.ipv4Address]), size: 1024),
        NamedSet("nets4-0", key: [.ipv4Address], isInterval: true),
        NamedSet("own-macs", key: [.interfaceName, .transportBytes(offset: 26, length: 6)], size: 4096),
        NamedSet(
            "own-targets-wide", key: [.interfaceName, .transportBytes(offset: 8, length: 16)], isInterval: true),
        NamedSet("ports-0", key: [.inetService], isInterval: true),
    ]

    @Test(arguments: sets)
    func setsRoundTrip(set: NamedSet) throws {
        var batch = MessageBatch()
        try batch.append(type: 10 << 8, flags: []) { header throws(OutOfMemory) in
            header.append(NetfilterHeader(family: 1))
            let encoded = try LibraryObject.set()
            try SetCodec.encode(set, in: Table(.inet, "margay"), id: 1, into: encoded.pointer)
            nftnl_set_nlmsg_build_payload(header, encoded.pointer)
        }
        try batch.withUnsafeBytes { bytes in
            let decoded = try LibraryObject.set()
            let base = try #require(bytes.baseAddress)
            #expect(nftnl_set_nlmsg_parse(base.assumingMemoryBound(to: nlmsghdr.self), decoded.pointer) >= 0)
            #expect(SetCodec.decode(decoded.pointer) == set)
        }
    }

    static let elements = [
        Element(ElementKey(bytes: [10, 0, 0, 1])), Element(ElementKey(bytes: [10, 0, 0, 2]), isIntervalEnd: true),
        Element(ElementKey(bytes: [10, 0, 0, 3]), target: .data([203, 0, 113, 1])),
        Element(ElementKey(bytes: [10, 0, 0, 6]), target: .data(MapData(bytes: [UInt8](1...20)))),
        Element(ElementKey(bytes: [10, 0, 0, 4]), target: .verdict(.goto("from-cali1"))),
        Element(ElementKey(bytes: [10, 0, 0, 5]), target: .verdict(.drop)),
        Element(ElementKey(bytes: [10, 0]), through: ElementKey(bytes: [10, 9])),
        Element(ElementKey(bytes: [UInt8](1...64)), target: .verdict(.jump("a-name-of-another-length"))),
    ]

    /// So many that they are packed, with targets or without.
    private static func many(areLed: Bool) -> [Element] {
        let targets: [Element.Target] = [
            .none, .data([203, 0, 113, 1]), .verdict(.jump("one")), .verdict(.jump("one")), .verdict(.goto("two")),
        ]
        return (0..<200).map { number in
            Element(ElementKey(bytes: [10, 0, 0, UInt8(number)]), target: areLed ? targets[number % 5] : .none)
        }
    }

    static let lists = [elements, many(areLed: false), many(areLed: true), many(areLed: true) + elements]

    @Test(arguments: lists) func elementsRoundTrip(_ elements: [Element]) throws {
        var batch = MessageBatch()
        batch.append(type: 10 << 8, flags: []) { header in
            header.append(NetfilterHeader(family: 1))
            let next = ElementCodec.encode(
                ElementList(elements), from: 0, of: "s", in: Table(.inet, "margay"), into: header)
            #expect(next == elements.count)
        }
        var decoded: [Element] = []
        var list = ElementList()
        batch.withUnsafeBytes { bytes in
            let attributes = UnsafeRawBufferPointer(rebasing: bytes[20...])
            ElementCodec.decode(attributes) { element, _ in decoded.append(element) }
            ElementCodec.decode(attributes, into: &list)
        }
        #expect(decoded == elements && Array(list) == elements)
    }

    /// Two programs that agree on every byte are unlikely to be wrong in the same way.
    @Test(arguments: lists) func elementsAreWrittenAsLibnftnlWritesThem(_ elements: [Element]) throws {
        let table = Table(.inet, "margay")
        var transaction = Transaction()
        transaction.append(.addElements(table, set: "source4", ElementList(elements)))
        transaction.append(.deleteTable(table))
        let encoded = try transaction.encoded(firstSequence: 1)
        var expected = MessageBatch(firstSequence: 2)
        try libraryMessage(with: elements, of: "source4", in: table, into: &expected)
        let message = expected.withUnsafeBytes { Array($0) }
        // Behind the message that begins the transaction.
        let ours = encoded.batch.withUnsafeBytes { Array($0.dropFirst(20).prefix(message.count)) }
        #expect(ours == message)
    }
}

struct TransactionEncodingTests {
    private static let table = Table(.inet, "margay")

    private func encode(_ operations: Transaction.Operation...) throws -> (
        owners: [Int?], acknowledged: UInt32?, types: [UInt16], lengths: [Int]
    ) {
        var transaction = Transaction()
        for operation in operations {
            transaction.append(operation)
        }
        let encoded = try transaction.encoded(firstSequence: 100)
        var types: [UInt16] = []
        var lengths: [Int] = []
        encoded.batch.withUnsafeBytes { bytes in
            var offset = 0
            while offset < bytes.count {
                types.append(bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt16.self))
                lengths.append(Int(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
                offset += (lengths.last ?? 0) + 3 & ~3
            }
        }
        return (encoded.owners, encoded.acknowledged, types, lengths)
    }

    @Test func aTransactionStandsBetweenItsDelimitersAndTheLastOperationIsAcknowledged() throws {
        let encoded = try encode(.addTable(Self.table), .addChain(Self.table, Chain("c")), .deleteTable(Self.table))
        #expect(encoded.owners == [nil, 0, 1, 2, nil])
        #expect(encoded.types.first == 16 && encoded.types.last == 17)
        #expect(encoded.types.count == 5)
        #expect(encoded.acknowledged == 103)
    }

    /// What is written by copying what was written before is what libnftnl would have written.
    @Test func aRuleThatRepeatsIsTheSameBytes() throws {
        let rules = [
            CompiledRule(expressions: CodecTests.expressions, comment: "one"),
            CompiledRule(expressions: [.counter], comment: nil),
            CompiledRule(expressions: CodecTests.expressions, comment: "another"),
        ]
        let repeated = (0..<40).map { (chain: "from-cali\($0 / 2)", rule: rules[$0 * 7 % 3]) }
        var whole = Transaction()
        for (chain, rule) in repeated { whole.append(.addRule(Self.table, chain: chain, rule)) }
        whole.append(.deleteTable(Self.table))
        let encoded = try whole.encoded(firstSequence: 1)
        // Alone, each is the first of its kind.
        var expected: [UInt8] = []
        for (index, (chain, rule)) in repeated.enumerated() {
            var single = Transaction()
            single.append(.addRule(Self.table, chain: chain, rule))
            single.append(.deleteTable(Self.table))
            let alone = try single.encoded(firstSequence: UInt32(1 + index))
            expected += alone.batch.withUnsafeBytes { bytes in
                Array(bytes[20..<(20 + Int(bytes.loadUnaligned(fromByteOffset: 20, as: UInt32.self)))])
            }
        }
        #expect(encoded.batch.withUnsafeBytes { Array($0.dropFirst(20).prefix(expected.count)) } == expected)
        #expect(encoded.acknowledged == 42)
    }

    @Test func aRuleThatCountsAlreadyIsWrittenWithItsCount() throws {
        let rule = CompiledRule(expressions: [.counter], comment: nil)
        var transaction = Transaction()
        for count in [0, 7, 0, 9] {
            transaction.append(
                .addRule(
                    Self.table, chain: "c", rule,
                    counting: CounterValue(packets: UInt64(count), bytes: UInt64(count * 100))))
        }
        let encoded = try transaction.encoded(firstSequence: 1)
        var counters: [CounterValue?] = []
        try encoded.batch.withUnsafeBytes { bytes in
            var offset = 20
            for _ in 0..<4 {
                let message = try #require(bytes.baseAddress) + offset
                let parsed = try LibraryObject.rule()
                #expect(nftnl_rule_nlmsg_parse(message.assumingMemoryBound(to: nlmsghdr.self), parsed.pointer) >= 0)
                counters.append(try RuleCodec.counter(of: parsed.pointer))
                offset += Int(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self) + 3) & ~3
            }
        }
        #expect(counters.map { $0?.packets } == [0, 7, 0, 9])
    }

    /// Two rules that differ in nothing but what their counters stand at are one rule with two counts.
    @Test func aRuleIsRecognisedWhateverItHasCounted() throws {
        let table = Self.table
        func attributes(_ rule: CompiledRule, _ packets: UInt64) throws -> (expressions: [UInt8], userData: [UInt8]?) {
            var transaction = Transaction()
            transaction.append(
                .addRule(table, chain: "c", rule, counting: CounterValue(packets: packets, bytes: packets * 100)))
            let encoded = try transaction.encoded(firstSequence: 1)
            return encoded.batch.withUnsafeBytes { bytes in
                let length = Int(bytes.loadUnaligned(fromByteOffset: 20, as: UInt32.self))
                let content = UnsafeRawBufferPointer(rebasing: bytes[40..<(20 + length)])
                return (
                    AttributeWalk.first(NFTA_RULE_EXPRESSIONS.rawValue, of: content).map { Array($0) } ?? [],
                    AttributeWalk.first(NFTA_RULE_USERDATA.rawValue, of: content).map { Array($0) }
                )
            }
        }
        let rule = CompiledRule(expressions: [.verdict(.drop), .counter, .verdict(.accept)], comment: "one")
        let read = try attributes(rule, 5)
        let known = read.expressions.withUnsafeBytes { expressions in
            read.userData!.withUnsafeBytes { ReadRule(rule, expressions, $0) }
        }
        func isSame(_ other: (expressions: [UInt8], userData: [UInt8]?)) -> Bool {
            other.expressions.withUnsafeBytes { expressions in
                other.userData.map { $0.withUnsafeBytes { known.isSame(expressions, $0) } }
                    ?? known.isSame(expressions, nil)
            }
        }
        let counted = try attributes(rule, 1234)
        #expect(isSame(read) && isSame(counted))
        #expect(
            counted.expressions.withUnsafeBytes { known.counter(of: $0) } == CounterValue(packets: 1234, bytes: 123_400)
        )
        let others = [
            CompiledRule(expressions: [.verdict(.accept), .counter, .verdict(.accept)], comment: "one"),
            CompiledRule(expressions: [.verdict(.drop), .counter, .verdict(.drop)], comment: "one"),
            CompiledRule(expressions: [.verdict(.drop), .counter, .verdict(.accept)], comment: "two"),
            CompiledRule(expressions: [.verdict(.drop), .counter, .verdict(.accept)], comment: nil),
            CompiledRule(expressions: [.verdict(.drop), .counter], comment: "one"),
        ]
        for other in others { #expect(!isSame(try attributes(other, 5))) }
    }

    /// The kernel points at an element by its place in one message of several.
    @Test func theElementThatIsPointedAtIsFound() throws {
        let elements = (0..<5000).map { index in
            Element(ElementKey(bytes: [UInt8](repeating: 0, count: 26) + [UInt8(index >> 8), UInt8(index & 255)]))
        }
        var transaction = Transaction()
        transaction.append(.addTable(Self.table))
        transaction.append(.addElements(Self.table, set: "s", ElementList(elements)))
        let encoded = try transaction.encoded(firstSequence: 1)
        #expect(encoded.owners.count > 5)
        var found: [Int] = []
        for message in encoded.owners.indices {
            for offset in stride(from: 0, to: 64 << 10, by: 40) {
                guard let element = encoded.element(at: offset, ofMessage: message) else { continue }
                if found.last != element { found.append(element) }
            }
        }
        #expect(found == Array(elements.indices))
    }

    @Test func elementsAreSplitBeforeTheirListOverflowsItsSixteenBitLength() throws {
        let elements = (0..<5000).map { index in
            Element(
                ElementKey(bytes: [UInt8](repeating: 0, count: 24) + [10, 0, UInt8(index >> 8), UInt8(index & 255)]),
                target: .verdict(.goto("from-cali\(index)")))
        }
        let encoded = try encode(.addElements(Self.table, set: "s", ElementList(elements)))
        #expect(encoded.owners.count { $0 == 0 } > 5)
        #expect(encoded.acknowledged == 100 + UInt32(encoded.owners.count) - 2)
        #expect(encoded.lengths.allSatisfy { $0 < 65536 })
        #expect(encoded.lengths.reduce(0, +) > elements.count * (28 + "from-cali1000".utf8.count))
    }

    @Test func everyOperationNamesItselfAndItsObject() {
        let words = [
            Transaction.Operation.addTable(Self.table), .deleteTable(Self.table), .addChain(Self.table, Chain("c")),
            .deleteChain(Self.table, "c"), .flushChain(Self.table, "c"),
            .addRule(Self.table, chain: "c", CompiledRule(expressions: [], comment: nil)),
            .addSet(Self.table, NamedSet("s", key: [.ipv4Address])), .deleteSet(Self.table, "s"),
            .addElements(Self.table, set: "s", []), .deleteElements(Self.table, set: "s", []),
        ].map { "\($0.words.verb) \($0.words.object)" }
        #expect(Set(words).count == words.count)
        #expect(words.allSatisfy { $0.contains("inet margay") })
    }
}
