/// Reads resource files: YAML with one or several documents, or JSON; resources alone or in lists.
public struct ResourceReader: Sendable {
    /// How many documents a file may hold: more than fit into it, were they endpoints. A list of nothing but mistakes
    /// must not take the memory that the kernel needs.
    public static let maximumDocuments = 50_000

    private let allowWideNetworks: Bool
    private let maximumDocuments: Int

    /// - Parameters:
    ///   - allowWideNetworks: Whether a network in `ipNetworks` may hold more than one address. Calico's never do; files
    ///     that people write may.
    ///   - maximumDocuments: What comes after so many is told as one error and not read.
    public init(allowWideNetworks: Bool = false, maximumDocuments: Int = Self.maximumDocuments) {
        self.allowWideNetworks = allowWideNetworks
        self.maximumDocuments = maximumDocuments
    }

    /// What each document of a file holds, in the file's order; an item of a list counts as a document.
    ///
    /// A document that is not YAML, or is wrong in any other way, is rejected by itself; the others are not affected.
    /// A file without content holds no documents.
    /// - Parameters:
    ///   - file: The name that locations carry.
    ///   - isJSON: Whether mistakes are explained as those of JSON, which they are where `file` ends in `.json` unless
    ///     said otherwise; what is read is the same.
    public func documents(in bytes: [UInt8], file: String, isJSON: Bool? = nil) -> [DecodedDocument] {
        var decoder = DocumentDecoder(
            file: file, allowWideNetworks: allowWideNetworks, maximumDocuments: maximumDocuments)
        YAMLParser.forEachPart(in: bytes, expecting: isJSON ?? file.hasSuffix(".json") ? .json : .yaml) {
            roots, error in
            for root in roots {
                decoder.decode(root)
            }
            if let error {
                decoder.reject(error)
            }
        }
        return decoder.documents
    }
}
