/// A list that an agent of an earlier version does not report, which is then empty.
@propertyWrapper
package struct Listed<Item> {
    package var wrappedValue: [Item]

    package init(wrappedValue: [Item]) {
        self.wrappedValue = wrappedValue
    }
}

extension Listed: Equatable where Item: Equatable {}
extension Listed: Hashable where Item: Hashable {}
extension Listed: Sendable where Item: Sendable {}

extension Listed: Encodable where Item: Encodable {
    package func encode(to encoder: any Encoder) throws {
        try wrappedValue.encode(to: encoder)
    }
}

extension Listed: Decodable where Item: Decodable {
    package init(from decoder: any Decoder) throws {
        wrappedValue = try [Item](from: decoder)
    }
}

extension KeyedDecodingContainer {
    /// The synthesized `init(from:)` picks this overload.
    func decode<Item: Decodable>(_: Listed<Item>.Type, forKey key: Key) throws -> Listed<Item> {
        Listed(wrappedValue: try decodeIfPresent([Item].self, forKey: key) ?? [])
    }
}
