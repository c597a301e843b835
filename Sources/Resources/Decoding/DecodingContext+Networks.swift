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
    mutating func warnOfRepetition<Value>(of value: Value?, _ node: YAMLNode, _ lines: inout FirstLines<Value>) {
        guard let value else { return }
        if let first = lines.note(value, node.line) {
            warning(node, "\(value) is listed already, on line \(first)")
        }
    }
}

/// On which lines the items of a list stand first: looked through while they are few, as they nearly always are.
struct FirstLines<Value: Hashable> {
    private static var few: Int { 8 }

    private var list: [(value: Value, line: Int)] = []
    private var lines: [Value: Int] = [:]

    /// - Returns: The line of the same item before; without one it is noted.
    mutating func note(_ value: Value, _ line: Int) -> Int? {
        if lines.isEmpty {
            for item in list where item.value == value { return item.line }
            list.append((value, line))
            if list.count > Self.few {
                for item in list { lines[item.value] = item.line }
            }
            return nil
        }
        if let first = lines[value] { return first }
        lines[value] = line
        return nil
    }
}

extension IPFamily {
    var name: String { self == .v4 ? "IPv4" : "IPv6" }
}
