import NetworkValues
import Nftables

/// Runs our own rules over a packet, as the kernel would run them over the first packet of a flow
/// (`nft_do_chain`). Counters and log lines are passed over.
struct RuleInterpreter {
    enum Outcome: Hashable { case accept, drop, unknown }

    private enum RuleEnd: Hashable {
        /// The next rule.
        case next
        case verdict(Verdict)
        /// What the rule does with this packet cannot be told.
        case unknown
    }

    private let tracker: DataplaneTracker
    /// By hook, in the order in which packets meet them.
    private let baseChains: [BaseChain.Hook: [ChainID]]
    /// Elements of interval sets of one type, in the order of their keys.
    private let intervals: [String: [Element]]

    /// The kernel's own limit of jumps within jumps (`NFT_JUMP_STACK_SIZE`).
    private static let deepest = 16

    /// - Parameter tracker: Its wanted chains and sets are what is run.
    init(_ tracker: DataplaneTracker) {
        self.tracker = tracker
        var chains: [BaseChain.Hook: [(ChainID, BaseChain)]] = [:]
        for id in tracker.chains.desiredKeys where id.table == .margay {
            if let base = tracker.chains.desired(id)?.base, base.kind == .filter {
                chains[base.hook, default: []].append((id, base))
            }
        }
        baseChains = chains.mapValues { $0.sorted { $0.1.priority < $1.1.priority }.map(\.0) }
        var intervals: [String: [Element]] = [:]
        for (id, set) in tracker.contentSets where set.definition.isInterval && !set.definition.key.isConcatenation {
            intervals[id.name] = set.elements.sorted { $0.key.bytes.lexicographicallyPrecedes($1.key.bytes) }
        }
        self.intervals = intervals
    }

    /// What becomes of the packet at a hook: an accept ends its base chain only, a drop everything.
    func outcome(of packet: PacketSketch, at hook: BaseChain.Hook) -> Outcome {
        for chain in baseChains[hook] ?? [] {
            let outcome = run(chain, packet)
            if outcome != .accept { return outcome }
        }
        return .accept
    }

    private func run(_ base: ChainID, _ packet: PacketSketch) -> Outcome {
        var stack: [ArraySlice<CompiledRule>] = []
        guard var rules = rules(of: base.name) else { return .unknown }
        while true {
            guard let rule = rules.popFirst() else {
                guard let rest = stack.popLast() else {
                    return tracker.chains.desired(base)?.base?.policy == .drop ? .drop : .accept
                }
                rules = rest
                continue
            }
            switch evaluate(rule, packet) {
            case .next: continue
            case .unknown: return .unknown
            case .verdict(.accept): return .accept
            case .verdict(.drop): return .drop
            case .verdict(.return): rules = []
            case .verdict(.jump(let name)):
                stack.append(rules)
                guard stack.count < Self.deepest, let target = self.rules(of: name) else { return .unknown }
                rules = target
            case .verdict(.goto(let name)):
                guard let target = self.rules(of: name) else { return .unknown }
                rules = target
            }
        }
    }

    private func rules(of chain: String) -> ArraySlice<CompiledRule>? {
        tracker.chains.desired(ChainID(.margay, chain))?.rules[...]
    }

    private func evaluate(_ rule: CompiledRule, _ packet: PacketSketch) -> RuleEnd {
        var registers = RegisterFile()
        for expression in rule.expressions {
            switch expression {
            case .meta(let key, let register):
                guard let bytes = packet.bytes(key) else { return .unknown }
                registers.load(bytes, into: register)
            case .payload(let base, let offset, let length, let register):
                registers.load(packet.bytes(base, offset: offset, length: length), into: register)
            case .conntrackState(let register):
                registers.load(withUnsafeBytes(of: ConntrackState.new.rawValue) { Array($0) }, into: register)
            case .mask(let register, let mask): registers.mask(register, mask)
            case .compare(let comparison, let register, let bytes):
                guard let value = registers.bytes(register, count: bytes.count) else { return .unknown }
                guard comparison.holds(value, bytes) else { return .next }
            case .outsideRange(let register, let lower, let upper):
                guard let value = registers.bytes(register, count: lower.count) else { return .unknown }
                guard value.lexicographicallyPrecedes(lower) || upper.lexicographicallyPrecedes(value) else {
                    return .next
                }
            case .lookup(let set, let key, let destination, let isInverted):
                switch (look(up: key, in: set, registers), destination) {
                case (.miss, _): guard isInverted else { return .next }
                case (.hit, nil): guard !isInverted else { return .next }
                case (.hit(.verdict(let verdict)), .some(.verdict)): return .verdict(verdict)
                case (.hit(.data(let bytes)), let register?): registers.load(bytes, into: register)
                case (.hit, _), (.unknown, _): return .unknown
                }
            case .verdict(let verdict): return .verdict(verdict)
            case .counter, .log: continue
            default: return .unknown
            }
        }
        return .next
    }

    // MARK: Sets

    /// What a set holds for a key.
    private enum Answer {
        case hit(Element.Target)
        case miss
        case unknown

        init(_ target: Element.Target?) { self = target.map { .hit($0) } ?? .miss }
    }

    private func look(up key: Register, in name: String, _ registers: RegisterFile) -> Answer {
        let id = SetID(.margay, name)
        guard let set = tracker.sets.desired(id), let bytes = registers.bytes(key, count: set.key.length) else {
            return .unknown
        }
        guard set.isInterval else {
            return Answer(tracker.elements.desired(ElementID(id, Element(ElementKey(bytes: bytes)))))
        }
        if let elements = intervals[name] { return Answer(Self.range(around: bytes, in: elements)) }
        guard let elements = tracker.contentSets[id]?.elements else { return .unknown }
        return Answer(elements.first { $0.spans(bytes, set.key) }?.target)
    }

    /// The last element whose key does not exceed the value begins or ends a range.
    private static func range(around value: [UInt8], in elements: [Element]) -> Element.Target? {
        var (low, high) = (0, elements.count)
        while low < high {
            let middle = (low + high) / 2
            if value.lexicographicallyPrecedes(elements[middle].key.bytes) { high = middle } else { low = middle + 1 }
        }
        guard low > 0, !elements[low - 1].isIntervalEnd else { return nil }
        return elements[low - 1].target
    }
}

extension Element {
    /// Whether each part of a concatenated key lies between the element's two.
    fileprivate func spans(_ value: [UInt8], _ type: KeyType) -> Bool {
        let last = (lastKey ?? key).bytes
        var offset = 0
        for part in type.parts {
            let place = offset..<offset + part.length
            offset += part.registerLength
            guard place.upperBound <= min(value.count, key.bytes.count, last.count) else { return false }
            if value[place].lexicographicallyPrecedes(key.bytes[place])
                || last[place].lexicographicallyPrecedes(value[place])
            {
                return false
            }
        }
        return true
    }
}

extension Comparison {
    /// As memcmp(3) orders bytes.
    fileprivate func holds(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        switch self {
        case .equal: left == right
        case .notEqual: left != right
        case .less: left.lexicographicallyPrecedes(right)
        case .lessOrEqual: !right.lexicographicallyPrecedes(left)
        case .greater: right.lexicographicallyPrecedes(left)
        case .greaterOrEqual: !left.lexicographicallyPrecedes(right)
        }
    }
}

/// The kernel's 64 bytes of registers (`struct nft_regs`), some of them unknown.
private struct RegisterFile {
    private var bytes = [UInt8?](repeating: nil, count: 64)

    mutating func load(_ value: [UInt8?], into register: Register) {
        let start = register.byteOffset
        // A value fills its last register up with zeros.
        let padded = value + [UInt8?](repeating: 0, count: (4 - value.count % 4) % 4)
        guard start + padded.count <= bytes.count else { return }
        bytes.replaceSubrange(start..<start + padded.count, with: padded)
    }

    mutating func mask(_ register: Register, _ mask: [UInt8]) {
        for (index, bits) in mask.enumerated() where register.byteOffset + index < bytes.count {
            let place = register.byteOffset + index
            bytes[place] = bits == 0 ? 0 : bytes[place].map { $0 & bits }
        }
    }

    /// `nil` unless all are known.
    func bytes(_ register: Register, count: Int) -> [UInt8]? {
        let start = register.byteOffset
        guard start + count <= bytes.count else { return nil }
        let known = bytes[start..<start + count].compactMap(\.self)
        return known.count == count ? known : nil
    }
}

extension Register {
    /// The inverse of ``init(byteOffset:)``: 1...4 number 16 bytes each, from 8 on 4 bytes each.
    fileprivate var byteOffset: Int { rawValue < 8 ? 16 * (Int(rawValue) - 1) : 4 * (Int(rawValue) - 8) }
}
