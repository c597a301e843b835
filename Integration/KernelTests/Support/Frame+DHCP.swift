import NetworkValues

extension IPPacket {
    /// What a DHCP client without an address asks everybody (RFC 2131 section 2), or something much like it.
    /// - Parameter client: The link-layer address for which it asks (`chaddr`).
    static func dhcpRequest(
        for client: MACAddress, from source: String = "0.0.0.0", _ sourcePort: UInt16 = 68,
        to target: String = "255.255.255.255", _ targetPort: UInt16 = 67, remainder: [UInt8] = []
    ) -> IPPacket {
        let header: [UInt8] = [1, 1, 6, 0] + [UInt8](repeating: 0, count: 24)
        let names = [UInt8](repeating: 0, count: 10 + 64 + 128)
        return .udp(
            from: address(source), sourcePort, to: address(target), targetPort,
            data: header + client.octets + names + [99, 130, 83, 99] + remainder)
    }
}
