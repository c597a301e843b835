import NetworkValues

extension DecodingContext {
    /// A network in CIDR notation, or a bare address as /32 or /128. Bits beyond the length are cleared, as Calico
    /// does, with a warning.
    mutating func network(_ node: YAMLNode) -> IPPrefix? {
        let prefix = value(node) { text throws(InvalidValue) in try IPPrefix(parsing: text) }
        if let prefix {
            warnOfHostBits(node, readAs: prefix)
        }
        return prefix
    }

    mutating func warnOfHostBits(_ node: YAMLNode, readAs prefix: IPPrefix) {
        // A host address has no bits beyond its length, so it need not be read again.
        guard !prefix.isHost, let text = node.text, IPPrefix.hasHostBits(text) else { return }
        warning(node, "\"\(excerpt(text))\" has address bits beyond its length and is read as \(prefix)")
    }

    mutating func address(_ node: YAMLNode) -> IPAddress? {
        value(node) { text throws(InvalidValue) in try IPAddress(parsing: text) }
    }

    /// An address of one family only.
    mutating func address(_ node: YAMLNode, family: IPFamily) -> IPAddress? {
        guard let address = address(node) else { return nil }
        guard address.family == family else {
            error(node, "\(address) is an \(address.family.name) address: an \(family.name) address is expected here")
            return nil
        }
        return address
    }

    /// Warns of an item that its list has already. `lines` are those of the items before.
    mutating func warnOfRepetition<Value: Hashable>(of value: Value?, _ node: YAMLNode, _ lines: inout [Value: Int]) {
        guard let value else { return }
        if let first = lines[value] {
            warning(node, "\(value) is listed already, on line \(first)")
        } else {
            lines[value] = node.line
        }
    }
}

extension IPFamily {
    var name: String { self == .v4 ? "IPv4" : "IPv6" }
}
