import CNFTNL
import Nftables

/// Sets and their elements to and from libnftnl's objects.
enum SetCodec {
    /// Fills in a set's definition. `id` names it within its transaction.
    static func encode(_ set: NamedSet, in table: Table, id: UInt32, into encoded: OpaquePointer) throws(OutOfMemory) {
        name(set.name, in: table, encoded)
        nftnl_set_set_u32(encoded, UInt16(NFTNL_SET_ID), id)
        nftnl_set_set_u32(encoded, UInt16(NFTNL_SET_KEY_TYPE), set.key.number)
        nftnl_set_set_u32(encoded, UInt16(NFTNL_SET_KEY_LEN), UInt32(set.key.length))
        var flags: UInt32 = 0
        if set.isInterval {
            flags |= UInt32(NFT_SET_INTERVAL.rawValue)
        }
        if set.isInterval && set.key.isConcatenation {
            flags |= concatenation
            // The kernel looks each part up for itself and must know where they are.
            let lengths = set.key.parts.map { UInt8($0.length) }
            nftnl_set_set_data(encoded, UInt16(NFTNL_SET_DESC_CONCAT), lengths, UInt32(lengths.count))
        }
        switch set.mapping {
        case .none: break
        case .verdict:
            flags |= UInt32(NFT_SET_MAP.rawValue)
            nftnl_set_set_u32(encoded, UInt16(NFTNL_SET_DATA_TYPE), UInt32(NFT_DATA_VERDICT.rawValue))
            nftnl_set_set_u32(encoded, UInt16(NFTNL_SET_DATA_LEN), 0)
        case .data(let type):
            flags |= UInt32(NFT_SET_MAP.rawValue)
            nftnl_set_set_u32(encoded, UInt16(NFTNL_SET_DATA_TYPE), type.number)
            nftnl_set_set_u32(encoded, UInt16(NFTNL_SET_DATA_LEN), UInt32(type.length))
        }
        nftnl_set_set_u32(encoded, UInt16(NFTNL_SET_FLAGS), flags)
        if let size = set.size {
            nftnl_set_set_u32(encoded, UInt16(NFTNL_SET_DESC_SIZE), size)
        }
        if set.hasCounters {
            nftnl_set_add_expr(encoded, try ExpressionCodec.allocate("counter"))
        }
        try encodeUserData(of: set, into: encoded)
    }

    /// nft keeps in the set's user data how to print it: without the byte order it shows interface names as "".
    private static func encodeUserData(of set: NamedSet, into encoded: OpaquePointer) throws(OutOfMemory) {
        let userData = try LibraryObject.userData(capacity: 256)
        nftnl_udata_put_u32(
            userData.pointer, UInt8(NFTNL_UDATA_SET_KEYBYTEORDER.rawValue), set.key.byteOrder.rawValue)
        switch set.mapping {
        case .none: break
        case .verdict:
            nftnl_udata_put_u32(
                userData.pointer, UInt8(NFTNL_UDATA_SET_DATABYTEORDER.rawValue), ByteOrder.none.rawValue)
        case .data(let type):
            nftnl_udata_put_u32(
                userData.pointer, UInt8(NFTNL_UDATA_SET_DATABYTEORDER.rawValue), type.byteOrder.rawValue)
        }
        if set.key.isTypedByExpression {
            let expressions = KeyExpressions.encode(set.key)
            nftnl_udata_put(
                userData.pointer, UInt8(NFTNL_UDATA_SET_KEY_TYPEOF.rawValue), UInt32(expressions.count), expressions)
        }
        nftnl_set_set_data(
            encoded, UInt16(NFTNL_SET_USERDATA), nftnl_udata_buf_data(userData.pointer),
            nftnl_udata_buf_len(userData.pointer))
    }

    private static let concatenation = UInt32(NFT_SET_CONCAT.rawValue)

    static func name(_ name: String, in table: Table, _ encoded: OpaquePointer) {
        nftnl_set_set_u32(encoded, UInt16(NFTNL_SET_FAMILY), UInt32(table.family.rawValue))
        nftnl_set_set_str(encoded, UInt16(NFTNL_SET_TABLE), table.name)
        nftnl_set_set_str(encoded, UInt16(NFTNL_SET_NAME), name)
    }

    /// A set read back, or `nil` when it is of a kind that Margay never makes.
    static func decode(_ encoded: OpaquePointer) -> NamedSet? {
        guard let name = nftnl_set_get_str(encoded, UInt16(NFTNL_SET_NAME)),
            let key = key(of: encoded)
        else { return nil }
        let flags = nftnl_set_get_u32(encoded, UInt16(NFTNL_SET_FLAGS))
        let known = UInt32(NFT_SET_INTERVAL.rawValue) | UInt32(NFT_SET_MAP.rawValue) | concatenation
        guard flags & ~known == 0 else { return nil }
        var mapping = NamedSet.Mapping.none
        if flags & UInt32(NFT_SET_MAP.rawValue) != 0 {
            let number = nftnl_set_get_u32(encoded, UInt16(NFTNL_SET_DATA_TYPE))
            if number == UInt32(NFT_DATA_VERDICT.rawValue) {
                mapping = .verdict
            } else if let type = KeyType(number: number) {
                mapping = .data(type)
            } else {
                return nil
            }
        }
        let hasSize = nftnl_set_is_set(encoded, UInt16(NFTNL_SET_DESC_SIZE))
        return NamedSet(
            String(cString: name), key: key, mapping: mapping,
            isInterval: flags & UInt32(NFT_SET_INTERVAL.rawValue) != 0,
            size: hasSize ? nftnl_set_get_u32(encoded, UInt16(NFTNL_SET_DESC_SIZE)) : nil,
            hasCounters: nftnl_set_is_set(encoded, UInt16(NFTNL_SET_EXPR))
                || nftnl_set_is_set(encoded, UInt16(NFTNL_SET_EXPRESSIONS)))
    }
}

extension SetCodec {
    /// By the type's number, or where that says too little by the expressions beside it.
    private static func key(of encoded: OpaquePointer) -> KeyType? {
        let number = nftnl_set_get_u32(encoded, UInt16(NFTNL_SET_KEY_TYPE))
        if let key = KeyType(number: number) { return key }
        var length: UInt32 = 0
        guard let data = nftnl_set_get_data(encoded, UInt16(NFTNL_SET_USERDATA), &length),
            let key = KeyExpressions.decode(Array(UnsafeRawBufferPointer(start: data, count: Int(length)))),
            key.number == number, UInt32(key.length) == nftnl_set_get_u32(encoded, UInt16(NFTNL_SET_KEY_LEN))
        else { return nil }
        return key
    }
}

/// nftables' `enum byteorder`.
enum ByteOrder: UInt32 {
    case none = 0
    case host = 1
    case network = 2
}

extension KeyType {
    var byteOrder: ByteOrder {
        guard parts.count == 1 else { return .none }
        return parts[0].isHostByteOrder ? .host : .network
    }

    /// The parts of nft's number, or `nil` if one of them is unknown here.
    init?(number: UInt32) {
        var parts: [DataType] = []
        var rest = number
        while rest != 0 {
            guard let part = DataType(number: rest & 0x3f) else { return nil }
            parts.insert(part, at: 0)
            rest >>= 6
        }
        guard !parts.isEmpty else { return nil }
        self.init(parts)
    }
}
