import FoundationEssentials
import Glibc

/// A folder of its own for one test, removed with everything in it.
public final class TemporaryFolder: Sendable {
    public let path: String

    public init() {
        var template = Array("/tmp/margay-test.XXXXXX".utf8CString)
        path = String(cString: mkdtemp(&template)!)
    }

    deinit { Self.removeTree(path) }

    /// Where a file of the folder is.
    public func path(of name: String) -> String { "\(path)/\(name)" }

    /// Writes a file the simple way: open, write, close.
    /// - Returns: its path.
    @discardableResult
    public func write(_ text: String, to name: String) -> String {
        let writer = Writer(path(of: name))
        writer.write(text)
        return path(of: name)
    }

    /// Makes a sub-folder, and those above it that are missing.
    public func makeFolder(_ name: String) {
        try! FileManager.default.createDirectory(atPath: path(of: name), withIntermediateDirectories: true)
    }

    /// Removes whatever the path leads to, and everything in it.
    public static func removeTree(_ path: String) { try? FileManager.default.removeItem(atPath: path) }
}

/// Somebody who holds a file open for writing, after emptying it.
public final class Writer {
    private let descriptor: Int32

    public init(_ path: String) {
        // A program that another test starts must not keep the file open for writing.
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        precondition(descriptor >= 0)
    }

    deinit { close(descriptor) }

    public func write(_ text: String) {
        let bytes = Array(text.utf8)
        precondition(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    }
}

/// The permission bits of what is at the path; `nil` when nothing is. Here, because in a test beside SwiftNIO's C modules the
/// compiler cannot tell whose `stat` is meant.
public func fileMode(_ path: String) -> UInt32? {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
}
