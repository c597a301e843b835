import Glibc

/// Digests inotify events into what has to be read. No I/O.
///
/// Files and folders are named by their paths relative to the source's folder, whose own is empty.
struct FolderChanges {
    /// The files to read: their content or existence changed.
    private(set) var due: Set<String> = []

    /// Those of them that have just been made, so that their writer may yet have to fill them.
    private(set) var created: Set<String> = []

    /// The files that were found open for writing. Their closing makes them due.
    private(set) var unfinished: Set<String> = []

    /// The folders to look through with all that is below them: they appeared, went, or lost events.
    private(set) var folders: Set<String> = [""]

    /// Whether anything happened that may have changed what a symbolic link of the folder leads to. A ConfigMap volume
    /// exchanges all its files by renaming the one link `..data`.
    private(set) var areLinksDue = false

    /// Why the folder is no longer the one to watch.
    private(set) var loss: String?

    /// Whether there is something to read.
    var isReadable: Bool { !due.isEmpty || !folders.isEmpty || areLinksDue }

    /// Whether everything has been read that changed.
    var isSettled: Bool { !isReadable && unfinished.isEmpty }

    /// - Parameter folder: The one whose watch the event comes from.
    mutating func record(_ event: InotifyEvent, in folder: String) {
        if event.has(IN_Q_OVERFLOW) {
            folders.insert("")
        } else if event.has(IN_DELETE_SELF, IN_MOVE_SELF, IN_UNMOUNT, IN_IGNORED) {
            recordEnd(of: folder, event)
        } else {
            areLinksDue = true
            let path = folder.isEmpty ? event.name : "\(folder)/\(event.name)"
            if !event.has(IN_ISDIR) {
                recordFile(event, path)
            } else if !event.name.hasPrefix(".") {
                folders.insert(path)
            }
        }
    }

    /// The folder is no longer what the watch watches. Where a sub-folder went to its parent's events tell.
    private mutating func recordEnd(of folder: String, _ event: InotifyEvent) {
        guard folder.isEmpty else {
            folders.insert(folder)
            return
        }
        if event.has(IN_DELETE_SELF) {
            loss = "the folder was removed"
        } else if event.has(IN_MOVE_SELF) {
            loss = "the folder was renamed"
        } else if event.has(IN_UNMOUNT) {
            loss = "its file system was unmounted"
        } else {
            loss = loss ?? "the kernel ended the watch"
        }
    }

    private mutating func recordFile(_ event: InotifyEvent, _ path: String) {
        guard Folder.isResourceFile(event.name) else { return }
        due.insert(path)
        if event.has(IN_CREATE) { created.insert(path) } else { created.remove(path) }
    }

    /// Makes more files due.
    mutating func add(_ files: some Sequence<String>) { due.formUnion(files) }

    /// Makes more folders due.
    mutating func addFolders(_ paths: some Sequence<String>) { folders.formUnion(paths) }

    /// Takes the folders to look through now: of those that lie in each other the outermost, in the order of their paths.
    mutating func takeFolders() -> [String] {
        defer { folders = [] }
        return folders.filter { !Self.ancestors(of: $0).contains(where: folders.contains) }.sorted()
    }

    /// Takes the files to read now.
    /// - Parameter links: the files that are symbolic links; used when those are due.
    mutating func take(links: Set<String>) -> Set<String> {
        if areLinksDue { due.formUnion(links) }
        defer { (due, created, areLinksDue) = ([], [], false) }
        unfinished.subtract(due)
        return due
    }

    /// Puts a file off that is open for writing.
    mutating func postpone(_ file: String) { unfinished.insert(file) }

    /// The folders that a file or folder lies in, the source's own last; none for the source's own.
    static func ancestors(of path: String) -> [String] {
        var ancestors: [String] = []
        var rest = path[...]
        while let slash = rest.lastIndex(of: "/") {
            rest = rest[..<slash]
            ancestors.append(String(rest))
        }
        return path.isEmpty ? [] : ancestors + [""]
    }
}
