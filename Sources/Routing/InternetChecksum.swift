/// The checksum of IPv4, ICMP, UDP and TCP over these octets, whatever pseudo-header among them (RFC 1071); a last odd
/// octet counts as if a zero followed it.
public func internetChecksum(_ octets: [UInt8]) -> UInt16 {
    var sum = octets.enumerated().reduce(UInt32(0)) {
        $0 + ($1.offset % 2 == 0 ? UInt32($1.element) << 8 : UInt32($1.element))
    }
    while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
    return ~UInt16(sum)
}
