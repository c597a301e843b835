import NetworkValues
import Resources

/// A set's member in half the space: a cluster's addresses are in many sets.
struct PackedMember: Hashable, Sendable {
    private let high: UInt64
    private let low: UInt64
    /// From the lowest: the length of the network or 0; the family; the protocol's number; the port.
    private let rest: UInt64

    init(_ network: IPPrefix) {
        self.init(network.address, UInt64(network.length))
    }

    /// A port of an address.
    init(_ address: IPAddress, _ match: TransportProtocol, _ port: UInt16) {
        self.init(address, UInt64(match.ipProtocol.rawValue) << 16 | UInt64(port) << 32)
    }

    private init(_ address: IPAddress, _ rest: UInt64) {
        high = UInt64(truncatingIfNeeded: address.rawValue >> 64)
        low = UInt64(truncatingIfNeeded: address.rawValue)
        self.rest = rest | (address.family == .v6 ? 1 << 8 : 0)
    }

    var address: IPAddress {
        IPAddress(family: rest & 1 << 8 == 0 ? .v4 : .v6, rawValue: UInt128(high) << 64 | UInt128(low))
    }

    /// `nil` for a port.
    var network: IPPrefix? { match == nil ? IPPrefix(address, length: Int(rest & 0xff)) : nil }

    /// Whether it is a network of one address.
    var isHost: Bool { match == nil && rest & 0xff == (rest & 1 << 8 == 0 ? 32 : 128) }

    private var match: TransportProtocol? {
        let number = UInt8(truncatingIfNeeded: rest >> 16)
        return number == 0 ? nil : TransportProtocol.allCases.first { $0.ipProtocol.rawValue == number }
    }

    var member: MemberSet.Member {
        guard let match else { return .network(IPPrefix(address, length: Int(rest & 0xff))) }
        return .port(address, match, UInt16(truncatingIfNeeded: rest >> 32))
    }
}
