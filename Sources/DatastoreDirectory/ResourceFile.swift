import Glibc
package import Resources

/// One file of resources, read once.
package struct ResourceFile: Sendable {
    package var path: String
    package var content: FileContent
}

/// The resource files at a path, in name order: those of a folder, or the one file that it is.
package func resourceFiles(at path: String, reader: ResourceReader) throws(DirectoryError) -> [ResourceFile] {
    var found = stat()
    let isFile = stat(path, &found) == 0 && found.st_mode & S_IFMT != S_IFDIR
    let slash = path.lastIndex(of: "/")
    let folder = try Folder(path: isFile ? slash.map { String(path[...$0]) } ?? "." : path)
    let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
    let files = isFile ? [String(name)] : try folder.entries().files.sorted()
    return files.compactMap { file in
        guard case .content(let content?) = folder.read(file, reader: reader, writers: .ignored) else { return nil }
        return ResourceFile(path: folder.path(of: file), content: content)
    }
}
