import Glibc

/// A file that is gone when its owner is.
struct TemporaryFile: ~Copyable {
    let path: String

    init(_ text: String) {
        var template = Array("/tmp/margay-settings.XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let bytes = Array(text.utf8)
        precondition(write(descriptor, bytes, bytes.count) == bytes.count)
        close(descriptor)
    }

    deinit {
        unlink(path)
    }
}
