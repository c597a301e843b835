/// A member of an etcd cluster, or what stands before several.
public struct EtcdEndpoint: Hashable, Sendable, CustomStringConvertible {
    /// `true` for `https`.
    public let isSecure: Bool
    /// A name or an address, IPv6 without brackets.
    public let host: String
    public let port: UInt16

    /// - Parameter text: `http://10.0.0.1:2379`, `https://etcd-1.example:2379`, `https://[2001:db8::1]:2379`.
    /// - Returns: `nil` for anything else.
    public init?(_ text: String) {
        guard let scheme = ["http://", "https://"].first(where: text.hasPrefix) else { return nil }
        let authority = text.dropFirst(scheme.count)
        guard let colon = authority.lastIndex(of: ":"),
            let port = UInt16(authority[authority.index(after: colon)...]), port > 0
        else { return nil }
        var host = authority[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { return nil }
        isSecure = scheme == "https://"
        self.host = String(host)
        self.port = port
    }

    public var description: String {
        "\(isSecure ? "https" : "http")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }
}
