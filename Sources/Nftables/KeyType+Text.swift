import NetworkValues

extension KeyType {
    /// A key as nft writes it: the parts in their notation, joined by dots; hexadecimal where the bytes do not fit.
    public func text(of key: ElementKey) -> String {
        var rest = key.bytes[...]
        var texts: [String] = []
        for part in parts {
            guard rest.count >= part.length else { return hexadecimal(key.bytes) }
            texts.append(part.text(of: Array(rest.prefix(part.length))))
            rest = rest.dropFirst(isConcatenation ? part.registerLength : part.length)
        }
        return rest.isEmpty && !texts.isEmpty ? texts.joined(separator: " . ") : hexadecimal(key.bytes)
    }
}

extension DataType {
    fileprivate func text(of bytes: [UInt8]) -> String {
        switch self {
        case .ipv4Address, .ipv6Address: IPAddress(octets: bytes)?.description ?? hexadecimal(bytes)
        case .etherAddress: MACAddress(octets: bytes)?.description ?? hexadecimal(bytes)
        case .interfaceName: "\"\(String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self))\""
        case .inetProtocol, .inetService: "\(bytes.reduce(0) { $0 << 8 | Int($1) })"
        }
    }
}

private func hexadecimal(_ bytes: [UInt8]) -> String {
    "0x" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
