import Conntrack
import NetworkValues
import Nftables

/// As much of a packet as somebody knows of it.
struct PacketSketch {
    /// Zero-padded to `IFNAMSIZ`; zeros alone for an interface that is no endpoint's.
    var inputName = [UInt8](repeating: 0, count: 16)
    var outputName = [UInt8](repeating: 0, count: 16)
    let family: IPFamily
    let `protocol`: UInt8
    /// What stands in the headers; `nil` where nobody knows.
    private var link: [UInt8?] = []
    private let network: [UInt8?]
    private let transport: [UInt8?]
    /// The input's, `ARPHRD_*`.
    private var hardwareType: UInt16?
    /// Whether it is known to have no extension headers.
    let isPlain: Bool

    /// As much as conntrack remembers of a flow's first packet, as rules in the middle of its way see it: destinations
    /// translated, sources not yet.
    init(_ flow: ConntrackEntry) {
        let (original, reply) = (flow.original, flow.reply)
        family = flow.family
        `protocol` = original.protocol
        var header = [UInt8?](repeating: nil, count: family == .v4 ? 20 : 40)
        // RFC 791 section 3.1; RFC 8200 section 3.
        let (source, destination) = family == .v4 ? (12, 16) : (8, 24)
        if family == .v4 { header[9] = original.protocol }
        let length = family.bits / 8
        header.replaceSubrange(source..<source + length, with: original.source.octets.map { $0 })
        header.replaceSubrange(destination..<destination + length, with: reply.source.octets.map { $0 })
        network = header
        transport = Self.transport(original, reply)
        isPlain = false
    }

    init(_ packet: FirstPacket) {
        family = packet.source.family
        `protocol` = packet.protocol
        isPlain = true
        hardwareType = packet.hardwareType
        inputName = Self.padded(packet.input?.rawValue ?? "")
        outputName = Self.padded(packet.output?.rawValue ?? "")
        let etherType: [UInt8?] = family == .v4 ? [0x08, 0x00] : [0x86, 0xdd]
        link =
            [UInt8?](repeating: nil, count: 6) + (packet.mac ?? MACAddress(rawValue: 0)).octets.map { $0 } + etherType
        var header = [UInt8?](repeating: nil, count: family == .v4 ? 20 : 40)
        if family == .v4 {
            header.replaceSubrange(6..<8, with: [0, 0])
            header[9] = packet.protocol
        } else {
            header[6] = packet.protocol
        }
        let (source, destination) = family == .v4 ? (12, 16) : (8, 24)
        let length = family.bits / 8
        header.replaceSubrange(source..<source + length, with: packet.source.octets.map { $0 })
        header.replaceSubrange(destination..<destination + length, with: packet.destination.octets.map { $0 })
        network = header
        transport =
            [1, 58].contains(packet.protocol)
            ? [packet.icmpType, packet.icmpCode] : Self.octets(packet.sourcePort) + Self.octets(packet.destinationPort)
    }

    private static func octets(_ port: UInt16?) -> [UInt8?] {
        [port.map { UInt8($0 >> 8) }, port.map { UInt8(truncatingIfNeeded: $0) }]
    }

    /// An interface's name as registers hold it.
    static func padded(_ name: String) -> [UInt8] {
        Array(name.utf8) + [UInt8](repeating: 0, count: max(0, 16 - name.utf8.count))
    }

    /// TCP, DCCP, UDP, UDP-Lite and SCTP begin with their ports; GRE's keys are no part of its header.
    private static func transport(_ original: ConntrackTuple, _ reply: ConntrackTuple) -> [UInt8?] {
        switch (original.transport, reply.transport) {
        case (.ports(let source, _), .ports(let destination, _))
        where [6, 17, 33, 132, 136].contains(original.protocol):
            [
                UInt8(source >> 8), UInt8(truncatingIfNeeded: source), UInt8(destination >> 8),
                UInt8(truncatingIfNeeded: destination),
            ]
        case (.icmp(let type, let code, _), _): [type, code]
        default: []
        }
    }

    /// `nil` where nobody knows.
    func bytes(_ base: PayloadBase, offset: UInt32, length: UInt32) -> [UInt8?] {
        let header: [UInt8?]
        switch base {
        case .link: header = link
        case .network: header = network
        case .transport: header = transport
        }
        return (Int(offset)..<Int(offset + length)).map { $0 < header.count ? header[$0] : nil }
    }

    /// What a person calls what is not known of these octets.
    func name(ofUnknown base: PayloadBase, offset: UInt32, length: UInt32) -> String {
        guard base == .transport, offset + length <= 4 else {
            return "\(length) octets at \(offset) of the \(base) header"
        }
        let isICMP = [1, 58].contains(`protocol`)
        let names =
            isICMP
            ? ["the ICMP type", "the ICMP code", "the ICMP checksum", "the ICMP checksum"]
            : ["the source port", "the source port", "the port", "the port"]
        let unknown = bytes(base, offset: offset, length: length).firstIndex { $0 == nil } ?? 0
        return names[Int(offset) + unknown]
    }

    func bytes(_ key: MetaKey) -> [UInt8]? {
        switch key {
        case .iifname: inputName
        case .oifname: outputName
        case .nfproto: [family == .v4 ? 2 : 10]
        case .l4proto: [`protocol`]
        case .iiftype: hardwareType.map { type in withUnsafeBytes(of: type) { Array($0) } }
        }
    }
}
