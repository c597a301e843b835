/// A number that an agent of an earlier version does not report, which is then 0.
@propertyWrapper
package struct Counted: Hashable, Sendable {
    package var wrappedValue: Int

    package init(wrappedValue: Int) {
        self.wrappedValue = wrappedValue
    }
}

extension Counted: Codable {
    package init(from decoder: any Decoder) throws {
        wrappedValue = try Int(from: decoder)
    }

    package func encode(to encoder: any Encoder) throws {
        try wrappedValue.encode(to: encoder)
    }
}

extension KeyedDecodingContainer {
    /// The synthesized `init(from:)` picks this overload.
    func decode(_: Counted.Type, forKey key: Key) throws -> Counted {
        Counted(wrappedValue: try decodeIfPresent(Int.self, forKey: key) ?? 0)
    }
}
