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
    static func forEachPart(in bytes: [UInt8], _ visit: ([YAMLNode], YAMLError?) -> Void) {
        bytes.withUnsafeBufferPointer { text in
            for segment in DocumentSplitter.segments(of: text) {
                let part = UnsafeBufferPointer(rebasing: text[segment.bytes])
                let (documents, error) =
                    JSONText.readable(part)?.withUnsafeBufferPointer { read($0, firstLine: segment.firstLine) }
                    ?? read(part, firstLine: segment.firstLine)
                visit(documents, error)
            }
        }
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
