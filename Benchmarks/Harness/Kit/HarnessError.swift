import Glibc

/// What the harness itself could not do.
struct HarnessError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }

    /// With what errno says.
    static func system(_ operation: String) -> HarnessError {
        HarnessError("\(operation): \(String(cString: strerror(errno)))")
    }
}
