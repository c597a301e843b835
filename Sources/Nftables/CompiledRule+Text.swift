import NetworkValues

extension CompiledRule {
    /// The rule as nft would list it, comment included, as far as the instructions are of a kind that Margay writes;
    /// others stand in brackets, fields without a name as nft's raw payload (`@nh,96,32`).
    ///
    /// For people who compare. Rules of ours are spelled by ``Rule/text``.
    public func text(in family: TableFamily) -> String {
        var reader = RuleReader(family: family)
        for expression in expressions {
            reader.read(expression)
        }
        let words = reader.finished() + (comment.map { ["comment \"\($0)\""] } ?? [])
        return words.joined(separator: " ")
    }
}

/// Turns instructions back into statements. The conditions that nft derives itself (protocol before port) are left out
/// again once a field that needs them follows.
private struct RuleReader {
    let family: TableFamily
    private var words: [String] = []
    /// What was loaded since the last statement, in the order of the registers.
    private var loads: [Load] = []
    /// The loads have served a statement: the next one starts anew. A range is compared twice.
    private var isCompared = false
    private var mask: [UInt8]?
    private var transport: UInt8?
    /// Conditions that may turn out to be derived ones, and what derives them.
    private var pending: [(text: String, base: PayloadBase)] = []

    private enum Load {
        case meta(MetaKey)
        case payload(PayloadBase, offset: UInt32, length: UInt32)
        case extensionHeader(UInt8, offset: UInt32, length: UInt32)
        case conntrackState
        case map(String)
    }

    init(family: TableFamily) {
        self.family = family
    }

    mutating func finished() -> [String] {
        flush()
        return words
    }

    mutating func read(_ expression: Expression) {
        switch expression {
        case .meta(let key, _): load(.meta(key))
        case .payload(let base, let offset, let length, _): load(.payload(base, offset: offset, length: length))
        case .extensionHeader(let number, let offset, let length, _):
            load(.extensionHeader(number, offset: offset, length: length))
        case .conntrackState: load(.conntrackState)
        case .mask(_, let bytes): mask = bytes
        case .compare(let comparison, _, let bytes): compare(comparison, bytes)
        case .lookup(let set, _, let into, let isInverted):
            let key = names(of: loads)
            if into == .verdict {
                emit("\(key) vmap @\(set)")
            } else if into != nil {
                dropDerivedConditions()
                loads = [.map("\(key) map @\(set)")]
            } else {
                emit("\(key) \(isInverted ? "!= " : "")@\(set)")
            }
        case .nat(let kind, let family, _): emit("\(kind.text) \(family.text) to \(names(of: loads))")
        case .verdict(let verdict): emit(verdict.description)
        case .counter: emit("counter")
        case .outsideRange(_, let lower, let upper): compare(.notEqual, lower, through: upper)
        case .limit(let rate, let burst): emit("limit rate \(rate)/second burst \(burst) packets")
        case .log(let prefix, _): emit("log prefix \"\(prefix)\"")
        default:
            if case .foreign(let text) = expression { emit("[\(text)]") } else { emit("[\(expression)]") }
        }
    }

    private mutating func load(_ load: Load) {
        if isCompared {
            loads = []
            mask = nil
            isCompared = false
        }
        loads.append(load)
    }

    private mutating func dropDerivedConditions() {
        for case .payload(let base, _, _) in loads {
            pending.removeAll { $0.base == base }
        }
    }

    private mutating func emit(_ text: String) {
        dropDerivedConditions()
        flush()
        words.append(text)
        isCompared = true
    }

    private mutating func flush() {
        words += pending.map(\.text)
        pending = []
    }

    private mutating func compare(_ comparison: Comparison, _ bytes: [UInt8], through last: [UInt8]? = nil) {
        defer { isCompared = true }
        guard loads.count == 1, let load = loads.first else {
            return emit("\(names(of: loads))\(comparison.text) 0x\(hexadecimal(bytes))")
        }
        switch (load, comparison) {
        // Ethernet, and what EtherType says of the family: nft never shows either.
        case (.meta(.iiftype), .equal): return
        case (.payload(.link, 12, 2), .equal): return
        case (.meta(.l4proto), .equal):
            transport = bytes.first
            pending.append(("meta l4proto \(bytes.first ?? 0)", .transport))
        case (.meta(.nfproto), .equal):
            pending.append(("meta nfproto \(bytes.first == 2 ? "ipv4" : "ipv6")", .network))
        case (.meta(.l4proto), _), (.meta(.nfproto), _):
            emit("\(names(of: loads))\(comparison.text) \(bytes.first ?? 0)")
        case (.meta(.iifname), _), (.meta(.oifname), _):
            let name = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            emit("\(names(of: loads))\(comparison.text) \"\(name)\(bytes.count < 16 ? "*" : "")\"")
        case (.conntrackState, .notEqual) where mask != nil:
            let states = (mask ?? []).prefix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            emit("ct state \(ConntrackState(rawValue: states).text)")
        case (.extensionHeader, _) where bytes.count <= 2:
            emit("\(names(of: loads))\(comparison.text) \(bytes.reduce(0) { $0 << 8 | Int($1) })")
        case (.payload(let base, let offset, let length), .lessOrEqual) where isCompared && !words.isEmpty:
            // The lower bound was written before: `tcp dport >= 80`.
            let lower = words.removeLast().replacing(" >= ", with: " ")
            emit("\(lower)-\(value(base, offset, length, bytes))")
        case (.payload(let base, let offset, let length), _):
            let range = last.map { "-\(value(base, offset, length, $0))" } ?? ""
            emit("\(name(base, offset, length))\(comparison.text) \(value(base, offset, length, bytes))\(range)")
        default: emit("\(names(of: loads))\(comparison.text) 0x\(hexadecimal(bytes))")
        }
    }

    private func names(of loads: [Load]) -> String {
        loads.map { load in
            switch load {
            case .meta(let key): Self.name(of: key)
            case .payload(let base, let offset, let length): name(base, offset, length)
            case .extensionHeader(let number, let offset, let length): Self.name(number, offset, length)
            case .conntrackState: "ct state"
            case .map(let text): text
            }
        }.joined(separator: " . ")
    }

    private static func name(_ header: UInt8, _ offset: UInt32, _ length: UInt32) -> String {
        let known = [Field.fragmentNextHeader, .fragmentOffset].first {
            $0.source == .extensionHeader(header, offset: offset) && $0.length == Int(length)
        }
        return known?.text ?? "exthdr \(header),\(8 * offset),\(8 * length)"
    }

    private static func name(of key: MetaKey) -> String {
        switch key {
        case .iifname: "iifname"
        case .oifname: "oifname"
        case .iiftype: "iiftype"
        default: "meta \(key)"
        }
    }

    /// The field that begins there and is at least so long: a network's prefix is a shorter load.
    private func field(_ base: PayloadBase, _ offset: UInt32, _ length: UInt32) -> Field? {
        var fields: [Field] = [.etherSource]
        if family == .arp {
            fields += [
                .arpHardwareType, .arpProtocolType, .arpHardwareLength, .arpProtocolLength, .arpOperation,
                .arpSenderEther, .arpSenderIPv4,
            ]
        } else {
            fields += [.ipv4Source, .ipv4Destination, .ipv6Source, .ipv6Destination]
            fields += [.ipv6Length, .ipv6NextHeader, .ipv6HopLimit]
            fields += TransportHeader.allCases.filter { $0.rawValue == transport }
                .flatMap { [.sourcePort($0), .destinationPort($0)] }
            fields += transport == 1 ? [.icmpType] : transport == 58 ? [.icmpv6Type] : []
        }
        return fields.first { field in
            guard case .payload(base, offset) = field.source else { return false }
            let isPrefix = field.length == 4 || field.length == 16
            return field.length == Int(length) || isPrefix && field.length > Int(length)
        }
    }

    private func name(_ base: PayloadBase, _ offset: UInt32, _ length: UInt32) -> String {
        field(base, offset, length)?.text ?? "@\(base.text),\(8 * offset),\(8 * length)"
    }

    private func value(_ base: PayloadBase, _ offset: UInt32, _ length: UInt32, _ bytes: [UInt8]) -> String {
        guard let field = field(base, offset, length) else { return "0x\(hexadecimal(bytes))" }
        switch field.length {
        case 4, 16:
            let octets = bytes + [UInt8](repeating: 0, count: field.length - bytes.count)
            let ones = mask?.reduce(0) { $0 + $1.nonzeroBitCount } ?? 8 * bytes.count
            let address = IPAddress(octets: octets)?.description ?? "0x\(hexadecimal(bytes))"
            return ones == 8 * field.length ? address : "\(address)/\(ones)"
        case 6: return MACAddress(octets: bytes)?.description ?? "0x\(hexadecimal(bytes))"
        default: return "\(bytes.reduce(0) { $0 << 8 | Int($1) })"
        }
    }

    private func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

extension PayloadBase {
    fileprivate var text: String {
        switch self {
        case .link: "ll"
        case .network: "nh"
        case .transport: "th"
        }
    }
}

extension Comparison {
    fileprivate var text: String {
        switch self {
        case .equal: ""
        case .notEqual: " !="
        case .less: " <"
        case .lessOrEqual: " <="
        case .greater: " >"
        case .greaterOrEqual: " >="
        }
    }
}
