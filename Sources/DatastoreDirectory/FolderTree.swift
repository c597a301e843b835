import Glibc

/// The folder of a source and the folders in it: what is watched of them, and what cannot be.
///
/// - A folder is watched before it is listed, so that nothing falls between.
/// - Symbolic links to folders are not followed; a folder that is mounted twice is read once.
struct FolderTree: ~Copyable {
    /// How many folders may lie in each other: more than anybody sorts files by.
    static let maximumDepth = 16
    /// How many folders are watched: with more the wrong one has been named, such as `/`.
    static let maximumFolders = 16_384

    private(set) var watch: FolderWatch
    private var watches: [String: Int32]
    private var folders: [Int32: String]
    /// By folder.
    private(set) var problems: [String: FolderProblem] = [:]

    /// Watches the source's folder itself, without which there is nothing to follow.
    init(_ root: borrowing Folder, maximumFolders: Int) throws(DirectoryError) {
        var watch = try FolderWatch(maximum: maximumFolders, path: root.path)
        let first = try watch.add(root)
        self.watch = watch
        (watches, folders) = (["": first], [first: ""])
    }

    /// The folder that a watch is of; `nil` for one that has ended.
    func folder(of watch: Int32) -> String? { folders[watch] }

    /// Tries again to follow what could not be followed.
    /// - Returns: the folders to look through: those that could not be read, and if there are watches again all that
    ///   have none.
    mutating func retry(in root: borrowing Folder) -> [String] {
        let unread = problems.filter { !$0.value.isRead }.map(\.key)
        let unwatched = problems.filter(\.value.isRead).map(\.key)
        // What one cannot have the others cannot have either: they are not even opened.
        guard let first = unwatched.min(), let folder = try? root.folder(at: first), (try? watch.add(folder)) != nil
        else { return unread }
        return unread + unwatched
    }

    /// Looks through a folder and those in it.
    /// - Returns: the resource files there; empty when the folder is gone.
    mutating func scan(_ path: String, in root: borrowing Folder) -> Set<String> {
        var files: Set<String> = []
        scan(path, in: root, into: &files)
        return files
    }

    private mutating func scan(_ path: String, in root: borrowing Folder, into files: inout Set<String>) {
        do throws(DirectoryError) {
            let folder = try root.folder(at: path)
            guard FolderChanges.ancestors(of: path).count <= Self.maximumDepth else {
                let reason = "is not read: more than \(Self.maximumDepth) folders lie in each other"
                problems[path] = FolderProblem(path: folder.path, reason: reason, isRead: false)
                return
            }
            problems[path] = try follow(folder, path, in: root)
            if problems[path]?.isRead == false { return }
            let entries = try folder.entries()
            let prefix = path.isEmpty ? "" : path + "/"
            files.formUnion(entries.files.map { prefix + $0 })
            let inner = Set(entries.folders.map { prefix + $0 })
            for gone in children(of: path) where !inner.contains(gone) {
                forget(gone)
            }
            for folder in inner.sorted() {
                scan(folder, in: root, into: &files)
            }
        } catch {
            forget(path)
            if !error.isAbsence {
                problems[path] = FolderProblem(path: root.path(of: path), reason: error.description, isRead: false)
            }
        }
    }

    /// Watches a folder.
    /// - Returns: why it cannot be followed, if so.
    private mutating func follow(
        _ folder: borrowing Folder, _ path: String, in root: borrowing Folder
    ) throws(DirectoryError) -> FolderProblem? {
        let watch: Int32
        do throws(DirectoryError) {
            watch = try self.watch.add(folder)
        } catch {
            return FolderProblem(
                path: folder.path,
                reason: "changes in this folder are not noticed: \(error.description)", isRead: true)
        }
        let identity = try folder.identity()
        if let other = folders[watch], other != path, leads(other, to: identity, in: root) {
            return FolderProblem(
                path: folder.path, reason: "is not read: it is the same folder as \(root.path(of: other))",
                isRead: false)
        }
        enter(path, watch)
        return nil
    }

    private func leads(_ path: String, to identity: Folder.Identity, in root: borrowing Folder) -> Bool {
        guard let folder = try? root.folder(at: path) else { return false }
        return (try? folder.identity()) == identity
    }

    /// A folder that took another's place has a watch of its own; one that moved took its watch along.
    private mutating func enter(_ path: String, _ watch: Int32) {
        if let other = folders[watch], other != path { watches[other] = nil }
        if let former = watches[path], former != watch { end(former) }
        watches[path] = watch
        folders[watch] = path
    }

    private mutating func end(_ watch: Int32) {
        self.watch.remove(watch)
        folders[watch] = nil
    }

    /// Ends what is known of a folder and those in it.
    private mutating func forget(_ path: String) {
        func isInside(_ other: String) -> Bool { other == path || other.hasPrefix(path + "/") }
        for (folder, watch) in watches where isInside(folder) {
            watches[folder] = nil
            end(watch)
        }
        problems = problems.filter { !isInside($0.key) }
    }

    private func children(of path: String) -> [String] {
        Set(watches.keys).union(problems.keys).filter { FolderChanges.ancestors(of: $0).first == path }
    }
}
