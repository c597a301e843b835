import FoundationEssentials

extension StatusReport {
    /// The document of `status -o json`, indented, keys sorted, so that two reports can be compared line by line.
    /// - Throws: `EncodingError` when a number is not finite.
    package func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self).printableJSON
    }

    /// Reads what ``json()`` writes; fields that this version does not know are skipped.
    /// - Throws: `DecodingError`.
    package init(json: some Sequence<UInt8>) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(json))
    }
}

extension Duration {
    /// Seconds for a ``StatusReport``, to the microsecond: more digits would only be noise in JSON.
    package var statusSeconds: Double {
        let microseconds = components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
        return Double(microseconds) / 1_000_000
    }
}
