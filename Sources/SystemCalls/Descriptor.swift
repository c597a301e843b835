import Glibc

/// The one owner of a file descriptor; it is closed when the owner goes.
package struct Descriptor: ~Copyable, Sendable {
    package let rawValue: Int32

    /// Takes over what a system call returned.
    /// - Returns: `nil` for -1; `errno` then says why.
    package init?(_ rawValue: Int32) {
        guard rawValue >= 0 else { return nil }
        self.rawValue = rawValue
    }

    deinit { close(rawValue) }
}

/// Repeats a system call while a signal interrupts it.
package func uninterrupted(_ call: () -> Int) -> Int {
    while true {
        let result = call()
        if result >= 0 || errno != EINTR { return result }
    }
}

/// A system call that failed where nothing but a lack of descriptors or memory can be the cause.
package struct SystemCallError: Error, Hashable, Sendable, CustomStringConvertible {
    package let operation: String
    package let errno: Int32

    package init(operation: String, errno: Int32) {
        self.operation = operation
        self.errno = errno
    }

    package var description: String { "\(operation): \(String(cString: strerror(errno)))" }
}
