import Dataplane
import NetworkValues
import Testing

/// What conntrack says of packets: those of running connections pass without being judged again, invalid ones pass
/// nowhere but where no endpoint is concerned.
struct ConnectionStateTests: PolicySuite {
    let scene: PolicyScene

    init() throws {
        scene = try PolicyScene()
    }

    static let layouts = [DataplaneOptions.ChainLayout.perInterface, .shared]

    /// An answer to a connection that nobody opened.
    private func stray(_ source: IPAddress, _ destination: IPAddress, _ port: UInt16 = 80) -> IPPacket {
        .tcp(from: source, port, to: destination, 4000, flags: 18, acknowledgement: 2)
    }

    @Test(arguments: layouts)
    func invalidPacketsAreDroppedBeforeAnyProfileIsAsked(layout: DataplaneOptions.ChainLayout) throws {
        let host = try host(["open"], ["open"], options: DataplaneOptions(node: "host", chainLayout: layout))
        let incoming = [stray(outside, own), IPPacket.icmpReply(from: outside, to: own)]
        #expect(try arriving(incoming, .fromOutside, expecting: []) == [])
        #expect(try host.counts(in: "group-1-open-ingress", expecting: [2, 0]) == [2, 0])
        #expect(try host.counts(in: "profile-open-ingress") == [0])
        let outgoing = [stray(own, outside), IPPacket.icmpReply(from: own, to: outside)]
        #expect(try arriving(outgoing, .toOutside, expecting: []) == [])
        #expect(try host.counts(in: "group-1-open-egress", expecting: [2, 0]) == [2, 0])
        #expect(try host.counts(in: "profile-open-egress") == [0])
        // Between two of them the sender's chain drops it; and to the host as well.
        #expect(try arriving([stray(own, neighbours)], .betweenWorkloads, expecting: []) == [])
        #expect(try host.counts(in: "group-1-open-egress", expecting: [3, 0]) == [3, 0])
        try one.packetSocket().send(one.frame(stray(own, address(scene.topology.hostAddress))))
        #expect(try host.counts(in: "group-1-open-egress", expecting: [4, 0]) == [4, 0])
        // Policy has not denied them.
        #expect(try host.drops(of: "cali1") == [:])
        #expect(try arriving([datagram(outside, own, 1)], .fromOutside, expecting: [0]) == [0])
    }

    /// Somebody who routes asymmetrically lives with packets that conntrack cannot place.
    @Test func invalidPacketsOfOthersPass() throws {
        let host = try host(["open"], [])
        let foreign = try scene.topology.addSilentWorkload(interfaceName: "tap8", mac: "02:00:00:00:00:08")
        try scene.topology.host.ip(
            "route add 10.66.0.8 dev tap8", "neighbour add 10.66.0.8 lladdr 02:00:00:00:00:08 dev tap8 nud permanent")
        let (theirs, hostAddress) = (address("10.66.0.8"), address(scene.topology.hostAddress))
        let macs = try scene.topology.uplinkMACs()
        let socket = try foreign.packetSocket()
        let listening = try scene.topology.outsideSocket()
        func isStray(_ frame: Frame, _ source: IPAddress, _ destination: IPAddress) -> Bool {
            IPPacket(frame).map {
                $0.source == source && $0.destination == destination && $0.ports?.source == 80
            } ?? false
        }
        try listening.send(stray(outside, theirs).frame(from: macs.outside, to: macs.host))
        #expect(try socket.receive { isStray($0, outside, theirs) } != nil)
        try socket.send(foreign.frame(stray(theirs, outside)))
        #expect(try listening.receive { isStray($0, theirs, outside) } != nil)
        // The host's own kernel gets it too, and refuses it by a reset.
        try listening.send(stray(outside, hostAddress).frame(from: macs.outside, to: macs.host))
        let reset = try listening.receive { frame in
            IPPacket(frame).map { $0.source == hostAddress && $0.protocol == 6 && $0.payload[13] & 4 != 0 } ?? false
        }
        #expect(reset != nil)
        withExtendedLifetime(host) {}
    }

    @Test(arguments: layouts)
    func answersToWhatAnEndpointLetInPassItsClosedEgress(layout: DataplaneOptions.ChainLayout) throws {
        let host = try host(["ingress-only"], [], options: DataplaneOptions(node: "host", chainLayout: layout))
        try host.program(ResourceText.profile("ingress-only", ingress: "{action: Allow}"))
        let question = datagram(outside, own, 7)
        #expect(try arriving([question], .fromOutside, expecting: [0]) == [0])
        #expect(try arriving([.udp(from: own, 7, to: outside, 4000)], .toOutside, expecting: [0]) == [0])
        // An error about it is related to it (RFC 792: the header and eight octets of what it is about).
        let other = datagram(outside, own, 8)
        #expect(try arriving([other], .fromOutside, expecting: [0]) == [0])
        let error = IPPacket(
            source: own, destination: outside, protocol: ProtocolNumber.icmp,
            payload: [3, 3, 0, 0, 0, 0, 0, 0] + other.octets.prefix(28)
        ).withChecksum(at: 2, hasPseudoHeader: false)
        #expect(try arriving([error], .toOutside, expecting: [0]) == [0])
        #expect(try host.drops(of: "cali1") == [:])
        #expect(try arriving([datagram(own, outside, 9)], .toOutside, expecting: []) == [])
        #expect(try host.drops(of: "cali1", expecting: ["policy-from": 1]) == ["policy-from": 1])
    }

    @Test(arguments: layouts)
    func eachDirectionHasOneMapThatLeadsToTheChainOfAnInterface(layout: DataplaneOptions.ChainLayout) throws {
        let host = try host(["open"], [], options: DataplaneOptions(node: "host", chainLayout: layout))
        let listing = try host.ruleset().split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let targets =
            layout == .perInterface
            ? ["from-cali1", "from-cali2", "to-cali1", "to-cali2"]
            : ["group-1-open-egress", "group-0-egress", "group-1-open-ingress", "group-0-ingress"]
        for (map, first, second) in [("from", targets[0], targets[1]), ("to", targets[2], targets[3])] {
            let elements = ["\"cali1\" : jump \(first)", "\"cali2\" : jump \(second)"]
            let start = "map \(map) { type ifname : verdict size 768 elements = { "
            let found = [elements, elements.reversed()].contains {
                listing.contains(start + $0.joined(separator: ", ") + " }")
            }
            #expect(found, "\(map): \(listing)")
        }
        for rule in ["iifname vmap @from", "oifname vmap @to"] {
            #expect(listing.ranges(of: rule).count == (rule.hasPrefix("iif") ? 2 : 1))
        }
        #expect(!listing.contains("iifname \"cali1\"") && !listing.contains("oifname \"cali1\""))
    }

    /// What a packet finds that came in before its interface's chains were committed: it comes back from them, and meets
    /// what it would have met without them.
    @Test func aPacketThatRunsOffAChainIsAnUnknownInterfaces() throws {
        let host = try host(["open"], ["open"])
        #expect(try arriving([datagram(own, neighbours, 1)], .betweenWorkloads, expecting: [0]) == [0])
        try scene.topology.host.nft("flush chain inet margay from-cali1")
        #expect(try arriving([datagram(own, outside, 2)], .toOutside, expecting: []) == [])
        #expect(try host.counts(in: "forward-from", expecting: [1]) == [1])
        try scene.topology.host.nft("flush chain inet margay to-cali2")
        #expect(try arriving([datagram(outside, neighbours, 3)], .fromOutside, expecting: []) == [])
        #expect(try host.counts(in: "forward-to", expecting: [1]) == [1])
    }
}

extension IPPacket {
    /// The answer to an echo request that nobody sent.
    fileprivate static func icmpReply(from source: IPAddress, to destination: IPAddress) -> IPPacket {
        IPPacket(
            source: source, destination: destination, protocol: ProtocolNumber.icmp,
            payload: [0, 0, 0, 0, 0, 9, 0, 1]
        ).withChecksum(at: 2, hasPseudoHeader: false)
    }
}
