import CYAML

/// libyaml's parser over bytes that it borrows.
struct YAMLEventStream: ~Copyable {
    // On the heap, because `yaml_parser_set_input_string` stores the parser's own address in it.
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    /// The current event, of type `YAML_NO_EVENT` while there is none.
    private let event: UnsafeMutablePointer<yaml_event_t>
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
        event = .allocate(capacity: 1)
        event.initialize(to: yaml_event_t())
        isInitialized = yaml_parser_initialize(parser) == 1
        if isInitialized {
            yaml_parser_set_input_string(parser, input.baseAddress, input.count)
        }
    }

    deinit {
        yaml_event_delete(event)
        event.deallocate()
        if isInitialized {
            yaml_parser_delete(parser)
        }
        parser.deallocate()
    }

    /// Goes on to the next event, and says of which type it is. After an error or the end of the stream there is none, and
    /// this must not be called again.
    mutating func advance() throws(YAMLError) -> yaml_event_type_t {
        guard isInitialized else { throw YAMLError(line: firstLine, column: 1, problem: "out of memory") }
        yaml_event_delete(event)
        guard yaml_parser_parse(parser, event) == 1 else { throw error() }
        return type
    }

    var type: yaml_event_type_t { event.pointee.type }
    /// Where the event begins, counted from 1.
    var line: Int { firstLine + event.pointee.start_mark.line }
    /// In characters, counted from 1.
    var column: Int { event.pointee.start_mark.column + 1 }

    /// The text of an event that is a scalar.
    var scalar: YAMLNode.Scalar {
        let scalar = event.pointee.data.scalar
        let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
        return YAMLNode.Scalar(
            text: WellKnownText.text(of: bytes), isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE && scalar.tag == nil)
    }

    /// See ``YAMLNode/sourceLength``; of an event that is a scalar.
    var sourceLength: Int32 {
        let scalar = event.pointee.data.scalar
        let (start, end) = (event.pointee.start_mark, event.pointee.end_mark)
        guard scalar.tag == nil, scalar.anchor == nil, start.line == end.line else { return 0 }
        switch scalar.style {
        // Marks count characters.
        case YAML_PLAIN_SCALAR_STYLE, YAML_SINGLE_QUOTED_SCALAR_STYLE, YAML_DOUBLE_QUOTED_SCALAR_STYLE:
            return Int32(clamping: end.index - start.index)
        default: return 0
        }
    }

    /// The anchor of an event that begins a node, or the one that an alias stands for.
    var anchor: String? {
        let name: UnsafeMutablePointer<yaml_char_t>? =
            switch type {
            case YAML_SCALAR_EVENT: event.pointee.data.scalar.anchor
            case YAML_MAPPING_START_EVENT: event.pointee.data.mapping_start.anchor
            case YAML_SEQUENCE_START_EVENT: event.pointee.data.sequence_start.anchor
            case YAML_ALIAS_EVENT: event.pointee.data.alias.anchor
            default: nil
            }
        return name.map { String(cString: $0) }
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
