import Glibc

/// What stands at a path, symbolic links not followed.
package enum FileKind: Hashable, Sendable {
    case socket, other

    /// `nil` when there is nothing, or the folder cannot be searched.
    package init?(path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        self = status.st_mode & S_IFMT == S_IFSOCK ? .socket : .other
    }
}
