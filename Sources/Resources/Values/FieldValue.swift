/// The value of a field that has no meaning here: kept, so that reading a resource back shows it.
public indirect enum FieldValue: Hashable, Sendable {
    case text(String)
    /// A JSON number, `true`, `false` or `null`, in the document's own spelling.
    case literal(String)
    case list([FieldValue])
    case mapping([String: FieldValue])
}
