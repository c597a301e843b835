import Logging
import Resources

/// Logs what is odd but accepted; a file that is read again says nothing that it said before.
struct FolderLog {
    /// How many warnings about one file are told one by one.
    private static let maximumWarnings = 1000

    private let logger: Logger
    private var logged: [String: Set<Diagnostic>] = [:]

    init(logger: Logger) { self.logger = logger }

    /// Takes note of what a file holds; `nil` when it is gone.
    mutating func note(_ content: FileContent?, of file: String) {
        guard case .documents(let documents) = content else {
            if content == nil { logged[file] = nil }
            return
        }
        let warnings = documents.flatMap(\.warnings)
        let new = warnings.filter { logged[file]?.contains($0) != true }
        for warning in new.prefix(Self.maximumWarnings) {
            logger.warning("\(warning)")
        }
        if new.count > Self.maximumWarnings {
            logger.warning(
                "\(new.count - Self.maximumWarnings) more warnings; margay validate has them all",
                metadata: ["file": "\(file)"])
        }
        logged[file] = warnings.isEmpty ? nil : Set(warnings)
    }

    /// Tells what of the folder is not followed.
    func note(_ problem: FolderProblem) {
        logger.warning("\(problem.reason)", metadata: ["folder": "\(problem.path)"])
    }

    /// Tells who wonders why a file has no effect.
    func noteUnfinished(_ path: String) {
        logger.debug("the file is open for writing and will be read when it is closed", metadata: ["file": "\(path)"])
    }
}
