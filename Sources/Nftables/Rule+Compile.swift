private import NetworkValues

extension Rule {
    /// The instructions of this rule in a table of `family`, the very ones that nft would produce for its text: nft
    /// lists a rule cleanly only when the conditions it derives itself (protocol before port, Ethernet before MAC) are
    /// there in its own form.
    public func compiled(in family: TableFamily) -> CompiledRule {
        var compiler = RuleCompiler(family: family)
        for statement in statements {
            compiler.append(statement)
        }
        return CompiledRule(expressions: compiler.expressions, comment: comment)
    }
}

/// Remembers what the rule has established about the packet so far, so that no condition is emitted twice.
private struct RuleCompiler {
    let family: TableFamily
    private(set) var expressions: [Expression] = []
    private var known: [Field.Dependency] = []
    /// The last instructions compare a payload field for equality: an adjacent field may join them.
    private var lastPayload: (base: PayloadBase, offset: UInt32, bytes: [UInt8])?

    init(family: TableFamily) {
        self.family = family
    }

    mutating func append(_ statement: Statement) {
        if case .match(.equal(let field, let value)) = statement, case .payload(let base, let offset) = field.source,
            field.mask == nil
        {
            appendPayload(field, base, offset, equals: value.bytes)
            return
        }
        defer { lastPayload = nil }
        switch statement {
        case .match(let match): append(match)
        case .counter: expressions.append(.counter)
        case .limit(let rate, let burst): expressions.append(.limit(perSecond: rate, burst: burst))
        case .log(let prefix): expressions.append(.log(prefix: prefix, level: 6))
        case .verdict(let verdict): expressions.append(.verdict(verdict))
        case .verdictMap(let fields, let map):
            load(fields)
            expressions.append(.lookup(set: map, key: .first, into: .verdict, isInverted: false))
        case .translate(let kind, let natFamily, let fields, let map):
            load(fields)
            expressions.append(.lookup(set: map, key: .first, into: .first, isInverted: false))
            expressions.append(.nat(kind, natFamily, address: .first))
        }
    }

    private mutating func append(_ match: Match) {
        switch match {
        case .equal(let field, let value):
            load([field])
            if let mask = field.mask { expressions.append(.mask(.first, mask)) }
            expressions.append(.compare(.equal, .first, value.bytes))
            learn(field, value)
        case .notEqual(let field, let value):
            load([field])
            if let mask = field.mask { expressions.append(.mask(.first, mask)) }
            expressions.append(.compare(.notEqual, .first, value.bytes))
        case .network(let field, let prefix, let isInverted):
            append(prefix, of: field, isInverted ? .notEqual : .equal)
        case .range(let field, let range, let isInverted):
            load([field])
            let (first, last) = (Value(bigEndian: range.lowerBound).bytes, Value(bigEndian: range.upperBound).bytes)
            if isInverted {
                expressions.append(.outsideRange(.first, first, last))
            } else {
                expressions.append(.compare(.greaterOrEqual, .first, first))
                expressions.append(.compare(.lessOrEqual, .first, last))
            }
        case .namePrefix(let field, let prefix, let isInverted):
            load([field])
            expressions.append(.compare(isInverted ? .notEqual : .equal, .first, Array(prefix.utf8)))
        case .inSet(let fields, let set, let isInverted):
            load(fields)
            expressions.append(.lookup(set: set, key: .first, into: nil, isInverted: isInverted))
        case .conntrackState(let states):
            expressions.append(.conntrackState(into: .first))
            expressions.append(.mask(.first, states.rawValue.hostBytes))
            expressions.append(.compare(.notEqual, .first, [0, 0, 0, 0]))
        }
    }

    /// A prefix of whole bytes is a shorter load, any other is masked: nft's own choice.
    private mutating func append(_ prefix: IPPrefix, of field: Field, _ comparison: Comparison) {
        guard case .payload(let base, let offset) = field.source else { return }
        let octets = prefix.address.octets
        require(field.dependencies)
        if prefix.length % 8 == 0, prefix.length > 0 {
            let length = prefix.length / 8
            expressions.append(.payload(base, offset: offset, length: UInt32(length), into: .first))
            expressions.append(.compare(comparison, .first, Array(octets.prefix(length))))
        } else {
            let mask = prefix.lastAddress.octets.enumerated().map { index, last in ~(last ^ octets[index]) }
            expressions.append(.payload(base, offset: offset, length: UInt32(octets.count), into: .first))
            expressions.append(.mask(.first, mask))
            expressions.append(.compare(comparison, .first, octets))
        }
    }

    /// nft joins comparisons of adjacent fields up to a 32-bit load.
    private mutating func appendPayload(_ field: Field, _ base: PayloadBase, _ offset: UInt32, equals bytes: [UInt8]) {
        let expressionsBefore = expressions.count
        require(field.dependencies)
        if let last = lastPayload, expressions.count == expressionsBefore, last.base == base,
            last.offset + UInt32(last.bytes.count) == offset, [2, 4].contains(last.bytes.count + bytes.count)
        {
            expressions.removeLast(2)
            lastPayload = (base, last.offset, last.bytes + bytes)
        } else {
            lastPayload = (base, offset, bytes)
        }
        guard let joined = lastPayload else { return }
        let length = UInt32(joined.bytes.count)
        expressions.append(.payload(base, offset: joined.offset, length: length, into: .first))
        expressions.append(.compare(.equal, .first, joined.bytes))
    }

    /// Loads the fields side by side, each at a 32-bit boundary.
    private mutating func load(_ fields: [Field]) {
        // All conditions come first: the registers must not be disturbed once the key is being put together.
        for field in fields {
            require(field.dependencies)
        }
        var byteOffset = 0
        for field in fields {
            let register = Register(byteOffset: byteOffset)
            switch field.source {
            case .meta(let key): expressions.append(.meta(key, into: register))
            case .payload(let base, let offset):
                expressions.append(.payload(base, offset: offset, length: UInt32(field.length), into: register))
            case .extensionHeader(let number, let offset):
                expressions.append(
                    .extensionHeader(number, offset: offset, length: UInt32(field.length), into: register))
            }
            byteOffset += field.registerLength
        }
    }

    private mutating func require(_ dependencies: [Field.Dependency]) {
        for dependency in dependencies where !known.contains(dependency) {
            switch dependency {
            case .ethernet:
                expressions.append(.meta(.iiftype, into: .first))
                expressions.append(.compare(.equal, .first, [1, 0]))
            case .ipv4: requireNetwork(family: 2, etherType: [0x08, 0x00])
            case .ipv6: requireNetwork(family: 10, etherType: [0x86, 0xdd])
            case .transport(let number):
                expressions.append(.meta(.l4proto, into: .first))
                expressions.append(.compare(.equal, .first, [number]))
            }
            known.append(dependency)
        }
    }

    /// Once the link header is known to be Ethernet, nft asks its EtherType instead of the packet's family.
    private mutating func requireNetwork(family: UInt8, etherType: [UInt8]) {
        if known.contains(.ethernet) {
            expressions.append(.payload(.link, offset: 12, length: 2, into: .first))
            expressions.append(.compare(.equal, .first, etherType))
        } else {
            expressions.append(.meta(.nfproto, into: .first))
            expressions.append(.compare(.equal, .first, [family]))
        }
    }

    private mutating func learn(_ field: Field, _ value: Value) {
        switch field {
        case .networkProtocol: known.append(value.bytes == [2] ? .ipv4 : .ipv6)
        case .transportProtocol: known.append(.transport(value.bytes[0]))
        default: break
        }
    }
}

extension Register {
    /// Where every key starts.
    fileprivate static let first = Register(byteOffset: 0)
}

extension UInt32 {
    /// The bytes in host order, as the kernel keeps marks and states.
    fileprivate var hostBytes: [UInt8] { withUnsafeBytes(of: self) { Array($0) } }
}
