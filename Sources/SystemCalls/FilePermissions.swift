import Glibc

/// Who may do what with a file (inode(7)), wherever its folder hides it.
package struct FilePermissions: Hashable, Sendable {
    private let mode: mode_t

    /// Of what stands where the path leads in the end; `nil` when there is nothing, or the folder cannot be searched.
    package init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        mode = status.st_mode
    }

    package var isReadableByEverybody: Bool { mode & S_IROTH != 0 }
}
