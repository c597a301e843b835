package import NetworkValues

/// An address and a TCP port to listen on, written `127.0.0.1:9099` or `[::1]:9099`.
package struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    package var address: IPAddress
    package var port: UInt16

    package init(address: IPAddress, port: UInt16) {
        self.address = address
        self.port = port
    }

    /// Reads the form that ``description`` writes; `nil` for anything else, host names and port 0 among them.
    package init?(_ text: some StringProtocol) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0
        else { return nil }
        var host = text[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        if isBracketed {
            host = host.dropFirst().dropLast()
        }
        guard let address = try? IPAddress(parsing: host), (address.family == .v6) == isBracketed else { return nil }
        self.init(address: address, port: port)
    }

    package var description: String {
        address.family == .v6 ? "[\(address)]:\(port)" : "\(address):\(port)"
    }
}
