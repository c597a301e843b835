import Glibc
import SystemCalls

/// The folder of fragments beside a configuration file: `/etc/margay/margay.d` beside `/etc/margay/margay.yaml`.
struct FragmentFolder: Hashable, Sendable {
    let path: String

    /// The folder that belongs to a file, whether either exists or not; `nil` when it would be the file itself.
    init?(beside file: String) {
        let start = file.lastIndex(of: "/").map(file.index(after:)) ?? file.startIndex
        let end = file[start...].lastIndex(of: ".").flatMap { $0 > start ? $0 : nil } ?? file.endIndex
        let path = file[..<end] + ".d"
        guard path != file, start < file.endIndex else { return nil }
        self.path = String(path)
    }

    /// The paths of the fragments in the order of their names' bytes, whatever the locale; none when there is no folder.
    func files() throws(FileReadError) -> [String] {
        guard let stream = opendir(path) else {
            let error = FileReadError(path: path, code: errno)
            // A file in the folder's place is a mistake.
            if error.isAbsence, FileKind(path: path) == nil { return [] }
            throw error
        }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else { break }
            // The name ends where the record ends, before the bytes that the structure declares: it is read in place.
            let name = entry.withMemoryRebound(to: UInt8.self, capacity: Int(entry.pointee.d_reclen)) { record in
                let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
                return String(cString: record + offset)
            }
            if Self.isFragment(name) {
                names.append(name)
            }
        }
        guard errno == 0 else { throw FileReadError(path: path, code: errno) }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { "\(path)/\($0)" }
    }

    /// Whether a file of this name counts: what editors and package managers leave behind does not.
    private static func isFragment(_ name: String) -> Bool {
        !name.hasPrefix(".") && [".yaml", ".yml", ".json"].contains(where: name.hasSuffix)
    }
}
