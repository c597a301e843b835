import Glibc

/// What stands at a path, symbolic links not followed.
package enum FileKind: Hashable, Sendable {
    case socket, regular, other

    /// `nil` when there is nothing, or the folder cannot be searched.
    package init?(path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    /// What stands where the path leads in the end.
    package static func following(_ path: String) -> Self? {
        var status = stat()
        return stat(path, &status) == 0 ? Self(status) : nil
    }

    private init(_ status: stat) {
        switch status.st_mode & S_IFMT {
        case S_IFSOCK: self = .socket
        case S_IFREG: self = .regular
        default: self = .other
        }
    }
}
