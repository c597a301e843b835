import CMNL
import Glibc
import Netlink
import NetworkValues

// What the codecs of links, routes, neighbours and addresses share.

extension IPFamily {
    /// `AF_INET` or `AF_INET6`.
    var number: UInt8 { self == .v4 ? UInt8(AF_INET) : UInt8(AF_INET6) }

    /// `nil` for the families that carry no workload traffic, such as `AF_BRIDGE`, which shares our message types.
    init?(number: UInt8) {
        switch Int32(number) {
        case AF_INET: self = .v4
        case AF_INET6: self = .v6
        default: return nil
        }
    }
}

extension MessageWriter {
    /// An address in network order, 4 or 16 bytes.
    mutating func put(_ type: UInt16, _ address: IPAddress) {
        switch address.family {
        case .v4: put(type, bigEndian: UInt32(truncatingIfNeeded: address.rawValue))
        case .v6: put(type, bigEndian: address.rawValue)
        }
    }

    mutating func put(_ type: UInt16, _ address: MACAddress) {
        put(type, octets: address.octets)
    }
}

extension Attribute {
    func address(_ family: IPFamily) throws(NetlinkError) -> IPAddress {
        switch family {
        case .v4: IPAddress(family: .v4, rawValue: UInt128(try bigEndian(UInt32.self)))
        case .v6: IPAddress(family: .v6, rawValue: try bigEndian(UInt128.self))
        }
    }
}

extension rtattr_type_t {
    /// The type of an attribute to be put.
    var number: UInt16 { UInt16(rawValue) }
}
