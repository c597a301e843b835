import NetworkValues
import Nftables

/// Runs our own rules over a packet, as the kernel would run them over the first packet of a flow
/// (`nft_do_chain`). Counters and log lines are passed over.
struct RuleInterpreter: Sendable {
    enum Outcome: Hashable { case accept, drop, unknown }

    /// What becomes of a packet at a rule.
    private enum RuleEnd: Hashable {
        /// A condition does not hold.
        case missed
        /// All conditions hold, and the next rule follows.
        case passed
        case verdict(Verdict)
        case translated(IPAddress)
        /// What the rule does with this packet cannot be told.
        case unknown(TraceGap)
    }

    private struct Hook: Hashable {
        let hook: BaseChain.Hook
        let kind: BaseChain.Kind
    }

    private let ruleset: Ruleset
    /// In the order in which packets meet them.
    private let baseChains: [Hook: [String]]

    /// The kernel's own limit of jumps within jumps (`NFT_JUMP_STACK_SIZE`).
    private static let deepest = 16

    /// - Parameter isActual: Whether the chains and sets that were read from the kernel are run, instead of those wanted.
    init(_ tracker: DataplaneTracker, isActual: Bool = false) {
        let ruleset = Ruleset(tracker, isActual: isActual)
        self.ruleset = ruleset
        var chains: [Hook: [(name: String, priority: Int32)]] = [:]
        for (name, base) in ruleset.baseChains {
            chains[Hook(hook: base.hook, kind: base.kind), default: []].append((name, base.priority))
        }
        baseChains = chains.mapValues { $0.sorted { ($0.priority, $0.name) < ($1.priority, $1.name) }.map(\.name) }
    }

    /// What becomes of the packet at a hook: an accept ends its base chain only, a drop everything.
    func outcome(of packet: PacketSketch, at hook: BaseChain.Hook) -> Outcome {
        for chain in baseChains[Hook(hook: hook, kind: .filter)] ?? [] {
            switch run(chain, packet, { _ in }).outcome {
            case .accept: continue
            case .drop: return .drop
            case .translated, .unknown: return .unknown
            }
        }
        return .accept
    }

    /// What each base chain of a kind at the hook does, as if those before had accepted the packet.
    func traces(of packet: PacketSketch, at hook: BaseChain.Hook, _ kind: BaseChain.Kind) -> [ChainTrace] {
        (baseChains[Hook(hook: hook, kind: kind)] ?? []).map { name in
            var steps: [RuleStep] = []
            let end = run(name, packet) { steps.append($0) }
            return ChainTrace(baseChain: name, steps: steps, outcome: end.outcome, isPolicy: end.isPolicy)
        }
    }

    /// A chain that is being run, and which of its rules comes next.
    private struct Frame {
        let chain: String
        let rules: [CompiledRule]
        var next = 0
    }

    private func run(
        _ base: String, _ packet: PacketSketch, _ matched: (RuleStep) -> Void
    ) -> (outcome: ChainTrace.Outcome, isPolicy: Bool) {
        var stack: [Frame] = []
        guard let contents = ruleset.chain(base) else { return (.unknown(.missingChain(base)), false) }
        var frame = Frame(chain: base, rules: contents.rules)
        while true {
            guard frame.next < frame.rules.count else {
                guard let caller = stack.popLast() else {
                    return (contents.base?.policy == .drop ? .drop : .accept, true)
                }
                frame = caller
                continue
            }
            let (index, rule) = (frame.next, frame.rules[frame.next])
            frame.next += 1
            func note(_ verdict: Verdict?) {
                matched(RuleStep(chain: frame.chain, index: index, rule: rule, verdict: verdict))
            }
            switch evaluate(rule, packet) {
            case .missed: continue
            case .passed: note(nil)
            case .unknown(let gap):
                note(nil)
                return (.unknown(gap), false)
            case .translated(let address):
                note(nil)
                return (.translated(address), false)
            case .verdict(let verdict):
                note(verdict)
                switch verdict {
                case .accept: return (.accept, false)
                case .drop: return (.drop, false)
                case .return: frame.next = frame.rules.count
                case .jump(let name), .goto(let name):
                    if case .jump = verdict { stack.append(frame) }
                    guard stack.count < Self.deepest else { return (.unknown(.depth), false) }
                    guard let rules = ruleset.chain(name)?.rules else { return (.unknown(.missingChain(name)), false) }
                    frame = Frame(chain: name, rules: rules)
                }
            }
        }
    }

    private func evaluate(_ rule: CompiledRule, _ packet: PacketSketch) -> RuleEnd {
        var registers = RegisterFile()
        // What follows concerns some packets only.
        var isLimited = false
        // The first of what was loaded without being known.
        var unknown: String?
        var gap: RuleEnd { .unknown(.packet(unknown ?? "a field")) }
        for expression in rule.expressions {
            switch expression {
            case .meta(let key, let register):
                guard let bytes = packet.bytes(key) else { return .unknown(.packet("\(key)")) }
                registers.load(bytes, into: register)
            case .payload(let base, let offset, let length, let register):
                let bytes = packet.bytes(base, offset: offset, length: length)
                if bytes.contains(nil) {
                    unknown = unknown ?? packet.name(ofUnknown: base, offset: offset, length: length)
                }
                registers.load(bytes, into: register)
            case .extensionHeader:
                guard packet.isPlain else { return .unknown(.packet("extension headers")) }
                return .missed
            case .conntrackState(let register):
                registers.load(withUnsafeBytes(of: ConntrackState.new.rawValue) { Array($0) }, into: register)
            case .mask(let register, let mask): registers.mask(register, mask)
            case .compare(let comparison, let register, let bytes):
                guard let holds = comparison.holds(registers, register, bytes) else { return gap }
                guard holds else { return .missed }
            case .outsideRange(let register, let lower, let upper):
                guard let value = registers.bytes(register, count: lower.count) else { return gap }
                guard value.lexicographicallyPrecedes(lower) || upper.lexicographicallyPrecedes(value) else {
                    return .missed
                }
            case .lookup(let set, let key, let destination, let isInverted):
                guard let length = ruleset.keyLength(of: set) else { return .unknown(.missingSet(set)) }
                guard let value = registers.bytes(key, count: length) else { return gap }
                switch (ruleset.target(of: value, in: set), destination) {
                case (nil, _): guard isInverted else { return .missed }
                case (_?, nil): guard !isInverted else { return .missed }
                case (.verdict(let verdict)?, .some(.verdict)): return .verdict(verdict)
                case (.data(let data)?, let register?): registers.load(data.bytes, into: register)
                case (_?, _): return .unknown(.foreign("lookup of \(set)"))
                }
            case .nat(_, let family, let register):
                let octets = registers.bytes(register, count: family == .ipv4 ? 4 : 16)
                guard let address = octets.flatMap({ IPAddress(octets: $0) }) else { return gap }
                return .translated(address)
            case .verdict(let verdict): return isLimited ? .unknown(.rate) : .verdict(verdict)
            case .limit: isLimited = true
            case .counter, .log: continue
            case .foreign(let name): return .unknown(.foreign(name))
            }
        }
        return .passed
    }
}

extension Comparison {
    /// As memcmp(3) orders bytes; `nil` where that cannot be told.
    fileprivate func holds(_ registers: RegisterFile, _ register: Register, _ right: [UInt8]) -> Bool? {
        let left = registers.bytes(register, count: right.count)
        return switch self {
        case .equal: registers.holds(right, in: register)
        case .notEqual: registers.holds(right, in: register).map(!)
        case .less: left.map { $0.lexicographicallyPrecedes(right) }
        case .lessOrEqual: left.map { !right.lexicographicallyPrecedes($0) }
        case .greater: left.map { right.lexicographicallyPrecedes($0) }
        case .greaterOrEqual: left.map { !$0.lexicographicallyPrecedes(right) }
        }
    }
}
