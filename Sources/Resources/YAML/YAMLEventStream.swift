import CYAML

/// libyaml's parser over bytes that it borrows.
struct YAMLEventStream: ~Copyable {
    // On the heap, because `yaml_parser_set_input_string` stores the parser's own address in it.
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let input: UnsafeBufferPointer<UInt8>
    private let isInitialized: Bool
    /// The line of the file on which the bytes begin, counted from 1.
    private let firstLine: Int

    /// - Parameter input: Must stay valid, and unchanged, as long as the stream lives.
    init(_ input: UnsafeBufferPointer<UInt8>, firstLine: Int) {
        self.input = input
        self.firstLine = firstLine
        parser = .allocate(capacity: 1)
        parser.initialize(to: yaml_parser_t())
        isInitialized = yaml_parser_initialize(parser) == 1
        if isInitialized {
            yaml_parser_set_input_string(parser, input.baseAddress, input.count)
        }
    }

    deinit {
        if isInitialized {
            yaml_parser_delete(parser)
        }
        parser.deallocate()
    }

    /// The next event. After an error or the end of the stream there is none, and this must not be called again.
    mutating func next() throws(YAMLError) -> YAMLEvent {
        guard isInitialized else { throw YAMLError(line: firstLine, column: 1, problem: "out of memory") }
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw error() }
        defer { yaml_event_delete(&event) }
        let mark = event.start_mark
        return YAMLEvent(
            kind: Self.kind(of: event), line: firstLine + mark.line, column: mark.column + 1,
            textOffset: Self.textOffset(in: event))
    }

    private static func textOffset(in event: yaml_event_t) -> UInt8? {
        let scalar = event.data.scalar
        guard event.type == YAML_SCALAR_EVENT, scalar.tag == nil, scalar.anchor == nil,
            event.start_mark.line == event.end_mark.line
        else { return nil }
        let quotes: UInt8
        switch scalar.style {
        case YAML_PLAIN_SCALAR_STYLE: quotes = 0
        case YAML_SINGLE_QUOTED_SCALAR_STYLE, YAML_DOUBLE_QUOTED_SCALAR_STYLE: quotes = 1
        default: return nil
        }
        // Marks count characters; no escape is shorter than the character that it stands for.
        let characters = UnsafeBufferPointer(start: scalar.value, count: scalar.length).count { $0 & 0xc0 != 0x80 }
        return event.end_mark.index - event.start_mark.index == characters + 2 * Int(quotes) ? quotes : nil
    }

    private static func kind(of event: yaml_event_t) -> YAMLEvent.Kind {
        switch event.type {
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            let isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE && scalar.tag == nil
            return .scalar(YAMLNode.Scalar(text: text, isPlain: isPlain), anchor: string(scalar.anchor))
        case YAML_MAPPING_START_EVENT: return .mappingStart(anchor: string(event.data.mapping_start.anchor))
        case YAML_MAPPING_END_EVENT: return .mappingEnd
        case YAML_SEQUENCE_START_EVENT: return .sequenceStart(anchor: string(event.data.sequence_start.anchor))
        case YAML_SEQUENCE_END_EVENT: return .sequenceEnd
        case YAML_ALIAS_EVENT: return .alias(string(event.data.alias.anchor) ?? "")
        case YAML_STREAM_START_EVENT: return .streamStart
        case YAML_DOCUMENT_START_EVENT: return .documentStart
        case YAML_DOCUMENT_END_EVENT: return .documentEnd
        // `YAML_NO_EVENT` is what libyaml returns past the end of the stream.
        default: return .streamEnd
        }
    }

    private static func string(_ text: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        text.map { String(cString: $0) }
    }

    private func error() -> YAMLError {
        let problem = parser.pointee.problem.map { String(cString: $0) } ?? "out of memory"
        // The reader stops at bytes that are no text, before there is a mark: it tells their offset instead.
        if parser.pointee.error == YAML_READER_ERROR {
            let place = Place(ofByte: parser.pointee.problem_offset, in: input)
            let remedy =
                problem.hasPrefix("control")
                ? "remove them, or write escapes in double quotes, such as \"\\u0000\"" : "save the file as UTF-8"
            return YAMLError(
                line: firstLine + place.line, column: place.column + 1, problem: "not a text: \(problem); \(remedy)")
        }
        let mark = parser.pointee.problem_mark
        var explanation = problem
        if let context = parser.pointee.context.map({ String(cString: $0) }) {
            explanation += " \(context)"
            let start = parser.pointee.context_mark
            if start.line != mark.line {
                explanation += " that begins on line \(firstLine + start.line)"
            }
        }
        if let remedy = remedy(for: problem, at: Place(line: mark.line, column: mark.column)) {
            explanation += "; \(remedy)"
        }
        return YAMLError(line: firstLine + mark.line, column: mark.column + 1, problem: explanation)
    }

    /// What to do about characters that have a meaning in YAML which their author rarely knows.
    private func remedy(for problem: String, at place: Place) -> String? {
        if problem == "mapping values are not allowed in this context" {
            return "check the indentation; a text that has ': ' in it needs quotes"
        }
        if problem == "did not find expected <document start>" {
            return "separate documents by a line with --- alone"
        }
        if parser.pointee.context.map({ String(cString: $0) }) == "while scanning an alias" {
            return "a text that begins with '*' needs quotes"
        }
        guard let offset = place.offset(in: input) else { return nil }
        let byte = input[offset]
        switch byte {
        case UInt8(ascii: "\t"): return "YAML is indented with spaces, never with tabs"
        case UInt8(ascii: ":"), UInt8(ascii: "@"), UInt8(ascii: "`"), UInt8(ascii: "%"):
            guard offset > 0, " [{,".utf8.contains(input[offset - 1]) else { return nil }
            return "a text that begins with '\(Character(Unicode.Scalar(byte)))' needs quotes"
        default: return nil
        }
    }
}
