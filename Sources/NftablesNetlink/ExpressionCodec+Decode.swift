import CNFTNL
import Nftables

extension ExpressionCodec {
    /// The expression behind a `nftnl_expr`; whatever Margay never writes comes back as ``Expression/foreign(_:)``.
    static func decode(_ encoded: OpaquePointer) -> Expression {
        let name = nftnl_expr_get_str(encoded, UInt16(NFTNL_EXPR_NAME)).map { String(cString: $0) } ?? "?"
        if name == "target", let extensionName = string(encoded, NFTNL_EXPR_TG_NAME) {
            // An extension of iptables that nft has no words for, by its name.
            return .foreign("target \(extensionName)")
        }
        return decode(encoded, name) ?? .foreign(name)
    }

    private static func decode(_ encoded: OpaquePointer, _ name: String) -> Expression? {
        switch name {
        case "meta":
            guard let key = MetaKey(rawValue: number(encoded, NFTNL_EXPR_META_KEY)),
                has(encoded, NFTNL_EXPR_META_DREG)
            else { return nil }
            return .meta(key, into: register(encoded, NFTNL_EXPR_META_DREG))
        case "payload":
            guard let base = PayloadBase(rawValue: number(encoded, NFTNL_EXPR_PAYLOAD_BASE)),
                has(encoded, NFTNL_EXPR_PAYLOAD_DREG)
            else { return nil }
            return .payload(
                base, offset: number(encoded, NFTNL_EXPR_PAYLOAD_OFFSET),
                length: number(encoded, NFTNL_EXPR_PAYLOAD_LEN), into: register(encoded, NFTNL_EXPR_PAYLOAD_DREG))
        case "exthdr":
            // IPv6's own, and loaded: not whether it is there, TCP's options or a write.
            guard has(encoded, NFTNL_EXPR_EXTHDR_DREG), number(encoded, NFTNL_EXPR_EXTHDR_FLAGS) == 0,
                number(encoded, NFTNL_EXPR_EXTHDR_OP) == NFT_EXTHDR_OP_IPV6.rawValue
            else { return nil }
            return .extensionHeader(
                nftnl_expr_get_u8(encoded, UInt16(NFTNL_EXPR_EXTHDR_TYPE)),
                offset: number(encoded, NFTNL_EXPR_EXTHDR_OFFSET), length: number(encoded, NFTNL_EXPR_EXTHDR_LEN),
                into: register(encoded, NFTNL_EXPR_EXTHDR_DREG))
        case "cmp":
            guard let comparison = Comparison(rawValue: number(encoded, NFTNL_EXPR_CMP_OP)) else { return nil }
            return .compare(
                comparison, register(encoded, NFTNL_EXPR_CMP_SREG), bytes(encoded, NFTNL_EXPR_CMP_DATA))
        case "range":
            guard number(encoded, NFTNL_EXPR_RANGE_OP) == NFT_RANGE_NEQ.rawValue else { return nil }
            return .outsideRange(
                register(encoded, NFTNL_EXPR_RANGE_SREG), bytes(encoded, NFTNL_EXPR_RANGE_FROM_DATA),
                bytes(encoded, NFTNL_EXPR_RANGE_TO_DATA))
        case "bitwise":
            let source = register(encoded, NFTNL_EXPR_BITWISE_SREG)
            guard has(encoded, NFTNL_EXPR_BITWISE_MASK),
                source == register(encoded, NFTNL_EXPR_BITWISE_DREG),
                bytes(encoded, NFTNL_EXPR_BITWISE_XOR).allSatisfy({ $0 == 0 })
            else { return nil }
            return .mask(source, bytes(encoded, NFTNL_EXPR_BITWISE_MASK))
        case "lookup":
            let flags = number(encoded, NFTNL_EXPR_LOOKUP_FLAGS)
            guard let set = string(encoded, NFTNL_EXPR_LOOKUP_SET) else { return nil }
            return .lookup(
                set: set, key: register(encoded, NFTNL_EXPR_LOOKUP_SREG),
                into: has(encoded, NFTNL_EXPR_LOOKUP_DREG) ? register(encoded, NFTNL_EXPR_LOOKUP_DREG) : nil,
                isInverted: flags & UInt32(NFT_LOOKUP_F_INV.rawValue) != 0)
        case "immediate":
            guard has(encoded, NFTNL_EXPR_IMM_VERDICT),
                let verdict = Verdict(
                    code: Int32(bitPattern: number(encoded, NFTNL_EXPR_IMM_VERDICT)),
                    chain: string(encoded, NFTNL_EXPR_IMM_CHAIN))
            else { return nil }
            return .verdict(verdict)
        case "counter":
            return .counter
        case "limit":
            // Not of bytes, not beyond instead of within.
            guard number(encoded, NFTNL_EXPR_LIMIT_TYPE) == NFT_LIMIT_PKTS.rawValue,
                number(encoded, NFTNL_EXPR_LIMIT_FLAGS) == 0,
                nftnl_expr_get_u64(encoded, UInt16(NFTNL_EXPR_LIMIT_UNIT)) == 1
            else { return nil }
            return .limit(
                perSecond: nftnl_expr_get_u64(encoded, UInt16(NFTNL_EXPR_LIMIT_RATE)),
                burst: number(encoded, NFTNL_EXPR_LIMIT_BURST))
        case "log":
            // A group leads to a program instead of the kernel's log; flags add to the line.
            guard let prefix = string(encoded, NFTNL_EXPR_LOG_PREFIX), has(encoded, NFTNL_EXPR_LOG_LEVEL),
                !has(encoded, NFTNL_EXPR_LOG_GROUP), number(encoded, NFTNL_EXPR_LOG_FLAGS) == 0
            else { return nil }
            return .log(prefix: prefix, level: number(encoded, NFTNL_EXPR_LOG_LEVEL))
        case "ct":
            guard number(encoded, NFTNL_EXPR_CT_KEY) == NFT_CT_STATE.rawValue, has(encoded, NFTNL_EXPR_CT_DREG)
            else { return nil }
            return .conntrackState(into: register(encoded, NFTNL_EXPR_CT_DREG))
        case "nat":
            guard let kind = NATKind(rawValue: number(encoded, NFTNL_EXPR_NAT_TYPE)),
                let family = NATFamily(rawValue: number(encoded, NFTNL_EXPR_NAT_FAMILY)),
                !has(encoded, NFTNL_EXPR_NAT_REG_PROTO_MIN)
            else { return nil }
            return .nat(kind, family, address: register(encoded, NFTNL_EXPR_NAT_REG_ADDR_MIN))
        default:
            return nil
        }
    }

    /// The counter of a `nftnl_expr` that is one.
    static func counter(_ encoded: OpaquePointer) -> CounterValue? {
        guard string(encoded, NFTNL_EXPR_NAME) == "counter" else { return nil }
        return CounterValue(
            packets: nftnl_expr_get_u64(encoded, UInt16(NFTNL_EXPR_CTR_PACKETS)),
            bytes: nftnl_expr_get_u64(encoded, UInt16(NFTNL_EXPR_CTR_BYTES)))
    }

    private static func has(_ encoded: OpaquePointer, _ attribute: Int) -> Bool {
        nftnl_expr_is_set(encoded, UInt16(attribute))
    }

    private static func number(_ encoded: OpaquePointer, _ attribute: Int) -> UInt32 {
        nftnl_expr_get_u32(encoded, UInt16(attribute))
    }

    private static func register(_ encoded: OpaquePointer, _ attribute: Int) -> Register {
        Register(rawValue: number(encoded, attribute))
    }

    private static func string(_ encoded: OpaquePointer, _ attribute: Int) -> String? {
        nftnl_expr_get_str(encoded, UInt16(attribute)).map { String(cString: $0) }
    }

    private static func bytes(_ encoded: OpaquePointer, _ attribute: Int) -> [UInt8] {
        var length: UInt32 = 0
        guard let data = nftnl_expr_get(encoded, UInt16(attribute), &length) else { return [] }
        return Array(UnsafeRawBufferPointer(start: data, count: Int(length)))
    }
}
