import NetworkValues

extension DecodingContext {
    /// A network in CIDR notation, or a bare address as /32 or /128. Bits beyond the length are cleared, as Calico
    /// does, with a warning.
    mutating func network(_ node: YAMLNode) -> IPPrefix? {
        guard let text = text(node) else { return nil }
        do {
            let prefix = try IPPrefix(parsing: text)
            // A host address has no bits beyond its length, so it need not be read again.
            if !prefix.isHost, IPPrefix.hasHostBits(text) {
                warning(node, "\"\(excerpt(text))\" has address bits beyond its length and is read as \(prefix)")
            }
            return prefix
        } catch {
            self.error(node, error.message)
            return nil
        }
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

    /// Warns of items that a list has already.
    mutating func warnOfRepetitions<Value: Hashable>(_ values: [Value], in node: YAMLNode) {
        guard values.count > 1, Set(values).count < values.count else { return }
        var seen: Set<Value> = []
        for value in values where !seen.insert(value).inserted {
            warning(node, "\(value) is listed more than once")
        }
    }
}

extension IPFamily {
    var name: String { self == .v4 ? "IPv4" : "IPv6" }
}
