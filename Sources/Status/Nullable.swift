/// An optional that JSON shows as `null` instead of leaving its key out, so that a reader of the status can tell what
/// is not known from what this version does not report.
@propertyWrapper
package struct Nullable<Wrapped> {
    package var wrappedValue: Wrapped?

    package init(wrappedValue: Wrapped?) {
        self.wrappedValue = wrappedValue
    }
}

extension Nullable: Equatable where Wrapped: Equatable {}
extension Nullable: Hashable where Wrapped: Hashable {}
extension Nullable: Sendable where Wrapped: Sendable {}

extension Nullable: Encodable where Wrapped: Encodable {
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(wrappedValue)
    }
}

extension Nullable: Decodable where Wrapped: Decodable {
    package init(from decoder: any Decoder) throws {
        wrappedValue = try decoder.singleValueContainer().decode(Wrapped?.self)
    }
}

extension KeyedDecodingContainer {
    /// What an older agent does not report is not known either. The synthesized `init(from:)` picks this overload.
    func decode<Wrapped: Decodable>(_: Nullable<Wrapped>.Type, forKey key: Key) throws -> Nullable<Wrapped> {
        Nullable(wrappedValue: try decodeIfPresent(Wrapped.self, forKey: key))
    }
}
