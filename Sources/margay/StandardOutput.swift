import ArgumentParser
import Glibc

/// Where the answer to a command goes.
enum StandardOutput {
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Writes all of the text at once: nothing is left in a buffer whose loss nobody would notice.
    ///
    /// - Throws: `ExitCode.failure` when it cannot be written, after stderr was told why; when the reader has gone, as
    ///   `head` does, silently what a shell knows for that (128 + SIGPIPE).
    static func write(_ text: String) throws(ExitCode) {
        let bytes = Array(text.utf8)
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count >= 0 {
                written += count
            } else if errno == EPIPE {
                throw ExitCode(128 + SIGPIPE)
            } else if errno != EINTR {
                StandardError.print("cannot write to standard output: \(String(cString: strerror(errno)))")
                throw .failure
            }
        }
    }

    /// Writes lines, each with its end.
    static func write(lines: some Sequence<String>) throws(ExitCode) {
        try write(lines.map { "\($0)\n" }.joined())
    }

    /// Gives each of the three standard streams that is closed to `/dev/null`, before anything else is opened: a socket
    /// would get its number, and then what is printed.
    static func reserveClosedStreams() {
        for stream in STDIN_FILENO...STDERR_FILENO where fcntl(stream, F_GETFD) < 0 {
            // The lowest free number is this one.
            _ = open("/dev/null", O_RDWR)
        }
    }
}
