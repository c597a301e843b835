import NetworkValues

extension KeyType {
    /// A key as nft writes it: the parts in their notation, joined by dots; hexadecimal where the bytes do not fit.
    ///
    /// - Parameter last: The last key of a range; parts that it does not share are written as a network or a range.
    public func text(of key: ElementKey, through last: ElementKey? = nil) -> String {
        guard let first = values(of: key) else { return hexadecimal(key.bytes) }
        let last = last.flatMap(values) ?? first
        return parts.indices.map { parts[$0].text(of: first[$0], through: last[$0]) }.joined(separator: " . ")
    }

    private func values(of key: ElementKey) -> [[UInt8]]? {
        var rest = key.bytes[...]
        var values: [[UInt8]] = []
        for part in parts {
            guard rest.count >= part.length else { return nil }
            values.append(Array(rest.prefix(part.length)))
            rest = rest.dropFirst(isConcatenation ? part.registerLength : part.length)
        }
        return rest.isEmpty && !values.isEmpty ? values : nil
    }
}

extension DataType {
    fileprivate func text(of first: [UInt8], through last: [UInt8]) -> String {
        if first == last { return text(of: first) }
        if isAddress, let lower = IPAddress(octets: first), let upper = IPAddress(octets: last) {
            let length =
                lower.family.bits - Int(UInt128.bitWidth - (lower.rawValue ^ upper.rawValue).leadingZeroBitCount)
            let network = IPPrefix(lower, length: length)
            if network.address == lower, network.lastAddress == upper { return network.description }
        }
        return "\(text(of: first))-\(text(of: last))"
    }

    private var isAddress: Bool { self == .ipv4Address || self == .ipv6Address }

    fileprivate func text(of bytes: [UInt8]) -> String {
        switch self {
        case .ipv4Address, .ipv6Address: IPAddress(octets: bytes)?.description ?? hexadecimal(bytes)
        case .etherAddress: MACAddress(octets: bytes)?.description ?? hexadecimal(bytes)
        case .interfaceName: "\"\(String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self))\""
        case .networkProtocol: bytes == [2] ? "ipv4" : bytes == [10] ? "ipv6" : "\(bytes.first ?? 0)"
        case .inetProtocol, .inetService: "\(bytes.reduce(0) { $0 << 8 | Int($1) })"
        case .transportBytes: hexadecimal(bytes)
        }
    }
}

private func hexadecimal(_ bytes: [UInt8]) -> String {
    "0x" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
