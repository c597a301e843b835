import NetworkValues

extension SettingFormat<String> {
    private static func matching(
        _ kind: String, _ accepted: String, _ isAccepted: @escaping @Sendable (String) -> Bool
    ) -> Self {
        Self(kind: kind, accepted: accepted, read: { isAccepted($0) ? $0 : nil }, write: { $0 })
    }

    /// The names Calico gives nodes.
    static var nodeName: Self {
        matching("node name", "1 to 253 letters, digits, '.', '_' or '-', a letter or digit first and last") { text in
            (1...253).contains(text.utf8.count) && text.utf8.allSatisfy(isNameByte)
                && text.utf8.first.map(isAlphanumeric) == true && text.utf8.last.map(isAlphanumeric) == true
        }
    }

    /// The start of interface names that are at least one character longer.
    static var interfacePrefix: Self {
        matching("interface name prefix", "1 to 14 of a-z A-Z 0-9 '_' '.' '-'") { text in
            text.utf8.count <= 14 && (try? InterfaceName(parsing: text + "0")) != nil && !text.isEmpty
        }
    }

    static var absolutePath: Self {
        matching("path", "an absolute path") { $0.hasPrefix("/") && !$0.utf8.contains(0) }
    }

    /// A file that the agent may write, or none.
    static var stateFile: Self {
        Self(
            kind: "file", accepted: "an absolute path, or off", absence: ["", "off"],
            read: { $0.hasPrefix("/") && !$0.hasSuffix("/") && !$0.utf8.contains(0) ? $0 : nil }, write: { $0 })
    }

    /// A path that fits `sun_path` of `unix(7)` with its terminating zero.
    static var socketPath: Self {
        matching("socket path", "an absolute path of at most 107 bytes") {
            $0.hasPrefix("/") && !$0.hasSuffix("/") && $0.utf8.count <= 107 && !$0.utf8.contains(0)
        }
    }

    static var groupName: Self {
        matching("group name", "1 to 32 letters, digits, '.', '_' or '-'") { text in
            (1...32).contains(text.utf8.count) && text.utf8.allSatisfy(isNameByte) && !text.hasPrefix("-")
        }
    }

    static var userName: Self {
        matching("user name", "a text that is not empty") { !$0.isEmpty }
    }

    static var etcdEndpoint: Self {
        matching("etcd endpoint", "http:// or https://, host and port, such as https://10.0.0.1:2379") { text in
            let schemes = ["http://", "https://"]
            guard let scheme = schemes.first(where: text.hasPrefix) else { return false }
            let authority = text.dropFirst(scheme.count)
            guard let colon = authority.lastIndex(of: ":"), colon > authority.startIndex,
                let port = UInt16(authority[authority.index(after: colon)...]), port > 0
            else { return false }
            return authority[..<colon].utf8.allSatisfy { isNameByte($0) || "[:]".utf8.contains($0) }
        }
    }
}

extension SettingFormat<IPPrefix> {
    static var network: Self {
        Self(
            kind: "IP network", accepted: "CIDR notation such as 10.0.0.0/8 or 2001:db8::/32",
            read: { try? IPPrefix(parsing: $0) }, write: \.description)
    }
}

extension SettingFormat<ListenAddress> {
    static var listenAddress: Self {
        Self(
            kind: "listen address",
            accepted: "an IP address and a port, such as 127.0.0.1:9099 or [::1]:9099, or off", absence: ["", "off"],
            read: { ListenAddress($0) }, write: \.description)
    }
}

private func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
    default: false
    }
}

private func isNameByte(_ byte: UInt8) -> Bool {
    isAlphanumeric(byte) || "._-".utf8.contains(byte)
}
