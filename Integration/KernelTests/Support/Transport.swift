import NetworkValues

/// A protocol in which two sides exchange a question and an answer, one packet each, made by hand.
enum Transport: String, Sendable, CaseIterable, CustomStringConvertible {
    case tcp, udp, icmp, sctp

    var description: String { rawValue }

    private static let clientPort: UInt16 = 40001
    private static let serverPort: UInt16 = 5001
    private static let initiateTag: UInt32 = 0x1234_5678

    /// The first packet of a connection.
    func question(from client: IPAddress, to server: IPAddress) -> IPPacket {
        switch self {
        case .tcp: .tcp(from: client, Self.clientPort, to: server, Self.serverPort, flags: 2, sequence: 1000)
        case .udp: .udp(from: client, Self.clientPort, to: server, Self.serverPort, data: Array("question".utf8))
        case .icmp: .echoRequest(from: client, to: server, identifier: Self.clientPort)
        case .sctp:
            .sctp(
                from: client, Self.clientPort, to: server, Self.serverPort, tag: 0, chunk: 1,
                initiateTag: Self.initiateTag)
        }
    }

    /// The server's answer to the question as it saw it.
    func answer(to question: IPPacket) -> IPPacket {
        let (server, client) = (question.destination, question.source)
        switch self {
        case .tcp:
            return .tcp(
                from: server, Self.serverPort, to: client, Self.clientPort, flags: 18, sequence: 5000,
                acknowledgement: 1001)
        case .udp: return .udp(from: server, Self.serverPort, to: client, Self.clientPort, data: Array("answer".utf8))
        case .icmp:
            var reply = IPPacket.echoRequest(from: server, to: client, identifier: Self.clientPort)
            reply.payload[0] = server.family == .v4 ? 0 : 129
            return reply.withChecksum(at: 2, hasPseudoHeader: server.family == .v6)
        case .sctp:
            return .sctp(
                from: server, Self.serverPort, to: client, Self.clientPort, tag: Self.initiateTag, chunk: 2,
                initiateTag: 0x8765_4321)
        }
    }

    /// Whether `packet` is `original` between these two, every octet of what it carries as it must be, checksum included.
    func carries(_ packet: IPPacket, _ original: IPPacket, from source: IPAddress, to destination: IPAddress) -> Bool {
        var expected = original
        (expected.source, expected.destination) = (source, destination)
        switch self {
        case .tcp: expected = expected.withChecksum(at: 16, hasPseudoHeader: true)
        case .udp: expected = expected.withChecksum(at: 6, hasPseudoHeader: true)
        case .icmp: expected = expected.withChecksum(at: 2, hasPseudoHeader: source.family == .v6)
        // It covers no addresses.
        case .sctp: break
        }
        return packet.protocol == expected.protocol && packet.payload == expected.payload
            && packet.source == source && packet.destination == destination
    }
}

extension IPPacket {
    /// An SCTP packet with one chunk that begins an association (RFC 9260): type 1 INIT, 2 INIT ACK.
    static func sctp(
        from source: IPAddress, _ sourcePort: UInt16, to destination: IPAddress, _ destinationPort: UInt16, tag: UInt32,
        chunk: UInt8, initiateTag: UInt32
    ) -> IPPacket {
        let window = UInt32(65536).octets
        let streams: [UInt8] = [0, 1, 0, 1]
        var body: [UInt8] = sourcePort.octets + destinationPort.octets + tag.octets + [0, 0, 0, 0]
        body += [chunk, 0, 0, 20] + initiateTag.octets + window + streams + UInt32(1).octets
        // Sent with the lowest octet first (RFC 9260 appendix A).
        body.replaceSubrange(8..<12, with: castagnoli(body).octets.reversed())
        return IPPacket(source: source, destination: destination, protocol: 132, payload: body)
    }
}

/// CRC-32C.
private func castagnoli(_ octets: [UInt8]) -> UInt32 {
    ~octets.reduce(UInt32.max) { sum, octet in
        (0..<8).reduce(sum ^ UInt32(octet)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x82f6_3b78 : value >> 1 }
    }
}
