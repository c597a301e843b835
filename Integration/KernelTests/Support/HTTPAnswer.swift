import Glibc

/// What an agent answers over TCP.
struct HTTPAnswer: CustomStringConvertible {
    let status: Int
    /// The header fields, their names in lower case.
    let fields: [String: String]
    let body: String

    var description: String { "\(status)\n\(body)" }

    /// The value of a sample, by its name and labels as they are written.
    func sample(_ name: String) -> Double? {
        body.split(separator: "\n").first { $0.hasPrefix("\(name) ") }
            .flatMap { Double($0.dropFirst(name.count + 1)) }
    }
}

extension NetworkNamespace {
    /// Asks on the loopback address of the namespace.
    /// - Throws: when nobody answers there.
    func get(_ path: String, port: UInt16 = 9099, accept: String = "*/*") throws -> HTTPAnswer {
        let descriptor = try run { try connectedSocket(port) }
        defer { close(descriptor) }
        let request = Array(
            "GET \(path) HTTP/1.1\r\nHost: localhost\r\nAccept: \(accept)\r\nConnection: close\r\n\r\n".utf8)
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            throw TestKitError("GET \(path): errno \(errno)")
        }
        var octets: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while case let count = recv(descriptor, &chunk, chunk.count, 0), count > 0 {
            octets += chunk[..<count]
        }
        let text = String(decoding: octets, as: UTF8.self)
        guard let end = text.firstRange(of: "\r\n\r\n") else { throw TestKitError("GET \(path): no answer: \(text)") }
        let lines = text[..<end.lowerBound].split(separator: "\r\n")
        guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw TestKitError("GET \(path): no answer: \(text)")
        }
        let fields = lines.dropFirst().map { line -> (String, String) in
            let parts = line.split(separator: ":", maxSplits: 1)
            return (parts[0].lowercased(), parts.dropFirst().joined().drop { $0 == " " }.description)
        }
        return HTTPAnswer(
            status: status, fields: Dictionary(fields) { first, _ in first }, body: String(text[end.upperBound...]))
    }

    private func connectedSocket(_ port: UInt16) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw TestKitError("socket: errno \(errno)") }
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            let error = TestKitError("connect to 127.0.0.1:\(port): errno \(errno)")
            close(descriptor)
            throw error
        }
        return descriptor
    }
}
