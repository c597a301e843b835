import NetworkValues

/// Random frames from a workload: honest ones of every kind, with some of their fields, headers and lengths changed, so
/// that most are wrong in one or two things only. The same seed makes the same frames.
struct FrameGenerator {
    private var random: SplitMix64
    private let own: FilterModel
    private let macs: [MACAddress]
    private let addresses4: [IPAddress]
    private let addresses6: [IPAddress]

    /// - Parameter others: MACs and addresses that are not the endpoint's, to be tried like its own.
    init(seed: UInt64, own: FilterModel, macs: [MACAddress], addresses: [IPAddress]) {
        random = SplitMix64(state: seed)
        self.own = own
        self.macs = macs
        addresses4 = addresses.filter { $0.family == .v4 }
        addresses6 = addresses.filter { $0.family == .v6 }
    }

    private mutating func pick<Value>(_ values: [Value]) -> Value { values.randomElement(using: &random)! }

    private mutating func happens(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    private mutating func octets(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    private mutating func mac(own percent: Int = 80) -> MACAddress { happens(percent) ? own.mac : pick(macs) }

    private mutating func address(_ family: IPFamily, own percent: Int = 70) -> IPAddress {
        if happens(percent) { return pick(own.addresses.filter { $0.family == family }) }
        return pick(family == .v4 ? addresses4 : addresses6)
    }

    private mutating func port() -> UInt16 { pick([67, 68, 546, 547, 53, 5353, 4000]) }

    mutating func next() -> Frame {
        let kind = Int.random(in: 0..<10, using: &random)
        var type = kind < 3 ? EtherType.ipv4 : kind < 8 ? EtherType.ipv6 : EtherType.arp
        var payload = type == EtherType.ipv4 ? ipv4() : type == EtherType.ipv6 ? ipv6() : arp()
        if happens(15) { mutate(&payload, of: type) }
        if happens(2) { type = UInt16.random(in: 0 ... .max, using: &random) }
        let destination = happens(90) ? own.hostMAC : pick(macs + [Frame.broadcast])
        var frame = Frame(from: mac(own: 90), to: destination, type: type, payload: payload)
        while happens(6) { frame = frame.tagged(happens(80) ? 0 : 5, type: happens(80) ? 0x8100 : 0x88a8) }
        // What a link of this kind carries, and a packet socket sends.
        frame.octets = Array(frame.octets.prefix(1500))
        if happens(10) { frame.octets += octets(Int.random(in: 1...20, using: &random)) }
        while frame.octets.count < 16 { frame.octets.append(0) }
        return frame
    }

    // MARK: Packets

    private mutating func arp() -> [UInt8] {
        let packet = ARPPacket(
            operation: happens(80) ? pick([1, 2]) : UInt16.random(in: 0...10, using: &random), senderMAC: mac(),
            senderAddress: address(.v4), targetMAC: mac(own: 30), targetAddress: address(.v4, own: 30))
        return packet.octets
    }

    private mutating func ipv4() -> [UInt8] {
        let isClient = happens(15)
        let source = isClient && happens(90) ? IPAddress(family: .v4, rawValue: 0) : address(.v4)
        let target = isClient && happens(90) ? IPAddress(family: .v4, rawValue: 0xffff_ffff) : address(.v4, own: 5)
        var packet: IPPacket
        if isClient {
            let ports: (UInt16, UInt16) = happens(80) ? (68, 67) : (port(), port())
            let client = mac().octets + [UInt8](repeating: 0, count: 10)
            packet = .udp(
                from: source, ports.0, to: target, ports.1, data: [1, 1, 6, 0] + octets(24) + client + octets(20))
        } else {
            packet = transport(from: source, to: target)
        }
        if happens(25) {
            let offset = happens(50) ? 0 : Int.random(in: 0..<8, using: &random) * 8
            packet.fragment = (UInt16.random(in: 0 ... .max, using: &random), offset, happens(60))
            packet.payload = Array(packet.payload.dropFirst(min(offset, packet.payload.count)))
        }
        guard happens(10) else { return packet.octets }
        let options = pick([[131, 7, 4, 192, 0, 2, 2, 0], [7, 7, 4, 0, 0, 0, 0, 0], [148, 4, 0, 0]] as [[UInt8]])
        return Array(packet.frame(from: own.mac, to: own.hostMAC, options: options).payload)
    }

    private mutating func transport(from source: IPAddress, to target: IPAddress) -> IPPacket {
        let data = octets(Int.random(in: 0...48, using: &random))
        switch Int.random(in: 0..<6, using: &random) {
        case 0, 1: return .udp(from: source, port(), to: target, port(), data: data)
        case 2: return .tcp(from: source, port(), to: target, port(), flags: pick([2, 4, 16, 18]))
        case 3: return .echoRequest(from: source, to: target, identifier: 1, data: data)
        default:
            let number = pick([1, 2, 4, 41, 47, 50, 89, 132, 255] as [UInt8])
            return IPPacket(source: source, destination: target, protocol: number, payload: data)
        }
    }

    private mutating func ipv6() -> [UInt8] {
        let source = happens(10) ? IPAddress(family: .v6, rawValue: 0) : address(.v6)
        let target = address(.v6, own: 10)
        var packet = happens(60) ? icmpv6(from: source, to: target) : transport(from: source, to: target)
        if happens(10) { packet.hopLimit = pick([0, 1, 64, 254, 255]) }
        while happens(25) { wrap(&packet) }
        return packet.octets
    }

    private mutating func icmpv6(from source: IPAddress, to target: IPAddress) -> IPPacket {
        let type = happens(85) ? pick([133, 134, 135, 136, 137, 135, 136, 130, 143, 128, 1]) : octets(1)[0]
        guard (133...137).contains(type) else {
            return .icmpv6(from: source, to: target, type: type, body: octets(pick([0, 4, 20, 24])))
        }
        var options: [UInt8] = []
        while happens(50) {
            let kind = happens(90) ? pick([1, 2, 14] as [UInt8]) : octets(1)[0]
            options += [kind, happens(95) ? 1 : pick([0, 2])] + mac(own: 85).octets
        }
        if type == 134 { options = octets(8) + options }
        return .discovery(
            type, from: source, to: target, hopLimit: happens(95) ? 255 : 64, code: happens(97) ? 0 : 1,
            target: type == 133 || type == 134 ? nil : address(.v6, own: 80), options)
    }

    /// In an extension header, or as a part of it behind a fragment's.
    private mutating func wrap(_ packet: inout IPPacket) {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: packet = packet.behind(0, [1, 4, 0, 0, 0, 0])
        case 1: packet = packet.behindRouterAlert
        case 2: packet = packet.behind(60, [1, 4, 0, 0, 0, 0])
        case 3: packet = packet.behindRouting
        case 4: packet = packet.behindAuthentication
        case 5: packet = packet.behind(pick([0, 43, 60, 135, 139]), octets(6) + octets(happens(50) ? 0 : 8))
        case 6: packet = packet.atomicFragment
        default:
            let parts = packet.fragments(at: min(pick([0, 8, 16, 24]), packet.payload.count / 8 * 8))
            packet = happens(50) ? parts.first : parts.second
        }
    }

    // MARK: Mutations

    private mutating func mutate(_ payload: inout [UInt8], of type: UInt16) {
        guard !payload.isEmpty else { return }
        switch Int.random(in: 0..<4, using: &random) {
        case 0: payload[Int.random(in: 0..<payload.count, using: &random)] = octets(1)[0]
        case 1: payload[Int.random(in: 0..<min(payload.count, 48), using: &random)] ^= 1 << pick([0, 1, 4, 7])
        case 2: payload = Array(payload.prefix(Int.random(in: 1...payload.count, using: &random)))
        default:
            // The length that the header states.
            let place = type == EtherType.ipv4 ? 3 : type == EtherType.ipv6 ? 5 : pick([1, 2, 3, 4, 5, 7])
            if place < payload.count { payload[place] = payload[place] &+ pick([1, 8, 248, 255]) }
        }
        let header = Int(payload[0] & 15) * 4
        guard type == EtherType.ipv4, header >= 12, payload.count >= header, happens(90) else { return }
        payload.replaceSubrange(10..<12, with: [0, 0])
        payload.replaceSubrange(10..<12, with: internetChecksum(Array(payload[..<header])).octets)
    }
}

/// A small generator of random numbers with a seed (Steele, Lea, Flood 2014).
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}
