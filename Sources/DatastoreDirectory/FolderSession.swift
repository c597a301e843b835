import Resources
import SystemCalls

/// One folder while it can be followed: what is watched of it, what changed, and what has been read.
struct FolderSession: ~Copyable {
    private let path: String
    private let identity: Folder.Identity
    private let watch: FolderWatch
    private let reader: ResourceReader
    private var changes = FolderChanges()
    private var links: Set<String> = []

    /// The watch begins before the first reading, so that nothing falls between.
    init(path: String, reader: ResourceReader) throws(DirectoryError) {
        let folder = try Folder(path: path)
        let identity = try folder.identity()
        watch = try FolderWatch(folder)
        self.identity = identity
        self.path = path
        self.reader = reader
    }

    /// Whether everything that changed has been read, and nothing is being written.
    var isSettled: Bool { changes.isSettled }

    /// Blocks until something happens, unless there is something to read already.
    func wait(_ timeout: Duration, orUntil stop: StopSignal) -> StopSignal.Reason {
        watch.wait(changes.isReadable ? .zero : timeout, orUntil: stop)
    }

    /// Makes files due again: those given, and those that were found open for writing. A writer may have closed its
    /// file by another name, which no event here tells.
    mutating func lookAgain(at files: Set<String>) { changes.add(files.union(changes.unfinished)) }

    /// Reads what is due.
    /// - Parameter writers: what to do with a file that somebody has open for writing.
    /// - Throws: when the path no longer leads to the watched folder.
    mutating func read(
        into state: inout DirectoryState, _ log: inout FolderLog, writers: Folder.Writers = .awaited
    ) throws(DirectoryError) {
        for event in watch.drain() { changes.record(event) }
        if let loss = changes.loss { throw DirectoryError(operation: "follow", path: path, finding: loss) }
        // Opened anew each time: while a folder is open, the kernel does not report that it was removed.
        let folder = try Folder(path: path)
        guard try folder.identity() == identity else {
            throw DirectoryError(operation: "follow", path: path, finding: "the path leads to another folder now")
        }
        var all: Set<String> = []
        if changes.isRescanDue {
            let entries = try folder.entries()
            all = entries.files.union(state.fileNames)
            log.noteSubfolders(entries.folders, of: path)
        }
        log.noteSubfolders(changes.takeFolders(), of: path)
        let created = changes.created
        for file in changes.take(all: all, links: links) {
            let isLink = folder.isSymbolicLink(file)
            let isNew = created.contains(file) && !isLink
            switch folder.read(file, reader: reader, writers: isNew && writers == .awaited ? .suspected : writers) {
            case .unfinished:
                changes.postpone(file)
                log.noteUnfinished(folder.path(of: file))
            case .content(let content):
                if isLink { links.insert(file) } else { links.remove(file) }
                state.update(file, at: folder.path(of: file), to: content)
                log.note(content, of: file)
            }
        }
    }
}
