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
        self.path = path
        self.descriptor = descriptor
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

    /// How a file of this folder is named to people.
    func path(of file: String) -> String {
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
            if entry.pointee.d_type == UInt8(DT_DIR) {
                entries.folders.insert(name)
            } else if Self.isResourceFile(name) {
                entries.files.insert(name)
            }
        }
    }

    /// The name ends where the record ends, before the 256 bytes that the structure declares: it is read in place.
    private static func name(of entry: UnsafeMutablePointer<dirent>) -> String? {
        guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { return nil }
        return String(
            validatingCString: UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self))
    }
}
