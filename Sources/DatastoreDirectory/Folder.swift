import Glibc
import SystemCalls

/// An open folder of resource files. Everything is read relative to its descriptor, so that one reading never mixes two
/// folders that the path leads to one after the other.
struct Folder: ~Copyable {
    let path: String
    private let descriptor: Descriptor

    init(path: String) throws(DirectoryError) {
        guard let descriptor = Descriptor(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) else {
            throw DirectoryError(operation: "open", path: path, errno: errno, remedy: Self.remedy(for: errno))
        }
        self.init(path: path, descriptor)
    }

    private init(path: String, _ descriptor: consuming Descriptor) {
        self.path = path
        self.descriptor = descriptor
    }

    /// The sub-folder at a path relative to this one; empty for this one itself. Opened step by step, because a symbolic
    /// link on the way is no part of the tree.
    /// - Throws: with `ENOENT`, `ENOTDIR` or `ELOOP` when there is no such folder.
    func folder(at relativePath: String) throws(DirectoryError) -> Folder {
        var opened = try folder(named: ".", path: path)
        for name in relativePath.split(separator: "/") {
            opened = try opened.folder(named: String(name), path: opened.path(of: String(name)))
        }
        return opened
    }

    /// Whether there is such a folder and it can be opened.
    func hasFolder(at relativePath: String) -> Bool { (try? folder(at: relativePath)) != nil }

    private func folder(named name: String, path: String) throws(DirectoryError) -> Folder {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        guard let descriptor = Descriptor(openat(self.descriptor.rawValue, name, flags)) else {
            throw DirectoryError(operation: "open", path: path, errno: errno, remedy: Self.remedy(for: errno))
        }
        return Folder(path: path, descriptor)
    }

    private static func remedy(for number: Int32) -> String? {
        switch number {
        case ENOENT: "create the folder, or name the one that holds the resources"
        case ENOTDIR: "name a folder"
        case EACCES: "permit to read the folder and to enter the folders above it"
        default: nil
        }
    }

    var rawDescriptor: Int32 { descriptor.rawValue }

    /// Whether a file of this name holds resources: `*.yaml`, `*.yml` or `*.json`, and not hidden.
    static func isResourceFile(_ name: String) -> Bool {
        !name.hasPrefix(".") && [".yaml", ".yml", ".json"].contains(where: name.hasSuffix)
    }

    /// How a file or sub-folder of this folder is named to people.
    func path(of file: String) -> String {
        if file.isEmpty { return path }
        if path == "." { return file }
        return path.hasSuffix("/") ? path + file : "\(path)/\(file)"
    }

    /// Which folder this is, whatever it is called.
    struct Identity: Equatable {
        var device: dev_t
        var inode: ino_t
    }

    func identity() throws(DirectoryError) -> Identity {
        var found = stat()
        guard fstat(descriptor.rawValue, &found) == 0 else {
            throw DirectoryError(operation: "open", path: path, errno: errno)
        }
        return Identity(device: found.st_dev, inode: found.st_ino)
    }

    struct Entries {
        var files: Set<String> = []
        var folders: Set<String> = []
    }

    /// The resource files and the sub-folders, hidden ones left out, and names that are not UTF-8.
    func entries() throws(DirectoryError) -> Entries {
        // A descriptor of its own: a directory stream owns and moves the one it is given.
        let listed = openat(descriptor.rawValue, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard listed >= 0, let stream = fdopendir(listed) else {
            let number = errno
            if listed >= 0 { close(listed) }
            throw DirectoryError(operation: "list", path: path, errno: number)
        }
        defer { closedir(stream) }
        var entries = Entries()
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw DirectoryError(operation: "list", path: path, errno: errno) }
                return entries
            }
            guard let name = Self.name(of: entry), !name.hasPrefix(".") else { continue }
            if isFolder(entry, name) {
                entries.folders.insert(name)
            } else if Self.isResourceFile(name) {
                entries.files.insert(name)
            }
        }
    }

    /// A symbolic link to a folder is none. Not every file system tells the type with the name.
    private func isFolder(_ entry: UnsafeMutablePointer<dirent>, _ name: String) -> Bool {
        guard entry.pointee.d_type == UInt8(DT_UNKNOWN) else { return entry.pointee.d_type == UInt8(DT_DIR) }
        var found = stat()
        return fstatat(descriptor.rawValue, name, &found, AT_SYMLINK_NOFOLLOW) == 0 && found.st_mode & S_IFMT == S_IFDIR
    }

    /// The name ends where the record ends, before the 256 bytes that the structure declares: it is read in place.
    private static func name(of entry: UnsafeMutablePointer<dirent>) -> String? {
        guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { return nil }
        return String(
            validatingCString: UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self))
    }
}
