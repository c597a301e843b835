import Datastore
import Resources

/// What the files of a folder say, file by file, and what of it is in force. No I/O.
///
/// Files are independent: a file's record is made from its own content and its own past, and which of several
/// definitions counts is decided by the files' paths alone. So the order in which *different* files change never matters.
struct DirectoryState {
    private var files: [String: FileRecord] = [:]
    /// The files that define a resource, in the order of their paths: the first one's definition is in force.
    private var definers: [ResourceKey: [String]] = [:]
    /// The resources that more than one file defines.
    private var contested: Set<ResourceKey> = []

    private var published: [ResourceKey: Resource] = [:]
    private var publishedRejections: [RejectedResource] = []
    /// The resources whose definers changed since ``takeChanges()``.
    private var touched: Set<ResourceKey> = []

    /// The sub-folders that are not followed as the others are, by how they are named to people.
    var folderProblems: [String: FolderProblem] = [:]

    /// The files that are known, as ``update(_:at:to:)`` named them.
    var fileNames: Set<String> { Set(files.keys) }

    /// The files that exist and could not be read.
    var unreadableFiles: Set<String> { Set(files.lazy.filter(\.value.isUnreadable).map(\.key)) }

    /// Takes over what a file holds now; `nil` when it is gone.
    /// - Parameter path: how the file is named to people.
    mutating func update(_ file: String, at path: String, to content: FileContent?) {
        let earlier = files[file]
        let record = content.map { FileRecord(path: path, content: $0, earlier: earlier) }
        files[file] = record
        let before = earlier?.definitions ?? [:]
        let after = record?.definitions ?? [:]
        for key in before.keys where after[key] == nil {
            definers[key]?.removeAll { $0 == file }
        }
        // One list for all that no other file defines.
        let alone = [file]
        for key in after.keys where before[key] == nil {
            let others = definers[key] ?? []
            definers[key] = others.isEmpty ? alone : (others + alone).sorted()
        }
        touched.formUnion(before.keys)
        touched.formUnion(after.keys)
    }

    /// What changed since the last ``takeChanges()`` or ``snapshot()``: deletions, then puts, then the rejections if
    /// their list differs.
    mutating func takeChanges() -> [DatastoreEvent] {
        var deletions: [DatastoreEvent] = []
        var puts: [DatastoreEvent] = []
        for key in touched.sorted() {
            let definition = definition(of: key)
            if definition == nil { definers[key] = nil }
            if definers[key, default: []].count > 1 { contested.insert(key) } else { contested.remove(key) }
            if let definition, definition.resource != published[key] {
                puts.append(.put(definition.resource, definition.location))
            } else if definition == nil, published[key] != nil {
                deletions.append(.delete(key))
            }
            published[key] = definition?.resource
        }
        touched = []
        let rejections = rejections()
        guard rejections != publishedRejections else { return deletions + puts }
        publishedRejections = rejections
        return deletions + puts + [.rejections(rejections)]
    }

    /// Everything that is in force, and the complete list of rejections.
    mutating func snapshot() -> [DatastoreEvent] {
        _ = takeChanges()
        let puts = published.keys.sorted().compactMap { key in
            definition(of: key).map { DatastoreEvent.put($0.resource, $0.location) }
        }
        return [.snapshotBegins] + puts + [.rejections(publishedRejections), .inSync]
    }

    private func definition(of key: ResourceKey) -> FileRecord.Definition? {
        definers[key]?.first.flatMap { files[$0]?.definitions[key] }
    }

    /// Whether anything is in force that a folder's files say.
    private func hasFiles(in folder: String) -> Bool {
        published.keys.contains { definition(of: $0)?.location.file.hasPrefix(folder + "/") == true }
    }

    private func rejections() -> [RejectedResource] {
        let duplicates = contested.flatMap { key -> [RejectedResource] in
            let definitions = definers[key, default: []].compactMap { files[$0]?.definitions[key] }
            guard let first = definitions.first else { return [] }
            return definitions.dropFirst().map { .duplicate(of: key, at: $0.location, first: first.location) }
        }
        let folders = folderProblems.values.map { RejectedResource($0, hasKnownFiles: hasFiles(in: $0.path)) }
        return (files.values.flatMap(\.rejections) + duplicates + folders).sorted {
            ($0.location, $0.resource, $0.message) < ($1.location, $1.resource, $1.message)
        }
    }
}
