import Dataplane
import Resources
import Settings
import Status
import SystemCalls

/// The resources that an agent has accepted, as they are kept on disk for the next one.
///
/// The text is itself a file of resources, so that `margay validate` and `margay check` take it and a person can restore
/// from it: a document per resource, its source's file named in a comment, and above them comments of ours.
struct LastGood: Hashable, Sendable {
    /// Whose resources they are.
    struct Origin: Hashable, Sendable {
        var node: String
        /// `directory:/etc/margay/resources.d`
        var source: String
    }

    struct Entry: Hashable, Sendable {
        var resource: Resource
        /// The file, or the source's name for what holds the resource.
        var place: String
    }

    var origin: Origin
    var savedAt: Timestamp
    /// Which start of the kernel it was saved in.
    var boot: String
    var entries: [Entry]
    /// What this version does not accept any more, a text each.
    var refused: [String] = []

    static let version = 1
    private static let title = "# margay last good, version "
}

extension LastGood.Origin {
    init(_ settings: AgentSettings) {
        self.init(
            node: settings.node,
            source: "\(settings.source.type.rawValue):\(settings.source.location)".printable)
    }
}

extension LastGood {
    /// Writes the text piece by piece: that of a large cluster's resources would take as much memory as they do.
    func write(to writer: inout StateFileWriter) throws(StateFileError) {
        var hash = StableHash()
        try writer.append(header(checksum: hash))
        for entry in entries {
            let document = Array("--- # \(entry.place.printable)\n\(entry.resource.json)\n".utf8)
            hash.combine(document)
            try writer.append(document)
        }
        try writer.overwriteStart(with: header(checksum: hash))
    }

    /// As long with any checksum.
    private func header(checksum: StableHash) -> [UInt8] {
        Array(
            """
            \(Self.title)\(Self.version)
            # node: \(origin.node)
            # source: \(origin.source)
            # saved: \(savedAt)
            # boot: \(boot)
            # checksum: \(checksum.text)

            """.utf8)
    }

    private static func checksum(of bytes: ArraySlice<UInt8>) -> String {
        var hash = StableHash()
        bytes.withUnsafeBufferPointer { hash.combine($0) }
        return hash.text
    }

    /// Reads what ``text`` writes.
    /// - Throws: ``LastGoodError`` for what is damaged, cut short, or of another version.
    init(text: [UInt8]) throws(LastGoodError) {
        let title = text.prefix { $0 != UInt8(ascii: "\n") }
        guard title.starts(with: Self.title.utf8) else {
            throw LastGoodError("it is not a file of this kind, or damaged")
        }
        let version = String(decoding: title.dropFirst(Self.title.utf8.count), as: UTF8.self)
        guard version == "\(Self.version)" else {
            throw LastGoodError("it is of version \(version.printable), and this agent reads version \(Self.version)")
        }
        var fields: [String: String] = [:]
        var rest = text[min(title.endIndex + 1, text.endIndex)...]
        while rest.starts(with: "# ".utf8) {
            let line = String(decoding: rest.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
            rest = rest.dropFirst(line.utf8.count + 1)
            let parts = line.dropFirst(2).split(separator: ": ", maxSplits: 1)
            if parts.count == 2 { fields[String(parts[0])] = String(parts[1]) }
        }
        guard let checksum = fields["checksum"], checksum == Self.checksum(of: rest) else {
            throw LastGoodError("its checksum does not agree: it is damaged or cut short")
        }
        guard let node = fields["node"], let source = fields["source"],
            let saved = fields["saved"].flatMap(Timestamp.init)
        else { throw LastGoodError("its header is damaged") }
        origin = Origin(node: node, source: source)
        savedAt = saved
        boot = fields["boot"] ?? ""
        entries = []
        read(rest)
    }

    private mutating func read(_ body: ArraySlice<UInt8>) {
        // They were accepted: wide networks, and how many there are, were the agent's decision then.
        let reader = ResourceReader(allowWideNetworks: true, maximumDocuments: .max)
        let mark = Array("--- # ".utf8)
        var place = ""
        var rest = body
        while !rest.isEmpty {
            let line = rest.prefix { $0 != UInt8(ascii: "\n") }
            rest = rest[min(line.endIndex + 1, rest.endIndex)...]
            if line.starts(with: mark) {
                place = String(decoding: line.dropFirst(mark.count), as: UTF8.self)
                continue
            }
            for document in reader.documents(in: Array(line), file: place) {
                switch document.outcome {
                case .accepted(let resource): entries.append(Entry(resource: resource, place: place))
                case .rejected(let rejection):
                    refused.append("\(rejection.key?.description ?? place): \(rejection.errors.first?.message ?? "")")
                case .ignored: break
                }
            }
        }
    }
}

/// Why kept resources cannot be used.
struct LastGoodError: Error, Hashable, Sendable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
