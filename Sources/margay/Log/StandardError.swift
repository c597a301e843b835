import Glibc

/// Where diagnostics go: standard output is for what the command was asked for.
enum StandardError {
    /// Writes a line in one piece, so that lines of several threads do not mix.
    static func print(_ line: String) {
        var bytes = Array(line.utf8)
        bytes.append(UInt8(ascii: "\n"))
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            // Nobody is left to tell that telling failed.
            guard count > 0 else { return }
            written += count
        }
    }
}
