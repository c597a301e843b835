import NetworkValues

/// Packets with a MAC or an address that is not the endpoint's.
extension AttackScene {
    private static let data = [UInt8](repeating: 7, count: 32)

    /// Packets of every kind that are honest but for what the caller forges.
    func packets4(from source: IPAddress, to target: IPAddress? = nil) -> [(String, IPPacket)] {
        let target = target ?? outside4
        let datagram = IPPacket.udp(from: source, 4000, to: target, 4001, data: Self.data)
        let parts = datagram.fragments4(at: 16)
        return [
            ("UDP", datagram), ("TCP", .tcp(from: source, 4000, to: target, 4001, flags: 2)),
            ("TCP of an established connection", .tcp(from: source, 4000, to: target, 4001, flags: 16)),
            ("echo", .echoRequest(from: source, to: target, identifier: 1)),
            (
                "SCTP",
                IPPacket(source: source, destination: target, protocol: 132, payload: [15, 160, 15, 161] + Self.data)
            ),
            ("ESP", IPPacket(source: source, destination: target, protocol: 50, payload: Self.data)),
            ("GRE", IPPacket(source: source, destination: target, protocol: 47, payload: [0, 0, 8, 0] + Self.data)),
            ("first fragment", parts.first), ("second fragment", parts.second),
            ("tiny first fragment", datagram.fragments4(at: 8).first),
        ]
    }

    func packets6(from source: IPAddress, to target: IPAddress? = nil) -> [(String, IPPacket)] {
        let target = target ?? outside6
        let datagram = IPPacket.udp(from: source, 4000, to: target, 4001, data: Self.data)
        let parts = datagram.fragments(at: 16)
        return [
            ("IPv6 UDP", datagram), ("IPv6 TCP", .tcp(from: source, 4000, to: target, 4001, flags: 2)),
            ("IPv6 echo", .echoRequest(from: source, to: target, identifier: 1)),
            ("IPv6 ESP", IPPacket(source: source, destination: target, protocol: 50, payload: Self.data)),
            ("IPv6 no next header", IPPacket(source: source, destination: target, protocol: 59, payload: [])),
            ("IPv6 UDP behind hop-by-hop options", datagram.behind(.hopByHop)),
            ("IPv6 UDP behind destination options", datagram.behind(.destinationOptions)),
            ("IPv6 UDP behind a routing header", datagram.behindRouting),
            ("IPv6 UDP behind an authentication header", datagram.behindAuthentication),
            ("IPv6 first fragment", parts.first), ("IPv6 second fragment", parts.second),
            ("IPv6 tiny first fragment", datagram.fragments(at: 8).first),
            ("IPv6 atomic fragment", datagram.atomicFragment),
        ]
    }

    // MARK: MAC

    var foreignMACs: [(String, MACAddress)] {
        [
            ("a random MAC", foreignMAC), ("the neighbour's MAC", two.mac), ("the host's MAC", one.hostMAC),
            ("a MAC that differs in one bit", MACAddress(rawValue: 0x0200_0000_0003)),
            ("the broadcast MAC", Frame.broadcast), ("a multicast MAC", MACAddress(rawValue: 0x0100_5e00_0001)),
            ("no MAC", MACAddress(rawValue: 0)),
        ]
    }

    func foreignMACAttacks4() -> [Attack] {
        let all =
            packets4(from: own4) + [
                ("UDP to the host", .udp(from: own4, 1, to: host4, 53)),
                ("UDP to a neighbour", .udp(from: own4, 1, to: neighbour4, 53)),
                ("DHCP discover", discover()), ("IGMP report", igmp(from: own4)),
            ]
        return foreignMACs.enumerated().flatMap { index, mac in
            // Every kind of packet with the first, and a few with each of the others.
            all.enumerated().filter { index == 0 || $0.offset % 4 == index % 4 }.map { _, packet in
                Attack("\(packet.0) with \(mac.0)", one.frame(packet.1, from: mac.1), .mac)
            }
        }
    }

    func foreignMACAttacks6() -> [Attack] {
        let all =
            packets6(from: own6) + packets6(from: linkLocal).prefix(3).map { ("link-local " + $0.0, $0.1) }
            + [
                ("solicitation", solicitation()), ("advertisement", advertisement()),
                ("detection of duplicates", detection()), ("router solicitation", routerSolicitation()),
                ("listener report", listenerReport(from: linkLocal)),
                ("DHCP solicit", .udp(from: linkLocal, 546, to: address("ff02::1:2"), 547)),
            ]
        return foreignMACs.enumerated().flatMap { index, mac in
            all.enumerated().filter { index == 0 || $0.offset % 4 == index % 4 }.map { _, packet in
                Attack("\(packet.0) with \(mac.0)", one.frame(packet.1, from: mac.1), .mac)
            }
        }
    }

    // MARK: Address

    func foreignAddressAttacks4() -> [Attack] {
        let sources: [(String, IPAddress)] = [
            ("the host's", host4), ("the gateway's", gateway4),
            ("a neighbour's external", external.0), ("the outside's", outside4), ("loopback", address("127.0.0.1")),
            ("a multicast group", address("224.0.0.1")), ("broadcast", address("255.255.255.255")),
            ("the host's network's broadcast", address("192.0.2.255")), ("class E", address("240.0.0.1")),
            ("nobody's", address("198.51.100.1")), ("unspecified", address("0.0.0.0")),
            ("zero network", address("0.0.0.1")), ("link-local", address("169.254.7.7")),
            ("one below its own", address("10.65.0.0")),
        ]
        var attacks = packets4(from: neighbour4).map {
            Attack("\($0.0) from the neighbour's address", one.frame($0.1), .ip)
        }
        attacks += packets4(from: neighbour4, to: host4).prefix(2).map {
            Attack("\($0.0) to the host from the neighbour's address", one.frame($0.1), .ip)
        }
        for (index, source) in sources.enumerated() {
            let packets = packets4(from: source.1)
            for packet in [packets[0], packets[1 + index % (packets.count - 1)]] {
                attacks.append(Attack("\(packet.0) from \(source.0)", one.frame(packet.1), .ip))
            }
        }
        for target in ["255.255.255.255", "224.0.0.251", "10.65.0.2", "169.254.1.1", "203.0.113.2"] {
            let forged = IPPacket.udp(from: neighbour4, 4000, to: address(target), 4001)
            attacks.append(Attack("from the neighbour's address to \(target)", one.frame(forged), .ip))
            attacks.append(
                Attack(
                    "the same to \(target) as a broadcast frame", forged.frame(from: one.mac, to: Frame.broadcast), .ip)
            )
        }
        return attacks
    }

    func foreignAddressAttacks6() -> [Attack] {
        let sources: [(String, IPAddress)] = [
            ("the host's", host6), ("the gateway's", gateway6),
            ("a neighbour's external", external.1), ("the outside's", outside6),
            ("its own IPv4 address, mapped", address("::ffff:10.65.0.1")),
            ("its own IPv4 address, compatible", address("::10.65.0.1")), ("a site-local one", address("fec0::1")),
            ("a unique local one", address("fd00::1")), ("6to4", address("2002:a41:1::1")),
            ("link-local of no /64", address("fe80:0:0:1::1")), ("unspecified", address("::")),
            ("nobody's", address("2001:db8:7::1")), ("one below its own", address("2001:db8::")),
        ]
        var attacks = packets6(from: neighbour6).map {
            Attack("\($0.0) from the neighbour's address", one.frame($0.1), .ip)
        }
        for (index, source) in sources.enumerated() {
            let packets = packets6(from: source.1).filter { $0.0 != "IPv6 echo" }
            for packet in [packets[0], packets[1 + index % (packets.count - 1)]] {
                attacks.append(Attack("\(packet.0) from \(source.0)", one.frame(packet.1), .ip))
            }
        }
        for target in ["ff02::1", "fe80::1", "2001:db8::2", "2001:db8:e::2"] {
            let forged = IPPacket.udp(from: neighbour6, 4000, to: address(target), 4001)
            attacks.append(Attack("from the neighbour's address to \(target)", one.frame(forged), .ip))
        }
        attacks.append(
            Attack(
                "echo from the unspecified address",
                one.frame(.echoRequest(from: address("::"), to: host6, identifier: 1)), .ip))
        for source in ["::1", "ff02::1", "ff0e::1"] {
            let forged = IPPacket.udp(from: address(source), 4000, to: outside6, 4001)
            attacks.append(Attack("from \(source)", one.frame(forged), .kernel))
        }
        return attacks
    }

    // MARK: Frames

    /// What the kernel takes off before it hands a packet to the hooks must hide nothing, and what it does not take off
    /// must not arrive.
    func frameAttacks() -> [Attack] {
        let own = IPPacket.udp(from: own4, 4000, to: outside4, 4001, data: Self.data)
        let own6 = IPPacket.udp(from: own6, 4000, to: outside6, 4001, data: Self.data)
        let forged = IPPacket.udp(from: neighbour4, 4000, to: outside4, 4001, data: Self.data)
        let forged6 = IPPacket.udp(from: neighbour6, 4000, to: outside6, 4001, data: Self.data)
        let other = MACAddress(rawValue: 0x0200_0000_0777)
        let claim = arp { $0.senderAddress = neighbour4 }
        var attacks: [Attack] = []
        for (name, wrap) in [
            ("a priority tag", { $0.tagged() }), ("two priority tags", { $0.tagged().tagged() }),
            ("a provider's priority tag", { $0.tagged(type: 0x88a8) }),
            ("a priority tag within a provider's", { $0.tagged().tagged(type: 0x88a8) }),
        ] as [(String, (Frame) -> Frame)] {
            attacks += [
                Attack("a foreign MAC behind \(name)", wrap(one.frame(own, from: foreignMAC)), .mac),
                Attack("a foreign MAC of IPv6 behind \(name)", wrap(one.frame(own6, from: foreignMAC)), .mac),
                Attack("a foreign address behind \(name)", wrap(one.frame(forged)), .ip),
                Attack("a foreign address of IPv6 behind \(name)", wrap(one.frame(forged6)), .ip),
                Attack("a foreign claim behind \(name)", wrap(claim), .arp),
                Attack("a router's advertisement behind \(name)", wrap(one.frame(routerAdvertisement())), .ra),
            ]
        }
        for (name, frame) in [("a datagram", one.frame(own)), ("a forged one", one.frame(forged)), ("a claim", claim)] {
            attacks += [
                Attack("\(name) in VLAN 5", frame.tagged(5), .kernel),
                Attack("\(name) in VLAN 5 within a priority tag", frame.tagged(5).tagged(), .kernel),
                Attack("\(name) in VLAN 0 within VLAN 5", frame.tagged().tagged(5), .kernel),
            ]
        }
        attacks += [
            Attack("to a MAC that is not the host's", forged.frame(from: one.mac, to: other), .kernel),
            Attack("to the neighbour's MAC", forged.frame(from: one.mac, to: two.mac), .kernel),
            Attack("with a wrong header checksum", one.frame(forged).with(0xaa, at: 10), .kernel),
            Attack("longer than its frame", one.frame(forged).with(0xff, at: 2), .kernel),
            Attack("IPv6 that says it is IPv4", one.frame(forged6).with(0x45, at: 0), .kernel),
            Attack("IPv6 longer than its frame", one.frame(forged6).with(0xff, at: 4), .kernel),
        ]
        // No hook of these families sees them, and nothing in the kernel answers.
        for (name, type) in [
            ("IPv4 in RARP", 0x8035), ("a switch's test", 0x9000), ("LLDP", 0x88cc), ("EAP", 0x888e), ("PPPoE", 0x8863),
            ("IPv4 in MPLS", 0x8847), ("IPX", 0x8137), ("a length for a type", 0x0040),
        ] as [(String, UInt16)] {
            attacks.append(
                Attack(name, Frame(from: one.mac, to: Frame.broadcast, type: type, payload: forged.octets), .kernel))
        }
        return attacks
    }

    // MARK: IPv4 options

    /// Options change neither what is checked nor, for a packet that passes, where it goes.
    func optionAttacks() -> [Attack] {
        let other = outside4.octets
        let options: [(String, [UInt8])] = [
            ("loose source routing", [131, 7, 4] + other + [0]), ("strict source routing", [137, 7, 4] + other + [0]),
            ("record route", [7, 7, 4, 0, 0, 0, 0, 0]), ("a timestamp", [68, 8, 5, 0, 0, 0, 0, 0]),
            ("a router alert", [148, 4, 0, 0]), ("forty octets of nothing", [UInt8](repeating: 1, count: 40)),
        ]
        return options.flatMap { name, options in
            let forged = IPPacket.udp(from: neighbour4, 4000, to: host4, 4001, data: Self.data)
            let own = IPPacket.udp(from: own4, 4000, to: host4, 4001, data: Self.data)
            let reply = IPPacket.udp(from: own4, 67, to: host4, 68, data: Self.data)
            func frame(_ packet: IPPacket, from mac: MACAddress) -> Frame {
                packet.frame(from: mac, to: one.hostMAC, options: options)
            }
            return [
                Attack("a foreign address with \(name)", frame(forged, from: one.mac), .ip),
                Attack("a foreign MAC with \(name)", frame(own, from: foreignMAC), .mac),
                Attack("a server's answer with \(name)", frame(reply, from: one.mac), .dhcp),
            ]
        }
    }

    // MARK: Honest

    func honestPackets() -> [Attack] {
        var honest = packets4(from: own4).dropLast(3).map { Attack("own \($0.0)", one.frame($0.1), .forwarded) }
        let ping4 = IPPacket.echoRequest(
            from: own4, to: outside4, identifier: 5, data: [UInt8](repeating: 1, count: 4000))
        let ping6 = IPPacket.echoRequest(
            from: own6, to: outside6, identifier: 5, data: [UInt8](repeating: 1, count: 4000))
        honest += packets6(from: own6).dropLast(4)
            .map {
                Attack(
                    "own \($0.0)", one.frame($0.1), $0.0 == "IPv6 UDP behind hop-by-hop options" ? .passed : .forwarded)
            }
        honest += [
            Attack("IPv4 ping in fragments", fragments4(ping4), .forwarded),
            Attack("IPv6 ping in fragments", fragments6(ping6), .forwarded),
            Attack("to the host", one.frame(.udp(from: own4, 1, to: host4, 53)), .delivered),
            Attack("to the host by IPv6", one.frame(.udp(from: own6, 1, to: host6, 53)), .delivered),
            Attack("to the gateway", one.frame(.echoRequest(from: own4, to: gateway4, identifier: 1)), .delivered),
            Attack("to a neighbour", one.frame(.udp(from: own4, 1, to: neighbour4, 53)), .forwarded),
            Attack("to a neighbour by IPv6", one.frame(.udp(from: own6, 1, to: neighbour6, 53)), .forwarded),
            Attack("to a neighbour's external address", one.frame(.udp(from: own4, 1, to: external.0, 53)), .forwarded),
            Attack(
                "a broadcast",
                IPPacket.udp(from: own4, 1, to: address("255.255.255.255"), 2)
                    .frame(from: one.mac, to: Frame.broadcast), .delivered),
            Attack("multicast", one.frame(.udp(from: own4, 5353, to: address("224.0.0.251"), 5353)), .passed),
            Attack("multicast by IPv6", one.frame(.udp(from: own6, 5353, to: address("ff02::fb"), 5353)), .passed),
            Attack("all nodes", one.frame(.udp(from: linkLocal, 1, to: address("ff02::1"), 2)), .delivered),
            Attack("IGMP report", one.frame(igmp(from: own4)), .passed),
            Attack("behind a priority tag", one.frame(.udp(from: own4, 1, to: host4, 53)).tagged(), .delivered),
            Attack(
                "behind two priority tags", one.frame(.udp(from: own6, 1, to: host6, 53)).tagged().tagged(), .delivered),
            Attack(
                "with a recorded route",
                IPPacket.udp(from: own4, 1, to: host4, 2).frame(
                    from: one.mac, to: one.hostMAC, options: [7, 7, 4, 0, 0, 0, 0, 0]), .delivered),
        ]
        for type in [1, 2, 3, 4] as [UInt8] {
            let error = IPPacket.icmpv6(from: own6, to: outside6, type: type, body: [0, 0, 5, 0] + Self.data)
            honest.append(Attack("ICMPv6 error \(type)", one.frame(error), .passed))
        }
        return honest
    }

    /// A great packet as a network of 1,500 octets carries it.
    private func fragments4(_ packet: IPPacket) -> [Frame] {
        stride(from: 0, to: packet.payload.count, by: 1480).map { offset in
            var part = packet
            part.payload = Array(packet.payload[offset..<min(offset + 1480, packet.payload.count)])
            part.fragment = (99, offset, offset + 1480 < packet.payload.count)
            return one.frame(part)
        }
    }

    private func fragments6(_ packet: IPPacket) -> [Frame] {
        stride(from: 0, to: packet.payload.count, by: 1448).map { offset in
            var part = packet
            let more: UInt16 = offset + 1448 < packet.payload.count ? 1 : 0
            part.protocol = 44
            part.payload =
                [packet.protocol, 0] + (UInt16(offset) | more).octets + UInt32(99).octets
                + packet.payload[offset..<min(offset + 1448, packet.payload.count)]
            return one.frame(part)
        }
    }
}
