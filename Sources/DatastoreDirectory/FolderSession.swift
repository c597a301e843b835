import Resources
import SystemCalls

/// One folder, with those in it, while it can be followed: what is watched of it, what changed, and what has been read.
struct FolderSession: ~Copyable {
    private let path: String
    private let identity: Folder.Identity
    private var tree: FolderTree
    private let reader: ResourceReader
    private var changes = FolderChanges()
    private var links: Set<String> = []

    /// The watch begins before the first reading, so that nothing falls between.
    init(path: String, reader: ResourceReader, maximumFolders: Int) throws(DirectoryError) {
        let folder = try Folder(path: path)
        let identity = try folder.identity()
        tree = try FolderTree(folder, maximumFolders: maximumFolders)
        self.identity = identity
        self.path = path
        self.reader = reader
    }

    /// Whether everything that changed has been read, and nothing is being written.
    var isSettled: Bool { changes.isSettled }

    /// Blocks until something happens, unless there is something to read already.
    func wait(_ timeout: Duration, orUntil stop: StopSignal) -> StopSignal.Reason {
        tree.watch.wait(changes.isReadable ? .zero : timeout, orUntil: stop)
    }

    /// Makes files due again: those given, and those that were found open for writing. A writer may have closed its
    /// file by another name, which no event here tells. Folders that could not be followed are tried again.
    mutating func lookAgain(at files: Set<String>) {
        changes.add(files.union(changes.unfinished))
        if !tree.problems.isEmpty, let root = try? Folder(path: path) {
            changes.addFolders(tree.retry(in: root))
        }
    }

    /// Reads what is due.
    /// - Parameter writers: what to do with a file that somebody has open for writing.
    /// - Throws: when the path no longer leads to the watched folder.
    mutating func read(
        into state: inout DirectoryState, _ log: inout FolderLog, writers: Folder.Writers = .awaited
    ) throws(DirectoryError) {
        for event in tree.watch.drain() {
            // An overflow is no folder's; of a watch that has ended everything was read afterwards.
            guard let folder = event.watch < 0 ? "" : tree.folder(of: event.watch) else { continue }
            changes.record(event, in: folder)
        }
        if let loss = changes.loss { throw DirectoryError(operation: "follow", path: path, finding: loss) }
        // Opened anew each time: while a folder is open, the kernel does not report that it was removed.
        let root = try Folder(path: path)
        guard try root.identity() == identity else {
            throw DirectoryError(operation: "follow", path: path, finding: "the path leads to another folder now")
        }
        try lookThroughFolders(root, &state, &log)
        let created = changes.created
        for (folder, files) in Dictionary(grouping: changes.take(links: links), by: Self.folder) {
            read(files, of: folder, in: root, created: created, into: &state, &log, writers: writers)
        }
    }

    /// Makes due what lies in the folders that appeared or went, and what is known to have been there.
    private mutating func lookThroughFolders(
        _ root: borrowing Folder, _ state: inout DirectoryState, _ log: inout FolderLog
    ) throws(DirectoryError) {
        let folders = Set(changes.takeFolders())
        guard !folders.isEmpty else { return }
        // Those that are gone end their watches before others find theirs.
        let existing = folders.filter { root.hasFolder(at: $0) }
        for folder in folders.subtracting(existing).sorted() + existing.sorted() {
            changes.add(tree.scan(folder, in: root))
        }
        if let problem = tree.problems[""] {
            throw DirectoryError(operation: "follow", path: path, finding: problem.reason)
        }
        for files in [state.fileNames, changes.unfinished] {
            changes.add(files.filter { FolderChanges.ancestors(of: $0).contains(where: folders.contains) })
        }
        for problem in tree.problems.values where state.folderProblems[problem.path] == nil {
            log.note(problem)
        }
        state.folderProblems = Dictionary(uniqueKeysWithValues: tree.problems.values.map { ($0.path, $0) })
    }

    private mutating func read(
        _ files: [String], of path: String, in root: borrowing Folder, created: Set<String>,
        into state: inout DirectoryState, _ log: inout FolderLog, writers: Folder.Writers
    ) {
        let folder: Folder
        do throws(DirectoryError) {
            folder = try root.folder(at: path)
        } catch {
            let content: FileContent? = error.isAbsence ? nil : .unreadable(reason: error.description)
            for file in files {
                state.update(file, at: root.path(of: file), to: content)
                log.note(content, of: file)
            }
            return
        }
        for file in files {
            let name = String(file.dropFirst(path.isEmpty ? 0 : path.count + 1))
            let isLink = folder.isSymbolicLink(name)
            let isNew = created.contains(file) && !isLink
            switch folder.read(name, reader: reader, writers: isNew && writers == .awaited ? .suspected : writers) {
            case .unfinished:
                changes.postpone(file)
                log.noteUnfinished(folder.path(of: name))
            case .content(let content):
                if isLink { links.insert(file) } else { links.remove(file) }
                state.update(file, at: folder.path(of: name), to: content)
                log.note(content, of: file)
            }
        }
    }

    /// The folder that a file lies in.
    private static func folder(of file: String) -> String { FolderChanges.ancestors(of: file).first ?? "" }
}
