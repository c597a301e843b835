import Agent
import Datastore
import DatastoreDirectory
import Resources
import Status

/// What checking files, or all that a source holds, found: of files in their order.
struct ResourceValidation {
    private let reader: ResourceReader
    /// The resources that would be accepted.
    private(set) var resources: [Resource] = []
    /// A line per violation and warning, fit for a terminal whatever the files are called.
    private(set) var lines: [String] = []
    /// What could not be read, a line each.
    private(set) var failures: [String] = []
    private var accepted: [ResourceKey: ResourceLocation] = [:]
    /// What was read, where that is no files.
    private let source: String?
    private var filesRead = 0
    private var rejected = 0
    private var warnings = 0

    init(reader: ResourceReader) {
        self.reader = reader
        source = nil
    }

    /// - Parameters:
    ///   - snapshot: All that a source holds.
    ///   - warnings: What its reading was warned of, a line each.
    ///   - source: What people know the source as.
    init(snapshot: [DatastoreEvent], warnings: [String], source: String) {
        reader = ResourceReader()
        self.source = source
        self.warnings = warnings.count
        lines = warnings.map(\.printable)
        var rejections: [RejectedResource] = []
        for event in snapshot {
            switch event {
            case .put(let resource, let location): accept(resource, at: location)
            case .rejections(let list): rejections = list
            case .delete, .snapshotBegins, .inSync, .lost: break
            }
        }
        for rejection in rejections {
            let errors = rejection.errors.map(\.description)
            lines += (errors.isEmpty ? ["\(rejection.location): error: \(rejection.message)"] : errors).map(\.printable)
        }
        rejected += rejections.count
        finish()
    }

    var isValid: Bool { rejected == 0 && failures.isEmpty }

    /// `3 files: 4 resources valid, 1 rejected, 2 warnings`
    var summary: String {
        let parts = [
            "\(accepted.count) \(accepted.count == 1 ? "resource" : "resources") valid", "\(rejected) rejected",
            "\(warnings) \(warnings == 1 ? "warning" : "warnings")",
        ]
        let read = source ?? "\(filesRead) \(filesRead == 1 ? "file" : "files")"
        return "\(read): \(parts.joined(separator: ", "))"
    }

    /// Checks a file, or the files of a folder that the agent would read, in name order.
    mutating func check(_ path: String) {
        let files: [ResourceFile]
        do throws(DirectoryError) {
            files = try resourceFiles(at: path, reader: reader)
        } catch {
            failures.append(error.description.printable)
            return
        }
        for file in files {
            switch file.content {
            case .documents(let documents):
                filesRead += 1
                for document in documents {
                    note(document)
                }
            case .unreadable(let reason): failures.append("\(file.path): \(reason)".printable)
            }
        }
    }

    /// Judges what documents say of each other, once all are read.
    mutating func finish() {
        for (policy, problem) in UnknownTier.all(in: resources) {
            guard let location = accepted.removeValue(forKey: policy) else { continue }
            lines.append("\(location): error: \(problem.message)".printable)
            resources.removeAll { $0.key == policy }
            rejected += 1
        }
    }

    private mutating func note(_ document: DecodedDocument) {
        warnings += document.warnings.count
        switch document.outcome {
        case .accepted(let resource):
            lines += document.warnings.map(\.description.printable)
            accept(resource, at: document.location)
        case .rejected(let rejection):
            lines += rejection.diagnostics.map(\.description.printable)
            rejected += 1
        case .ignored:
            lines += document.warnings.map(\.description.printable)
        }
    }

    /// The first document with an identity counts, as it does for the agent.
    private mutating func accept(_ resource: Resource, at location: ResourceLocation) {
        let key = resource.key
        guard let first = accepted[key] else {
            accepted[key] = location
            resources.append(resource)
            return
        }
        let message = "\(location): error: \(key) is already defined at \(first); only the first definition counts"
        lines.append(message.printable)
        rejected += 1
    }
}
