import NetworkValues

/// Neighbour discovery, of which only the fixed honest shapes pass (RFC 4861, RFC 4862, RFC 7527).
extension AttackScene {
    private var group: IPAddress { address("ff02::1:ff00:1") }
    private var allNodes: IPAddress { address("ff02::1") }
    private var allRouters: IPAddress { address("ff02::2") }
    private var unspecified: IPAddress { address("::") }

    /// A question who has the gateway's address.
    func solicitation(
        from source: IPAddress? = nil, hopLimit: UInt8 = 255, code: UInt8 = 0, target: IPAddress? = nil,
        _ options: [UInt8]? = nil
    ) -> IPPacket {
        .discovery(
            135, from: source ?? own6, to: group, hopLimit: hopLimit, code: code, target: target ?? gateway6,
            options ?? DiscoveryOption.source(one.mac))
    }

    /// A question whether anybody has the address already.
    func detection(_ target: IPAddress? = nil, hopLimit: UInt8 = 255, _ options: [UInt8] = []) -> IPPacket {
        .discovery(
            135, from: unspecified, to: group, hopLimit: hopLimit, target: target ?? own6, options)
    }

    func advertisement(
        from source: IPAddress? = nil, hopLimit: UInt8 = 255, code: UInt8 = 0, target: IPAddress? = nil,
        _ options: [UInt8]? = nil
    ) -> IPPacket {
        .discovery(
            136, from: source ?? own6, to: allNodes, hopLimit: hopLimit, code: code, target: target ?? own6,
            flags: 0x20, options ?? DiscoveryOption.target(one.mac))
    }

    func routerSolicitation(from source: IPAddress? = nil, hopLimit: UInt8 = 255, _ options: [UInt8]? = nil) -> IPPacket
    {
        .discovery(
            133, from: source ?? linkLocal, to: allRouters, hopLimit: hopLimit,
            options ?? DiscoveryOption.source(one.mac))
    }

    func listenerReport(from source: IPAddress, type: UInt8 = 143) -> IPPacket {
        let record = [0, 0, 0, 1, 4, 0, 0, 0] + group.octets
        let body = type == 143 ? record : [0, 0, 0, 0] + group.octets
        return IPPacket.icmpv6(from: source, to: type == 143 ? address("ff02::16") : group, type: type, body: body)
            .behindRouterAlert
    }

    func routerAdvertisement(from source: IPAddress? = nil) -> IPPacket {
        .icmpv6(
            from: source ?? linkLocal, to: allNodes, type: 134,
            body: [64, 0, 7, 8] + [UInt8](repeating: 0, count: 8) + DiscoveryOption.source(one.mac))
    }

    func redirect(from source: IPAddress? = nil) -> IPPacket {
        .icmpv6(
            from: source ?? linkLocal, to: neighbour6, type: 137,
            body: [0, 0, 0, 0] + own6.octets + outside6.octets)
    }

    private func attack(_ name: String, _ packet: IPPacket, _ verdict: Attack.Verdict = .nd) -> Attack {
        Attack(name, one.frame(packet), verdict)
    }

    // MARK: Contents

    func solicitationAttacks() -> [Attack] {
        let foreign = DiscoveryOption.source(foreignMAC)
        let own = DiscoveryOption.source(one.mac)
        return [
            attack("solicitation with a foreign link-layer address", solicitation(foreign)),
            attack(
                "solicitation with the neighbour's link-layer address", solicitation(DiscoveryOption.source(two.mac))),
            attack(
                "solicitation with the host's link-layer address", solicitation(DiscoveryOption.source(one.hostMAC))),
            attack("link-local solicitation with a foreign link-layer address", solicitation(from: linkLocal, foreign)),
            attack("solicitation with an own and a foreign address", solicitation(own + foreign)),
            attack("solicitation with the own address twice", solicitation(own + own)),
            attack("solicitation with a nonce before a foreign address", solicitation(DiscoveryOption.nonce + foreign)),
            attack("solicitation with a target's option", solicitation(DiscoveryOption.target(one.mac))),
            attack("solicitation with a target's foreign option", solicitation(DiscoveryOption.target(foreignMAC))),
            attack("solicitation with an option of no length", solicitation([1, 0] + one.mac.octets)),
            attack("solicitation with an option longer than it", solicitation([1, 2] + one.mac.octets)),
            attack(
                "solicitation with an option of two units",
                solicitation([1, 2] + foreignMAC.octets + [UInt8](repeating: 0, count: 8))),
            attack("solicitation with a cut option", solicitation([1, 1, 2, 0])),
            attack("solicitation with padding for an option", solicitation([UInt8](repeating: 0, count: 8))),
            attack("solicitation of hop limit 254", solicitation(hopLimit: 254)),
            attack("solicitation of hop limit 1", solicitation(hopLimit: 1)),
            attack("cut solicitation", IPPacket.icmpv6(from: own6, to: group, type: 135, body: [0, 0, 0, 0])),
            attack("solicitation from the neighbour", solicitation(from: neighbour6), .ip),
            attack("solicitation from the gateway", solicitation(from: gateway6), .ip),
            attack("solicitation from the host", solicitation(from: host6, []), .ip),
            attack("detection of the neighbour's address", detection(neighbour6)),
            attack("detection of the neighbour's address with a nonce", detection(neighbour6, DiscoveryOption.nonce)),
            attack("detection of the gateway's address", detection(gateway6)),
            attack("detection of the host's address with a nonce", detection(host6, DiscoveryOption.nonce)),
            attack("detection with a link-layer address", detection(own6, own)),
            attack("detection with a foreign link-layer address", detection(own6, foreign)),
            attack("detection with two nonces", detection(own6, DiscoveryOption.nonce + DiscoveryOption.nonce)),
            attack("detection of hop limit 64", detection(own6, hopLimit: 64)),
        ]
    }

    func advertisementAttacks() -> [Attack] {
        let own = DiscoveryOption.target(one.mac)
        let foreign = DiscoveryOption.target(foreignMAC)
        return [
            attack("advertisement of the neighbour's address", advertisement(target: neighbour6)),
            attack("advertisement of the gateway's address", advertisement(target: gateway6)),
            attack("advertisement of the host's address", advertisement(target: host6)),
            attack("advertisement of a neighbour's external address", advertisement(target: external.1)),
            attack("advertisement of the outside's address", advertisement(target: outside6)),
            attack("advertisement of the unspecified address", advertisement(target: unspecified)),
            attack("advertisement of a group", advertisement(target: group)),
            attack("advertisement of the gateway without an option", advertisement(target: gateway6, [])),
            attack(
                "link-local advertisement of the neighbour's address",
                advertisement(from: linkLocal, target: neighbour6)),
            attack("advertisement with a foreign link-layer address", advertisement(foreign)),
            attack(
                "advertisement with the neighbour's link-layer address", advertisement(DiscoveryOption.target(two.mac))),
            attack("advertisement with an own and a foreign address", advertisement(own + foreign)),
            attack("advertisement with a foreign and an own address", advertisement(foreign + own)),
            attack("advertisement with a source's option", advertisement(DiscoveryOption.source(one.mac))),
            attack("advertisement with an option of no length", advertisement([2, 0] + one.mac.octets)),
            attack("advertisement with an option of two units", advertisement([2, 2] + foreignMAC.octets + own)),
            attack("advertisement with a cut option", advertisement([2, 1, 2, 0])),
            attack("advertisement with a nonce", advertisement(DiscoveryOption.nonce)),
            attack("advertisement of hop limit 254", advertisement(hopLimit: 254)),
            attack("cut advertisement", IPPacket.icmpv6(from: own6, to: allNodes, type: 136, body: [0x20, 0, 0, 0])),
            attack("advertisement from the neighbour", advertisement(from: neighbour6), .ip),
            attack(
                "advertisement of the neighbour from the neighbour",
                advertisement(from: neighbour6, target: neighbour6), .ip),
        ]
    }

    func routerSolicitationAttacks() -> [Attack] {
        [
            attack(
                "router solicitation with a foreign address", routerSolicitation(DiscoveryOption.source(foreignMAC))),
            attack(
                "router solicitation with two addresses",
                routerSolicitation(DiscoveryOption.source(one.mac) + DiscoveryOption.source(foreignMAC))),
            attack("router solicitation with a target's option", routerSolicitation(DiscoveryOption.target(one.mac))),
            attack("router solicitation with an option of no length", routerSolicitation([1, 0] + one.mac.octets)),
            attack("router solicitation of hop limit 64", routerSolicitation(hopLimit: 64)),
            attack("router solicitation from nobody with an address", routerSolicitation(from: unspecified), .ip),
            attack("router solicitation from the neighbour", routerSolicitation(from: neighbour6), .ip),
        ]
    }

    /// Messages that no workload has to send.
    func otherMessageAttacks() -> [Attack] {
        ([0, 5, 100, 127, 138, 139, 140, 141, 142, 144, 147, 148, 149, 151, 152, 153, 155, 200, 255] as [UInt8]).map {
            attack(
                "ICMPv6 of type \($0)", .icmpv6(from: own6, to: allNodes, type: $0, body: [0, 0, 0, 0] + own6.octets))
        } + [attack("ICMPv6 without a type", IPPacket(source: own6, destination: allNodes, protocol: 58, payload: []))]
    }

    // MARK: Hidden

    /// Honest and dishonest messages where the kernel would find them behind something.
    func hiddenDiscoveryAttacks() -> [Attack] {
        let messages: [(String, IPPacket)] = [
            ("solicitation", solicitation()),
            ("foreign solicitation", solicitation(DiscoveryOption.source(foreignMAC))),
            ("advertisement", advertisement()), ("gateway's advertisement", advertisement(target: gateway6)),
            ("detection", detection()), ("neighbour's detection", detection(neighbour6, DiscoveryOption.nonce)),
            ("router solicitation", routerSolicitation()),
        ]
        return messages.flatMap { name, message in
            let hidden = message.behind(.destinationOptions).fragments(at: 8)
            let cut = message.fragments(at: 8)
            return [
                attack("\(name) behind hop-by-hop options", message.behind(.hopByHop)),
                attack("\(name) behind a router alert", message.behindRouterAlert),
                attack("\(name) behind destination options", message.behind(.destinationOptions)),
                attack(
                    "\(name) behind destination options twice",
                    message.behind(.destinationOptions).behind(.destinationOptions)),
                attack("\(name) behind a routing header", message.behindRouting),
                attack(
                    "\(name) behind hop-by-hop options and a routing header", message.behindRouting.behind(.hopByHop)),
                attack("\(name) as an atomic fragment", message.atomicFragment),
                attack(
                    "\(name) as an atomic fragment behind options", message.atomicFragment.behind(.destinationOptions)),
                attack("first fragment of a \(name)", cut.first),
                attack("first fragment of a \(name), hidden behind options", hidden.first),
                attack("second fragment of a \(name), with its type in it", hidden.second),
                attack("first fragment of a \(name) without its type", message.fragments(at: 0).first),
            ]
        }
    }

    func routerAttacks() -> [Attack] {
        let messages = [("advertisement", routerAdvertisement), ("redirect", redirect)]
        return messages.flatMap { name, message in
            var attacks: [Attack] = []
            for (source, text) in [
                (linkLocal, "link-local"), (own6, "its own address"), (gateway6, "the gateway's"),
                (address("fe80::1"), "a router's"), (host6, "the host's"), (unspecified, "nobody's"),
            ] {
                attacks.append(attack("router's \(name) from \(text)", message(source), .ra))
            }
            let honest = message(nil)
            let hidden = honest.behind(.destinationOptions).fragments(at: 8)
            attacks += [
                attack("router's \(name) behind hop-by-hop options", honest.behind(.hopByHop), .ra),
                attack("router's \(name) behind destination options", honest.behind(.destinationOptions), .ra),
                attack("router's \(name) behind a routing header", honest.behindRouting, .ra),
                attack(
                    "router's \(name) behind two headers", honest.behind(.destinationOptions).behind(.hopByHop), .ra),
                attack("first fragment of a router's \(name)", honest.fragments(at: 8).first, .ra),
                attack("router's \(name) as an atomic fragment", honest.atomicFragment, .ra),
                attack("router's \(name) hidden by fragments, first", hidden.first, .nd),
                attack("router's \(name) hidden by fragments, second", hidden.second, .nd),
            ]
            var other = honest
            other.hopLimit = 64
            attacks.append(attack("router's \(name) of hop limit 64", other, .ra))
            return attacks
        }
    }

    // MARK: Fragments that no host has to send

    func fragmentHeaderAttacks() -> [Attack] {
        let datagram = IPPacket.udp(from: own6, 4000, to: outside6, 4001, data: [UInt8](repeating: 1, count: 32))
        return ([0, 43, 44, 51, 60] as [UInt8]).flatMap { header in
            // The second part says what the first one starts with.
            let parts = datagram.behind(header, [UInt8](repeating: 0, count: header == 51 ? 10 : 6)).fragments(at: 8)
            return [
                attack("first fragment that starts with header \(header)", parts.first),
                attack("second fragment that starts with header \(header)", parts.second),
            ]
        }
    }

    // MARK: Honest

    func honestDiscovery() -> [Attack] {
        let own = DiscoveryOption.source(one.mac)
        var honest: [Attack] = []
        for (source, text) in [(own6, "own"), (linkLocal, "link-local")] {
            honest += [
                attack("\(text) solicitation", solicitation(from: source, []), .passed),
                attack("\(text) solicitation with its address", solicitation(from: source, own), .passed),
                attack(
                    "\(text) solicitation of a neighbour", solicitation(from: source, target: neighbour6, own), .passed),
                attack("\(text) advertisement", advertisement(from: source, []), .passed),
                attack("\(text) advertisement with its address", advertisement(from: source), .passed),
                attack("\(text) router solicitation", routerSolicitation(from: source, []), .passed),
                attack("\(text) router solicitation with its address", routerSolicitation(from: source), .passed),
                attack("\(text) listener report", listenerReport(from: source), .passed),
                attack("\(text) echo", .echoRequest(from: source, to: address("ff02::1"), identifier: 1), .passed),
            ]
            for type in [130, 131, 132] as [UInt8] {
                honest.append(
                    attack("\(text) listener's message \(type)", listenerReport(from: source, type: type), .passed))
            }
        }
        return honest + [
            attack("detection", detection(), .passed),
            attack("detection with a nonce", detection(own6, DiscoveryOption.nonce), .passed),
            attack("detection of its link-local address", detection(linkLocal, DiscoveryOption.nonce), .passed),
            attack(
                "advertisement of its link-local address", advertisement(from: linkLocal, target: linkLocal), .passed),
            attack("router solicitation from nobody", routerSolicitation(from: address("::"), []), .passed),
            attack("listener report from nobody", listenerReport(from: address("::")), .passed),
            attack("listener report of version 1", listenerReport(from: linkLocal, type: 131), .passed),
        ]
    }
}
