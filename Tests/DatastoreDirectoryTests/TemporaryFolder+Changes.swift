import Glibc
import TestSupport

extension TemporaryFolder {
    /// Writes beside the folder's view, then renames, as a careful writer does.
    func replace(_ name: String, with text: String) {
        let beside = name.lastIndex(of: "/").map { "\(name[...$0]).new" } ?? ".\(name).new"
        write(text, to: beside)
        rename(beside, to: name)
    }

    func rename(_ name: String, to other: String) {
        precondition(Glibc.rename(path(of: name), path(of: other)) == 0)
    }

    func remove(_ name: String) { precondition(unlink(path(of: name)) == 0) }

    /// A symbolic link `name` that leads to `target`.
    func link(_ name: String, to target: String) { precondition(symlink(target, path(of: name)) == 0) }
}

func firstLine(of path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    guard fgets(&line, Int32(line.count), file) != nil else { return "" }
    return String(decoding: line.prefix { $0 != 0 && $0 != 10 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}
