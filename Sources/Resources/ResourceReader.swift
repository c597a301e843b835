/// Reads resource files: YAML with one or several documents, or JSON; resources alone or in lists.
public struct ResourceReader: Sendable {
    private let allowWideNetworks: Bool

    /// - Parameter allowWideNetworks: Whether a network in `ipNetworks` may hold more than one address. Calico's never
    ///   do; files that people write may.
    public init(allowWideNetworks: Bool = false) {
        self.allowWideNetworks = allowWideNetworks
    }

    /// What each document of a file holds, in the file's order; an item of a list counts as a document.
    ///
    /// A document that is not YAML, or is wrong in any other way, is rejected by itself; the others are not affected.
    /// A file without content holds no documents.
    /// - Parameter file: The name that locations carry. Where it ends in `.json`, mistakes are explained as those of
    ///   JSON; what is read is the same.
    public func documents(in bytes: [UInt8], file: String) -> [DecodedDocument] {
        var decoder = DocumentDecoder(file: file, allowWideNetworks: allowWideNetworks)
        YAMLParser.forEachPart(in: bytes, expecting: file.hasSuffix(".json") ? .json : .yaml) { roots, error in
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
