import Glibc

/// Reads YAML 1.1 as libyaml knows it, and JSON, into trees that know their lines and columns.
public enum YAMLParser {
    /// The documents of a file, and the first error in it. What stands before the error is returned all the same.
    ///
    /// Aliases are replaced by what they stand for, within bounds; nesting is limited to 64 levels. A file without
    /// content has no documents, and an explicit `---` without content is a null document.
    public static func documents(in bytes: [UInt8]) -> ([YAMLNode], YAMLError?) {
        var documents: [YAMLNode] = []
        var firstError: YAMLError?
        forEachPart(in: bytes) { roots, error in
            guard firstError == nil else { return }
            documents += roots
            firstError = error
        }
        return (documents, firstError)
    }

    /// Visits each part of a file between document separators by itself: an error in one leaves the others readable.
    /// - Parameter language: What the file's name promises. JSON is read as YAML, so that a file may be of both; but
    ///   where that fails and the part begins as JSON does, the error is told in terms of JSON.
    static func forEachPart(
        in bytes: [UInt8], expecting language: YAMLError.Language = .yaml, _ visit: ([YAMLNode], YAMLError?) -> Void
    ) {
        bytes.withUnsafeBufferPointer { text in
            for segment in DocumentSplitter.segments(of: text) {
                let part = UnsafeBufferPointer(rebasing: text[segment.bytes])
                if let document = JSONReader.document(in: part, firstLine: segment.firstLine) {
                    visit([document], nil)
                    continue
                }
                let (documents, error) = readByLibyaml(part, firstLine: segment.firstLine)
                if let error, language == .json, let start = JSONText.likelyStart(of: part) {
                    visit(documents, explain(error, in: part, from: start, firstLine: segment.firstLine))
                } else {
                    visit(documents, error)
                }
            }
        }
    }

    /// What libyaml reads in a part of a file, the spellings that it does not know replaced.
    static func readByLibyaml(
        _ part: UnsafeBufferPointer<UInt8>, firstLine: Int
    ) -> ([YAMLNode], YAMLError?) {
        (JSONText.readable(part) ?? withoutInnerMarks(part))?.withUnsafeBufferPointer {
            read($0, firstLine: firstLine)
        } ?? read(part, firstLine: firstLine)
    }

    /// The text without the byte order marks that begin a line, as they do where files were put one after the other; `nil`
    /// when there are none. libyaml skips them but counts them as indentation, which ends a mapping.
    private static func withoutInnerMarks(_ part: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard let start = part.baseAddress, memchr(start, 0xef, part.count) != nil else { return nil }
        var result: [UInt8] = []
        var index = 0
        while index < part.count {
            let isLineStart =
                index > 0 && (part[index - 1] == UInt8(ascii: "\n") || part[index - 1] == UInt8(ascii: "\r"))
            if isLineStart, part[index...].starts(with: [0xef, 0xbb, 0xbf]) {
                index += 3
            } else {
                result.append(part[index])
                index += 1
            }
        }
        return result.count < part.count ? result : nil
    }

    /// The first mistake in JSON; where there is none, as in JSON nested too deep, the error itself.
    private static func explain(
        _ error: YAMLError, in part: UnsafeBufferPointer<UInt8>, from start: Int, firstLine: Int
    ) -> YAMLError {
        guard let fault = JSONSyntax.firstFault(in: part, from: start, firstLine: firstLine) else {
            return YAMLError(language: .json, line: error.line, column: error.column, problem: error.problem)
        }
        return fault
    }

    private static func read(_ text: UnsafeBufferPointer<UInt8>, firstLine: Int) -> ([YAMLNode], YAMLError?) {
        var builder = YAMLTreeBuilder(YAMLEventStream(text, firstLine: firstLine))
        var documents: [YAMLNode] = []
        do {
            while let document = try builder.next() {
                documents.append(document)
            }
            return (documents, nil)
        } catch {
            return (documents, error)
        }
    }
}
