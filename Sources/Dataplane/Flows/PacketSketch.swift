import Conntrack
import NetworkValues
import Nftables

/// As much of a packet as conntrack remembers of a flow's first one, as rules in the middle of its way see it:
/// destinations translated, sources not yet.
struct PacketSketch {
    /// Zero-padded to `IFNAMSIZ`; zeros alone for an interface that is no endpoint's.
    var inputName = [UInt8](repeating: 0, count: 16)
    var outputName = [UInt8](repeating: 0, count: 16)
    let family: IPFamily
    let `protocol`: UInt8
    /// What stands in the headers; `nil` where nobody knows.
    private let network: [UInt8?]
    private let transport: [UInt8?]

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
        case .link: header = []
        case .network: header = network
        case .transport: header = transport
        }
        return (Int(offset)..<Int(offset + length)).map { $0 < header.count ? header[$0] : nil }
    }

    func bytes(_ key: MetaKey) -> [UInt8]? {
        switch key {
        case .iifname: inputName
        case .oifname: outputName
        case .nfproto: [family == .v4 ? 2 : 10]
        case .l4proto: [`protocol`]
        default: nil
        }
    }
}
