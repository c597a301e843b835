import Glibc
package import Resources

/// One file of resources, read once.
package struct ResourceFile: Sendable {
    package var path: String
    package var content: FileContent
}

/// The resource files at a path, in the order of their paths: those of a folder and the folders in it, or the one file
/// that it is. A sub-folder that cannot be read is among them as a file that cannot be read.
package func resourceFiles(at path: String, reader: ResourceReader) throws(DirectoryError) -> [ResourceFile] {
    var found = stat()
    let exists = stat(path, &found) == 0
    // A symbolic link that leads nowhere is a file that cannot be read.
    let isFile = (exists || lstat(path, &found) == 0) && found.st_mode & S_IFMT != S_IFDIR
    let slash = path.lastIndex(of: "/")
    let folder = try Folder(path: isFile ? slash.map { String(path[...$0]) } ?? "." : path)
    if isFile {
        let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
        return resourceFile(String(name), of: folder, reader: reader).map { [$0] } ?? []
    }
    var files: [String: ResourceFile] = [:]
    try collect(from: folder, at: "", reader: reader, into: &files)
    return files.sorted { $0.key < $1.key }.map(\.value)
}

private func collect(
    from folder: borrowing Folder, at path: String, reader: ResourceReader, into files: inout [String: ResourceFile]
) throws(DirectoryError) {
    let entries = try folder.entries()
    let prefix = path.isEmpty ? "" : path + "/"
    for name in entries.files {
        files[prefix + name] = resourceFile(name, of: folder, reader: reader)
    }
    for name in entries.folders {
        let inner = prefix + name
        do throws(DirectoryError) {
            guard FolderChanges.ancestors(of: inner).count <= FolderTree.maximumDepth else {
                throw DirectoryError(
                    operation: "read", path: folder.path(of: name),
                    finding: "more than \(FolderTree.maximumDepth) folders lie in each other")
            }
            try collect(from: folder.folder(at: name), at: inner, reader: reader, into: &files)
        } catch  where error.isAbsence {
            continue
        } catch {
            files[inner] = ResourceFile(path: folder.path(of: name), content: .unreadable(reason: error.description))
        }
    }
}

private func resourceFile(_ name: String, of folder: borrowing Folder, reader: ResourceReader) -> ResourceFile? {
    guard case .content(let content?) = folder.read(name, reader: reader, writers: .ignored) else { return nil }
    return ResourceFile(path: folder.path(of: name), content: content)
}
