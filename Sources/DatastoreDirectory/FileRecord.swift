import Datastore
import Resources

/// What one file stands for: its valid resources, those that an invalid edit must not take away, and what is wrong.
struct FileRecord {
    struct Definition {
        var resource: Resource
        var location: ResourceLocation
    }

    /// How many rejections of one file are told one by one.
    static let maximumRejections = 1000

    private(set) var definitions: [ResourceKey: Definition] = [:]
    private(set) var rejections: [RejectedResource] = []
    private(set) var isUnreadable = false

    /// - Parameter earlier: the same file's record before this content, which holds the last good versions.
    init(path: String, content: FileContent, earlier: FileRecord?) {
        switch content {
        case .documents(let documents): read(documents, earlier: earlier)
        case .unreadable(let reason):
            isUnreadable = true
            definitions = earlier?.definitions ?? [:]
            rejections = [
                RejectedResource(
                    resource: path, location: ResourceLocation(file: path, line: 1, column: 1), message: reason,
                    lastGoodKept: !definitions.isEmpty)
            ]
        }
    }

    private mutating func read(_ documents: [DecodedDocument], earlier: FileRecord?) {
        var rejected: [Rejection] = []
        for document in documents {
            switch document.outcome {
            case .ignored: continue
            case .rejected(let rejection): rejected.append(rejection)
            case .accepted(let resource):
                if let first = definitions[resource.key] {
                    rejections.append(.duplicate(of: resource.key, at: document.location, first: first.location))
                } else {
                    definitions[resource.key] = Definition(resource: resource, location: document.location)
                }
            }
        }
        let kept = keep(earlier?.definitions ?? [:], becauseOf: rejected)
        rejections += rejected.map { rejection in
            RejectedResource(rejection, lastGoodKept: rejection.key.map(kept.contains) ?? !kept.isEmpty)
        }
        sumUpRejections()
    }

    /// A list of nothing but mistakes must not drown the status of everything else.
    private mutating func sumUpRejections() {
        guard rejections.count > Self.maximumRejections else { return }
        let others = rejections[Self.maximumRejections...]
        let location = others[others.startIndex].location
        let summary = RejectedResource(
            resource: location.file, location: location,
            message: "here and below \(others.count) more documents are rejected: margay validate tells why",
            lastGoodKept: others.contains { $0.lastGoodKept })
        rejections = rejections[..<Self.maximumRejections] + [summary]
    }

    /// Keeps the last good version of what a rejected document is, or might be: a document whose identity cannot be
    /// read may be any of the resources that the file defined before and now lacks.
    private mutating func keep(
        _ earlier: [ResourceKey: Definition], becauseOf rejected: [Rejection]
    ) -> Set<ResourceKey> {
        let anonymous = rejected.contains { $0.key == nil }
        let named = Set(rejected.compactMap(\.key))
        let kept = earlier.filter { definitions[$0.key] == nil && (anonymous || named.contains($0.key)) }
        definitions.merge(kept) { current, _ in current }
        return Set(kept.keys)
    }
}

extension RejectedResource {
    /// A sub-folder is not a resource, but what it holds, or will hold, is lacking.
    init(_ problem: FolderProblem, hasKnownFiles: Bool) {
        self.init(
            resource: problem.path, location: ResourceLocation(file: problem.path, line: 1, column: 1),
            message: problem.reason, lastGoodKept: problem.isRead || hasKnownFiles)
    }

    static func duplicate(of key: ResourceKey, at location: ResourceLocation, first: ResourceLocation) -> Self {
        RejectedResource(
            resource: key.description, location: location,
            message: "already defined at \(first), which comes first: remove one of the two", lastGoodKept: false)
    }
}
