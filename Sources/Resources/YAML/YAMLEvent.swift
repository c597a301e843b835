/// An event of libyaml's parser (`yaml_event_t`) with its place, in Swift's own values.
struct YAMLEvent {
    enum Kind {
        case streamStart, streamEnd, documentStart, documentEnd
        case alias(String)
        case scalar(YAMLNode.Scalar, anchor: String?)
        case sequenceStart(anchor: String?), sequenceEnd
        case mappingStart(anchor: String?), mappingEnd
    }

    var kind: Kind
    /// Counted from 1.
    var line: Int
    var column: Int
    /// See ``YAMLNode/textOffset``.
    var textOffset: UInt8?
}
