import Glibc

/// A part of a file that holds at most one YAML document, unless it is UTF-16.
struct FileSegment: Hashable {
    var bytes: Range<Int>
    /// Counted from 1.
    var firstLine: Int
}

/// Cuts a file between its documents, so that libyaml, which never goes on after an error, errs on one only.
///
/// Lines that begin with `---` or `...` separate documents wherever they stand (YAML 1.2 section 9.1.2): a block scalar
/// is indented, and inside quotes or brackets libyaml refuses them. A `---` ends no segment that has only comments
/// and directives so far, because those belong to the document that it starts.
struct DocumentSplitter {
    private let text: UnsafeBufferPointer<UInt8>
    /// Whether lines may end otherwise than by a line feed.
    private let hasReturns: Bool
    private var segments: [FileSegment] = []
    private var start = 0
    private var startLine = 1
    private var hasContent = false

    static func segments(of text: UnsafeBufferPointer<UInt8>) -> [FileSegment] {
        // A line break of UTF-16 is not a byte of its own.
        if text.starts(with: [0xff, 0xfe]) || text.starts(with: [0xfe, 0xff]) {
            return [FileSegment(bytes: 0..<text.count, firstLine: 1)]
        }
        var splitter = DocumentSplitter(text: text)
        splitter.split()
        return splitter.segments
    }

    private init(text: UnsafeBufferPointer<UInt8>) {
        self.text = text
        hasReturns = text.baseAddress.map { memchr($0, Int32(UInt8(ascii: "\r")), text.count) != nil } ?? false
    }

    private mutating func split() {
        var position = 0
        var line = 1
        while position < text.count {
            let end = lineEnd(from: position)
            let isPair = end + 1 < text.count && text[end] == UInt8(ascii: "\r") && text[end + 1] == UInt8(ascii: "\n")
            let next = end + (isPair ? 2 : 1)
            // A byte order mark is no part of the first line.
            let lineStart = position == 0 && text.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : position
            switch kind(ofLine: lineStart..<end) {
            case .documentStart:
                if hasContent {
                    cut(at: position, line: line)
                }
                hasContent = true
            case .documentEnd where hasContent: cut(at: min(next, text.count), line: line + 1)
            case .content: hasContent = true
            case .documentEnd, .other: break
            }
            position = next
            line += 1
        }
        cut(at: text.count, line: line)
    }

    private func lineEnd(from position: Int) -> Int {
        if !hasReturns, let start = text.baseAddress {
            let found = memchr(start + position, Int32(UInt8(ascii: "\n")), text.count - position)
            return found.map { UnsafeRawPointer(start).distance(to: $0) } ?? text.count
        }
        return text[position...].firstIndex { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") } ?? text.count
    }

    private mutating func cut(at end: Int, line: Int) {
        if hasContent {
            segments.append(FileSegment(bytes: start..<end, firstLine: startLine))
        }
        start = end
        startLine = line
        hasContent = false
    }

    private enum LineKind {
        case documentStart, documentEnd, content
        /// Blank, a comment or a directive.
        case other
    }

    private func kind(ofLine line: Range<Int>) -> LineKind {
        guard let first = text[line].first else { return .other }
        switch first {
        case UInt8(ascii: "-") where isMarker(line, first): return .documentStart
        case UInt8(ascii: ".") where isMarker(line, first): return .documentEnd
        case UInt8(ascii: "%") where !hasContent: return .other
        case UInt8(ascii: " "), UInt8(ascii: "#"):
            guard !hasContent else { return .content }
            let mark = text[line].first { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
            return mark == nil || mark == UInt8(ascii: "#") ? .other : .content
        default: return .content
        }
    }

    /// Three times the character, then a blank or the end of the line.
    private func isMarker(_ line: Range<Int>, _ character: UInt8) -> Bool {
        guard line.count >= 3, text[line.lowerBound + 1] == character, text[line.lowerBound + 2] == character else {
            return false
        }
        guard line.count > 3 else { return true }
        let following = text[line.lowerBound + 3]
        return following == UInt8(ascii: " ") || following == UInt8(ascii: "\t")
    }
}
