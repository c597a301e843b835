import CNFTNL
import Nftables

/// The expressions that make up the key of a set, as nft keeps them in the set's user data to list it by `typeof`.
///
/// They are nested attributes of one byte each for type and length, numbers in host order: those of nft's
/// `expr_ops_build_udata` for a concatenation (`concat_expr_build_udata`), `meta` and raw `payload`.
enum KeyExpressions {
    /// `enum expr_types` of nftables' `expression.h`; it grows at its end only, since sets outlive an nft.
    private enum Kind: UInt32 {
        case payload = 7
        case meta = 9
        case concatenation = 13
    }

    /// `PROTO_BASE_TRANSPORT_HDR` of nftables' `proto.h`.
    private static let transportBase: UInt32 = 3

    /// The content of `NFTNL_UDATA_SET_KEY_TYPEOF`.
    static func encode(_ key: KeyType) -> [UInt8] {
        let parts = key.parts.enumerated().flatMap { attribute(UInt8($0), expression($1)) }
        return number(0, Kind.concatenation.rawValue) + attribute(1, parts)
    }

    private static func expression(_ part: DataType) -> [UInt8] {
        guard case .transportBytes(let offset, let length) = part else {
            return number(0, Kind.meta.rawValue) + attribute(1, number(0, MetaKey.iifname.rawValue))
        }
        // Neither a protocol nor a template of one: raw bytes of the header.
        let place = [0, 0, transportBase, UInt32(8 * offset), UInt32(8 * length)]
        return number(0, Kind.payload.rawValue) + attribute(1, place.enumerated().flatMap { number(UInt8($0), $1) })
    }

    /// The key of a set by its whole user data; `nil` for one that Margay never makes.
    static func decode(_ userData: [UInt8]) -> KeyType? {
        guard let typeof = Attributes(userData)[UInt8(NFTNL_UDATA_SET_KEY_TYPEOF.rawValue)].map(Attributes.init),
            typeof.number(0) == Kind.concatenation.rawValue, let parts = typeof[1].map(Attributes.init)
        else { return nil }
        var types: [DataType] = []
        while let content = parts[UInt8(types.count)].map(Attributes.init) {
            guard let kind = content.number(0).flatMap(Kind.init), let place = content[1].map(Attributes.init) else {
                return nil
            }
            switch kind {
            case .meta where place.number(0) == MetaKey.iifname.rawValue: types.append(.interfaceName)
            case .payload where place.number(1) == 0 && place.number(2) == transportBase:
                guard let offset = place.number(3), let length = place.number(4), offset % 8 == 0, length % 8 == 0
                else { return nil }
                types.append(.transportBytes(offset: Int(offset / 8), length: Int(length / 8)))
            default: return nil
            }
        }
        return KeyType(types)
    }

    private static func attribute(_ type: UInt8, _ content: [UInt8]) -> [UInt8] {
        [type, UInt8(content.count)] + content
    }

    private static func number(_ type: UInt8, _ value: UInt32) -> [UInt8] {
        attribute(type, withUnsafeBytes(of: value) { Array($0) })
    }

    /// Attributes of one level by their type.
    private struct Attributes {
        private var contents: [UInt8: [UInt8]] = [:]

        init(_ bytes: [UInt8]) {
            var rest = bytes[...]
            while rest.count >= 2, let type = rest.first {
                let length = Int(rest[rest.startIndex + 1])
                guard rest.count >= 2 + length else { return }
                contents[type] = Array(rest.dropFirst(2).prefix(length))
                rest = rest.dropFirst(2 + length)
            }
        }

        subscript(type: UInt8) -> [UInt8]? { contents[type] }

        func number(_ type: UInt8) -> UInt32? {
            guard let bytes = contents[type], bytes.count == 4 else { return nil }
            return bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }
        }
    }
}
