import Glibc

/// journald's own entrance, which takes messages with fields (systemd's "Native Journal Protocol").
package final class JournalSocket: Sendable {
    private let socket: UnixDatagramSocket
    private let address: UnixSocketAddress

    /// Where journald listens (systemd-journald.socket).
    package static let standardPath = "/run/systemd/journal/socket"

    /// - Parameter environment: `JOURNAL_STREAM` is device and inode of what the service manager connected to the
    ///   journal (systemd.exec(5)).
    /// - Returns: `nil` unless the descriptor is that very stream: whoever redirects it wants to see lines there.
    package init?(
        replacing descriptor: Int32, environment: [String: String], path: String = JournalSocket.standardPath
    ) {
        var status = stat()
        guard let stream = environment["JOURNAL_STREAM"], fstat(descriptor, &status) == 0,
            stream == "\(status.st_dev):\(status.st_ino)", let socket = try? UnixDatagramSocket()
        else { return nil }
        self.socket = socket
        address = .path(path)
    }

    /// Hands over one message.
    ///
    /// - Parameter fields: Names are upper-case letters, digits and underscores; values are any text, of several lines too.
    /// - Throws: ``SystemCallError``; nothing of the message has arrived then.
    package func send(_ fields: [(name: String, value: String)]) throws(SystemCallError) {
        try socket.send(Self.datagram(fields), to: address)
    }

    /// `NAME=value` and a line's end; a value of several lines has its length (64 bits, little-endian) before it.
    static func datagram(_ fields: [(name: String, value: String)]) -> [UInt8] {
        var bytes: [UInt8] = []
        for (name, value) in fields {
            bytes += Array(name.utf8)
            if value.utf8.contains(UInt8(ascii: "\n")) {
                bytes.append(UInt8(ascii: "\n"))
                withUnsafeBytes(of: UInt64(value.utf8.count).littleEndian) { bytes += Array($0) }
            } else {
                bytes.append(UInt8(ascii: "="))
            }
            bytes += Array(value.utf8)
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes
    }
}
