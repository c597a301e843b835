import Glibc

/// A folder of its own for one test, removed with everything in it.
final class TemporaryFolder: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/margay-directory-XXXXXX".utf8CString)
        path = String(cString: mkdtemp(&template)!)
    }

    deinit { Self.removeTree(path) }

    func path(of name: String) -> String { "\(path)/\(name)" }

    /// Writes a file the simple way: open, write, close.
    func write(_ text: String, to name: String) {
        let writer = Writer(path(of: name))
        writer.write(text)
    }

    /// Writes beside the folder's view, then renames, as a careful writer does.
    func replace(_ name: String, with text: String) {
        write(text, to: ".\(name).new")
        rename(".\(name).new", to: name)
    }

    func rename(_ name: String, to other: String) {
        precondition(Glibc.rename(path(of: name), path(of: other)) == 0)
    }

    func remove(_ name: String) { precondition(unlink(path(of: name)) == 0) }

    func makeFolder(_ name: String) { precondition(mkdir(path(of: name), 0o755) == 0) }

    /// A symbolic link `name` that leads to `target`.
    func link(_ name: String, to target: String) { precondition(symlink(target, path(of: name)) == 0) }

    static func removeTree(_ path: String) {
        if let stream = opendir(path) {
            while let entry = readdir(stream) {
                let name = withUnsafePointer(to: entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                guard name != ".", name != ".." else { continue }
                if entry.pointee.d_type == UInt8(DT_DIR) {
                    removeTree("\(path)/\(name)")
                } else {
                    unlink("\(path)/\(name)")
                }
            }
            closedir(stream)
        }
        rmdir(path)
    }
}

/// Somebody who holds a file open for writing, after emptying it.
final class Writer {
    private let descriptor: Int32

    init(_ path: String) {
        // A program that another test starts must not keep the file open for writing.
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        precondition(descriptor >= 0)
    }

    deinit { close(descriptor) }

    func write(_ text: String) {
        let bytes = Array(text.utf8)
        precondition(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    }
}

func firstLine(of path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    guard fgets(&line, Int32(line.count), file) != nil else { return "" }
    return String(decoding: line.prefix { $0 != 0 && $0 != 10 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}
