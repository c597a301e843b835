import NetworkValues

extension NetworkNamespace {
    /// Keeps the kernel from answering what it did not ask for, which would end flows by itself.
    func answerNothing() throws {
        try nft("table inet quiet { chain input { type filter hook input priority 0; meta l4proto != 58 drop; }; }")
    }

    /// The flows that conntrack(8) shows, one text each, sorted: `udp 192.0.2.2 > 10.65.0.1:7`, and where addresses are
    /// translated what answers look like: `… < 10.65.0.1 > 198.51.100.1`. Protocols without ports stand alone.
    func flows() throws -> [String] {
        try ["ipv4", "ipv6"].flatMap { family in
            try command(["conntrack", "-L", "-f", family]).succeed().split(separator: "\n").map(Self.flow)
        }.sorted()
    }

    /// The same with the ids that the kernel gives its entries.
    func flowIDs() throws -> [String] {
        try ["ipv4", "ipv6"].flatMap { family in
            try command(["conntrack", "-L", "-f", family, "-o", "id"]).succeed().split(separator: "\n").map { line in
                "\(Self.flow(line)) \(line.split(separator: " ").first { $0.hasPrefix("id=") } ?? "without id")"
            }
        }.sorted()
    }

    private static func flow(_ line: Substring) -> String {
        func values(_ key: String) -> [String] {
            line.split(separator: " ").filter { $0.hasPrefix(key) }.map { String($0.dropFirst(key.count)) }
        }
        let words = line.split(separator: " ")
        let number = words[1]
        let name = words[0] == "unknown" ? "protocol \(number)" : String(words[0])
        let (sources, destinations, ports) = (values("src="), values("dst="), values("dport="))
        guard sources.count == 2, destinations.count == 2 else { return String(line) }
        var text = "\(name) \(sources[0]) > \(destinations[0])" + (ports.first.map { ":\($0)" } ?? "")
        if sources[1] != destinations[0] || destinations[1] != sources[0] {
            text += " < \(sources[1]) > \(destinations[1])"
        }
        return text
    }
}

extension IPPacket {
    /// The answer to an echo request.
    var echoReply: IPPacket {
        var reply = self
        (reply.source, reply.destination) = (destination, source)
        reply.payload[0] = source.family == .v4 ? 0 : 129
        return reply.withChecksum(at: 2, hasPseudoHeader: source.family == .v6)
    }

    /// A datagram the other way, or a TCP segment with SYN and ACK.
    var answer: IPPacket {
        guard let ports else { return self }
        return self.protocol == ProtocolNumber.tcp
            ? .tcp(
                from: destination, ports.destination, to: source, ports.source, flags: 18, sequence: 1,
                acknowledgement: 2)
            : .udp(from: destination, ports.destination, to: source, ports.source)
    }
}
