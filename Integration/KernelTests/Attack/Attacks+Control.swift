import NetworkValues

/// DHCP and ARP: what has rules of its own because it starts without an address, or speaks about addresses.
extension AttackScene {
    private var unspecified: IPAddress { address("0.0.0.0") }
    private var everybody: IPAddress { address("255.255.255.255") }

    // MARK: DHCP

    /// A client's message (RFC 2131 section 2).
    func dhcp(
        _ type: UInt8 = 1, operation: UInt8 = 1, chaddr: MACAddress? = nil, hardware: (UInt8, UInt8) = (1, 6)
    ) -> [UInt8] {
        let zeros = [UInt8](repeating: 0, count: 16)
        let header: [UInt8] = [operation, hardware.0, hardware.1, 0, 1, 2, 3, 4, 0, 0, 0, 0] + zeros
        let client = (chaddr ?? one.mac).octets + [UInt8](repeating: 0, count: 10)
        let names = [UInt8](repeating: 0, count: 192)
        return header + client + names + [99, 130, 83, 99, 53, 1, type, 255]
    }

    func discover(
        from source: String = "0.0.0.0", _ sourcePort: UInt16 = 68, to target: String = "255.255.255.255",
        _ targetPort: UInt16 = 67, _ data: [UInt8]? = nil
    ) -> IPPacket {
        .udp(from: address(source), sourcePort, to: address(target), targetPort, data: data ?? dhcp())
    }

    func dhcpAttacks() -> [Attack] {
        func attack(_ name: String, _ packet: IPPacket, _ verdict: Attack.Verdict) -> Attack {
            Attack(name, one.frame(packet), verdict)
        }
        let answer = IPPacket.udp(from: own4, 67, to: everybody, 68, data: dhcp(2, operation: 2))
        let answer6 = IPPacket.udp(from: own6, 547, to: host6, 546, data: [UInt8](repeating: 1, count: 32))
        let local6 = IPPacket.udp(from: linkLocal, 547, to: address("ff02::1"), 546)
        let broadcast = discover(data: dhcp(chaddr: foreignMAC)).frame(from: one.mac, to: Frame.broadcast)
        return [
            attack("discover for a foreign client", discover(data: dhcp(chaddr: foreignMAC)), .dhcp),
            attack("discover for the neighbour", discover(data: dhcp(chaddr: two.mac)), .dhcp),
            attack("request for the neighbour", discover(data: dhcp(3, chaddr: two.mac)), .dhcp),
            attack("discover for nobody", discover(data: dhcp(chaddr: MACAddress(rawValue: 0))), .dhcp),
            Attack("discover for a foreign client as a broadcast", broadcast, .dhcp),
            attack("offer to everybody", answer, .dhcp),
            attack("offer to the host", .udp(from: own4, 67, to: host4, 68, data: dhcp(2, operation: 2)), .dhcp),
            attack(
                "offer to a neighbour", .udp(from: own4, 67, to: neighbour4, 68, data: dhcp(5, operation: 2)), .dhcp),
            attack("offer outside", .udp(from: own4, 67, to: outside4, 68, data: dhcp(2, operation: 2)), .dhcp),
            attack(
                "offer from the gateway", .udp(from: gateway4, 67, to: everybody, 68, data: dhcp(2, operation: 2)),
                .dhcp),
            attack(
                "offer from nobody", .udp(from: unspecified, 67, to: everybody, 68, data: dhcp(2, operation: 2)), .dhcp),
            Attack("offer with a foreign MAC", one.frame(answer, from: foreignMAC), .dhcp),
            attack("first fragment of an offer", answer.fragments4(at: 64).first, .dhcp),
            attack("tiny first fragment of an offer", answer.fragments4(at: 8).first, .dhcp),
            attack("answer of a DHCPv6 server", answer6, .dhcp),
            attack("answer of a DHCPv6 server, link-local", local6, .dhcp),
            attack("answer of a DHCPv6 server from the neighbour", .udp(from: neighbour6, 547, to: host6, 546), .dhcp),
            Attack("answer of a DHCPv6 server with a foreign MAC", one.frame(answer6, from: foreignMAC), .dhcp),
            attack("answer of a DHCPv6 server behind options", answer6.behind(.destinationOptions), .dhcp),
            attack("answer of a DHCPv6 server behind two headers", answer6.behindRouting.behind(.hopByHop), .dhcp),
            attack("first fragment of a DHCPv6 answer", answer6.fragments(at: 16).first, .dhcp),
            attack("tiny first fragment of a DHCPv6 answer", answer6.fragments(at: 8).first, .dhcp),
            attack("DHCPv6 answer as an atomic fragment", answer6.atomicFragment, .dhcp),
            attack(
                "DHCPv6 answer hidden by fragments", answer6.behind(.destinationOptions).fragments(at: 8).second, .nd),
            attack("DHCPv6 answer from nobody", .udp(from: address("::"), 547, to: address("ff02::1"), 546), .dhcp),
            attack("DHCPv6 solicit from nobody", .udp(from: address("::"), 546, to: address("ff02::1:2"), 547), .ip),
            attack("discover from the neighbour's address", discover(from: "10.65.0.2"), .ip),
            attack("discover to the host", discover(to: "192.0.2.1"), .ip),
            attack("discover to the host's network", discover(to: "192.0.2.255"), .ip),
            attack("discover to the outside", discover(to: "192.0.2.2"), .ip),
            attack("discover from another port", discover(69), .ip),
            attack("discover to another port", discover(68, 69), .ip),
            attack("discover to DNS", discover(68, 53), .ip),
            attack("server to server from nobody", discover(67), .ip),
            attack("TCP with the ports of DHCP", .tcp(from: unspecified, 68, to: everybody, 67, flags: 2), .ip),
            attack("second fragment from nobody", discover().fragments4(at: 64).second, .ip),
            attack(
                "no transport from nobody",
                IPPacket(source: unspecified, destination: everybody, protocol: 17, payload: []), .ip),
        ]
    }

    private func discover(data: [UInt8]) -> IPPacket { discover(from: "0.0.0.0", 68, to: "255.255.255.255", 67, data) }

    func honestDHCP() -> [Attack] {
        let solicit = IPPacket.udp(from: linkLocal, 546, to: address("ff02::1:2"), 547, data: [1, 1, 2, 3])
        return [
            Attack("discover", discover().frame(from: one.mac, to: Frame.broadcast), .delivered),
            Attack("request", discover(data: dhcp(3)).frame(from: one.mac, to: Frame.broadcast), .delivered),
            Attack("discover to the host's MAC", one.frame(discover()), .delivered),
            Attack("discover behind a priority tag", one.frame(discover()).tagged(), .delivered),
            Attack("renewal", one.frame(discover(from: "10.65.0.1", to: "192.0.2.1")), .delivered),
            Attack("rebinding", one.frame(discover(from: "10.65.0.1")), .delivered),
            Attack("DHCPv6 solicit", one.frame(solicit), .passed),
            Attack("DHCPv6 renewal", one.frame(.udp(from: own6, 546, to: host6, 547)), .delivered),
            Attack("a server's port to another", one.frame(.udp(from: own4, 67, to: host4, 69)), .delivered),
            Attack("a DHCPv6 server's port to another", one.frame(.udp(from: own6, 547, to: host6, 548)), .delivered),
        ]
    }

    // MARK: ARP

    /// A request for the gateway that is honest but for what `change` forges.
    func arp(from source: MACAddress? = nil, _ change: (inout ARPPacket) -> Void = { _ in }) -> Frame {
        var packet = ARPPacket(
            operation: ARPPacket.request, senderMAC: one.mac, senderAddress: own4, targetAddress: gateway4)
        change(&packet)
        return Frame(from: source ?? one.mac, to: Frame.broadcast, type: EtherType.arp, payload: packet.octets)
    }

    func arpAttacks() -> [Attack] {
        func attack(_ name: String, from source: MACAddress? = nil, _ change: (inout ARPPacket) -> Void) -> Attack {
            Attack(name, arp(from: source, change), .arp)
        }
        func announce(_ address: IPAddress, _ operation: UInt16 = ARPPacket.request) -> (inout ARPPacket) -> Void {
            { ($0.operation, $0.senderAddress, $0.targetAddress) = (operation, address, address) }
        }
        var attacks: [Attack] = []
        for (name, victim) in [
            ("the neighbour", neighbour4), ("the gateway", gateway4), ("the host", host4), ("the outside", outside4),
            ("an external address", external.0), ("broadcast", everybody), ("a group", address("224.0.0.1")),
            ("loopback", address("127.0.0.1")),
        ] {
            attacks += [
                attack("announcement of \(name)", announce(victim)),
                attack("unasked reply for \(name)", announce(victim, ARPPacket.reply)),
                attack("request in the name of \(name)") { $0.senderAddress = victim },
                attack("reply for \(name) to the host") {
                    ($0.operation, $0.senderAddress, $0.targetAddress) = (ARPPacket.reply, victim, host4)
                    $0.targetMAC = one.hostMAC
                },
            ]
        }
        for (name, mac) in foreignMACs {
            attacks += [
                attack("request with \(name)", from: mac) { $0.senderMAC = mac },
                attack("request from \(name)", from: mac) { _ in },
                attack("request that claims \(name)") { $0.senderMAC = mac },
                attack("probe with \(name)", from: mac) { ($0.senderMAC, $0.senderAddress) = (mac, unspecified) },
                attack("probe that claims \(name)") { ($0.senderMAC, $0.senderAddress) = (mac, unspecified) },
            ]
        }
        attacks += [
            attack("probe as a reply") { ($0.operation, $0.senderAddress) = (ARPPacket.reply, unspecified) },
            attack("probe of no operation") { ($0.operation, $0.senderAddress) = (0, unspecified) },
            attack("probe as a RARP request") { ($0.operation, $0.senderAddress) = (3, unspecified) },
            attack("probe as an InARP request") { ($0.operation, $0.senderAddress) = (8, unspecified) },
            attack("InARP reply for the neighbour") { ($0.operation, $0.senderAddress) = (9, neighbour4) },
        ]
        let honest = arp()
        attacks += [
            Attack("hardware of IEEE 802", honest.with(6, at: 1), .arp),
            Attack("hardware of InfiniBand", honest.with(32, at: 1), .arp),
            Attack("protocol IPv6", honest.with(0x86, at: 2).with(0xdd, at: 3), .arp),
            Attack("protocol of no address", honest.with(6, at: 3), .arp),
            Attack("hardware address of 8 octets", honest.with(8, at: 4), .kernel),
            Attack("hardware address of no octets", honest.with(0, at: 4), .kernel),
            Attack("protocol address of 16 octets", honest.with(16, at: 5), .kernel),
            Attack("protocol address of no octets", honest.with(0, at: 5), .kernel),
            Attack("cut", Frame(octets: Array(honest.octets.dropLast(8))), .kernel),
            Attack(
                "ARP to the neighbour's MAC",
                {
                    var frame = honest
                    frame.octets.replaceSubrange(0..<6, with: two.mac.octets)
                    return frame
                }(), .kernel),
            Attack(
                "RARP", Frame(from: one.mac, to: Frame.broadcast, type: 0x8035, payload: Array(honest.payload)), .kernel
            ),
        ]
        return attacks
    }

    func honestARP() -> [Attack] {
        func claim(_ name: String, _ change: (inout ARPPacket) -> Void) -> Attack { Attack(name, arp(change), .passed) }
        return [
            claim("request") { _ in }, claim("request for the neighbour") { $0.targetAddress = neighbour4 },
            claim("probe of its own address") { ($0.senderAddress, $0.targetAddress) = (unspecified, own4) },
            claim("probe of another address") { ($0.senderAddress, $0.targetAddress) = (unspecified, neighbour4) },
            claim("announcement") { $0.targetAddress = own4 },
            claim("announcement as a reply") { ($0.operation, $0.targetAddress) = (ARPPacket.reply, own4) },
            claim("reply to the host") {
                ($0.operation, $0.targetMAC, $0.targetAddress) = (ARPPacket.reply, one.hostMAC, host4)
            },
            Attack("request behind a priority tag", arp().tagged(), .passed),
        ]
    }

    /// A report that one listens to a group (RFC 2236), with the router alert that it must have.
    func igmp(from source: IPAddress) -> IPPacket {
        IPPacket(
            source: source, destination: address("224.0.0.251"), protocol: 2,
            payload: [0x16, 0, 0, 0] + address("224.0.0.251").octets, hopLimit: 1
        ).withChecksum(at: 2, hasPseudoHeader: false)
    }
}
