import CNFTNL
import Nftables

/// Expressions to and from libnftnl's objects.
enum ExpressionCodec {
    /// A new `nftnl_expr`, to be handed to a rule or a set, which then owns it.
    static func encode(_ expression: Expression) throws(OutOfMemory) -> OpaquePointer {
        switch expression {
        case .meta(let key, let register):
            let encoded = try allocate("meta")
            set(encoded, NFTNL_EXPR_META_KEY, key.rawValue)
            set(encoded, NFTNL_EXPR_META_DREG, register.rawValue)
            return encoded
        case .payload(let base, let offset, let length, let register):
            let encoded = try allocate("payload")
            set(encoded, NFTNL_EXPR_PAYLOAD_BASE, base.rawValue)
            set(encoded, NFTNL_EXPR_PAYLOAD_OFFSET, offset)
            set(encoded, NFTNL_EXPR_PAYLOAD_LEN, length)
            set(encoded, NFTNL_EXPR_PAYLOAD_DREG, register.rawValue)
            return encoded
        case .extensionHeader(let number, let offset, let length, let register):
            let encoded = try allocate("exthdr")
            nftnl_expr_set_u8(encoded, UInt16(NFTNL_EXPR_EXTHDR_TYPE), number)
            set(encoded, NFTNL_EXPR_EXTHDR_OFFSET, offset)
            set(encoded, NFTNL_EXPR_EXTHDR_LEN, length)
            set(encoded, NFTNL_EXPR_EXTHDR_DREG, register.rawValue)
            return encoded
        case .compare(let comparison, let register, let data):
            let encoded = try allocate("cmp")
            set(encoded, NFTNL_EXPR_CMP_SREG, register.rawValue)
            set(encoded, NFTNL_EXPR_CMP_OP, comparison.rawValue)
            set(encoded, NFTNL_EXPR_CMP_DATA, data)
            return encoded
        case .outsideRange(let register, let first, let last):
            let encoded = try allocate("range")
            set(encoded, NFTNL_EXPR_RANGE_SREG, register.rawValue)
            set(encoded, NFTNL_EXPR_RANGE_OP, UInt32(NFT_RANGE_NEQ.rawValue))
            set(encoded, NFTNL_EXPR_RANGE_FROM_DATA, first)
            set(encoded, NFTNL_EXPR_RANGE_TO_DATA, last)
            return encoded
        case .mask(let register, let mask):
            let encoded = try allocate("bitwise")
            set(encoded, NFTNL_EXPR_BITWISE_SREG, register.rawValue)
            set(encoded, NFTNL_EXPR_BITWISE_DREG, register.rawValue)
            set(encoded, NFTNL_EXPR_BITWISE_LEN, UInt32(mask.count))
            set(encoded, NFTNL_EXPR_BITWISE_MASK, mask)
            set(encoded, NFTNL_EXPR_BITWISE_XOR, [UInt8](repeating: 0, count: mask.count))
            return encoded
        case .lookup(let name, let key, let destination, let isInverted):
            let encoded = try allocate("lookup")
            set(encoded, NFTNL_EXPR_LOOKUP_SREG, key.rawValue)
            nftnl_expr_set_str(encoded, UInt16(NFTNL_EXPR_LOOKUP_SET), name)
            if let destination {
                set(encoded, NFTNL_EXPR_LOOKUP_DREG, destination.rawValue)
            }
            if isInverted {
                set(encoded, NFTNL_EXPR_LOOKUP_FLAGS, UInt32(NFT_LOOKUP_F_INV.rawValue))
            }
            return encoded
        case .verdict(let verdict):
            let encoded = try allocate("immediate")
            set(encoded, NFTNL_EXPR_IMM_DREG, Register.verdict.rawValue)
            set(encoded, NFTNL_EXPR_IMM_VERDICT, UInt32(bitPattern: verdict.code))
            if let target = verdict.target {
                nftnl_expr_set_str(encoded, UInt16(NFTNL_EXPR_IMM_CHAIN), target)
            }
            return encoded
        case .counter:
            return try allocate("counter")
        case .limit(let rate, let burst):
            let encoded = try allocate("limit")
            nftnl_expr_set_u64(encoded, UInt16(NFTNL_EXPR_LIMIT_RATE), rate)
            // Per second.
            nftnl_expr_set_u64(encoded, UInt16(NFTNL_EXPR_LIMIT_UNIT), 1)
            set(encoded, NFTNL_EXPR_LIMIT_BURST, burst)
            set(encoded, NFTNL_EXPR_LIMIT_TYPE, UInt32(NFT_LIMIT_PKTS.rawValue))
            return encoded
        case .log(let prefix, let level):
            let encoded = try allocate("log")
            nftnl_expr_set_str(encoded, UInt16(NFTNL_EXPR_LOG_PREFIX), prefix)
            set(encoded, NFTNL_EXPR_LOG_LEVEL, level)
            return encoded
        case .conntrackState(let register):
            let encoded = try allocate("ct")
            set(encoded, NFTNL_EXPR_CT_KEY, NFT_CT_STATE.rawValue)
            set(encoded, NFTNL_EXPR_CT_DREG, register.rawValue)
            return encoded
        case .nat(let kind, let family, let register):
            let encoded = try allocate("nat")
            set(encoded, NFTNL_EXPR_NAT_TYPE, kind.rawValue)
            set(encoded, NFTNL_EXPR_NAT_FAMILY, family.rawValue)
            set(encoded, NFTNL_EXPR_NAT_REG_ADDR_MIN, register.rawValue)
            return encoded
        case .foreign(let name):
            return try allocate(name)
        }
    }

    /// What a `counter` begins with.
    static func set(_ value: CounterValue, _ counter: OpaquePointer) {
        guard value != CounterValue() else { return }
        nftnl_expr_set_u64(counter, UInt16(NFTNL_EXPR_CTR_PACKETS), value.packets)
        nftnl_expr_set_u64(counter, UInt16(NFTNL_EXPR_CTR_BYTES), value.bytes)
    }

    static func allocate(_ name: String) throws(OutOfMemory) -> OpaquePointer {
        guard let expression = nftnl_expr_alloc(name) else { throw OutOfMemory() }
        return expression
    }

    private static func set(_ expression: OpaquePointer, _ attribute: Int, _ value: UInt32) {
        nftnl_expr_set_u32(expression, UInt16(attribute), value)
    }

    private static func set(_ expression: OpaquePointer, _ attribute: Int, _ bytes: [UInt8]) {
        nftnl_expr_set(expression, UInt16(attribute), bytes, UInt32(bytes.count))
    }
}

extension Verdict {
    /// The number that netlink carries (`enum nft_verdicts`, `NF_DROP`, `NF_ACCEPT`).
    var code: Int32 {
        switch self {
        case .drop: 0
        case .accept: 1
        case .jump: NFT_JUMP.rawValue
        case .goto: NFT_GOTO.rawValue
        case .return: NFT_RETURN.rawValue
        }
    }

    /// `nil` for a verdict that Margay never writes, such as queue.
    init?(code: Int32, chain: String?) {
        switch (code, chain) {
        case (0, _): self = .drop
        case (1, _): self = .accept
        case (NFT_JUMP.rawValue, let chain?): self = .jump(chain)
        case (NFT_GOTO.rawValue, let chain?): self = .goto(chain)
        case (NFT_RETURN.rawValue, _): self = .return
        default: return nil
        }
    }
}
