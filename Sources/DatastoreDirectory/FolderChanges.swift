import Glibc

/// Digests inotify events into what has to be read. No I/O.
struct FolderChanges {
    /// The files to read: their content or existence changed.
    private(set) var due: Set<String> = []

    /// Those of them that have just been made, so that their writer may yet have to fill them.
    private(set) var created: Set<String> = []

    /// The files that were found open for writing. Their closing makes them due.
    private(set) var unfinished: Set<String> = []

    /// The sub-folders that appeared.
    private var folders: Set<String> = []

    /// Whether events were lost, or not yet seen: every file has to be read.
    private(set) var isRescanDue = true

    /// Whether anything happened that may have changed what a symbolic link of the folder leads to. A ConfigMap volume
    /// exchanges all its files by renaming the one link `..data`.
    private(set) var areLinksDue = false

    /// Why the folder is no longer the one to watch.
    private(set) var loss: String?

    /// Whether there is something to read.
    var isReadable: Bool { !due.isEmpty || isRescanDue || areLinksDue }

    /// Whether everything has been read that changed.
    var isSettled: Bool { !isReadable && unfinished.isEmpty }

    mutating func record(_ event: InotifyEvent) {
        if event.has(IN_Q_OVERFLOW) {
            isRescanDue = true
        } else if event.has(IN_DELETE_SELF) {
            loss = "the folder was removed"
        } else if event.has(IN_MOVE_SELF) {
            loss = "the folder was renamed"
        } else if event.has(IN_UNMOUNT) {
            loss = "its file system was unmounted"
        } else if event.has(IN_IGNORED) {
            loss = loss ?? "the kernel ended the watch"
        } else {
            areLinksDue = true
            if event.has(IN_ISDIR) { recordFolder(event) } else { recordFile(event) }
        }
    }

    private mutating func recordFolder(_ event: InotifyEvent) {
        if event.has(IN_CREATE, IN_MOVED_TO), !event.name.hasPrefix(".") { folders.insert(event.name) }
    }

    private mutating func recordFile(_ event: InotifyEvent) {
        guard Folder.isResourceFile(event.name) else { return }
        due.insert(event.name)
        if event.has(IN_CREATE) { created.insert(event.name) } else { created.remove(event.name) }
    }

    /// Makes more files due.
    mutating func add(_ files: some Sequence<String>) { due.formUnion(files) }

    /// Takes the files to read now.
    /// - Parameters:
    ///   - all: every file that exists or is known; used when a rescan is due.
    ///   - links: the files that are symbolic links; used when those are due.
    mutating func take(all: Set<String>, links: Set<String>) -> Set<String> {
        if isRescanDue { due.formUnion(all) }
        if areLinksDue { due.formUnion(links) }
        defer { (due, created, isRescanDue, areLinksDue) = ([], [], false, false) }
        unfinished.subtract(due)
        return due
    }

    /// Puts a file off that is open for writing.
    mutating func postpone(_ file: String) { unfinished.insert(file) }

    /// Takes the sub-folders that appeared.
    mutating func takeFolders() -> Set<String> {
        defer { folders = [] }
        return folders
    }
}
