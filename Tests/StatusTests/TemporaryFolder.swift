import FoundationEssentials
import Glibc

/// A folder that is gone when its owner is.
struct TemporaryFolder: ~Copyable {
    let path: String

    init() {
        var template = Array("/tmp/margay-status.XXXXXX".utf8CString)
        path = String(cString: mkdtemp(&template))
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}
