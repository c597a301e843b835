import Glibc
import NetworkValues
import Routing
import Testing

/// The kit that other tests stand on, and with it the values of Routing as they make packets flow.
struct TestKitTests {
    /// A workload's routes, neighbours and parameters, as the agent programs them.
    private func program(_ workload: Workload, in host: NetworkNamespace) throws {
        var socket = try host.run { try RoutingSocket() }
        let index = try #require(try socket.link(named: workload.interfaceName)).index
        let name = try InterfaceName(parsing: workload.interfaceName)
        let addresses = try workload.addresses.map { try IPAddress(parsing: $0) }
        let results = try socket.apply(
            addresses.flatMap { address -> [RoutingChange] in
                [
                    .addRoute(
                        Route(
                            IPPrefix(host: address), protocol: 77, scope: address.family == .v4 ? .link : .universe,
                            interfaceIndex: index)),
                    .replaceNeighbour(
                        Neighbour(address, interfaceIndex: index, linkLayerAddress: workload.mac, protocol: 77)),
                ]
            })
        #expect(results.allSatisfy { $0 == nil })
        try host.run {
            for key in [
                SysctlKey.interface(.v4, name, "proxy_arp"), .interface(.v4, name, "forwarding"),
                .interface(.v4, try InterfaceName(parsing: "eth0"), "forwarding"),
            ] {
                try Sysctl().write("1", to: key)
            }
            try Sysctl().write("0", to: .neighbour(.v4, name, "proxy_delay"))
        }
    }

    @Test func aProgrammedWorkloadReachesTheOutsideAndIsReached() throws {
        let topology = try Topology()
        let workload = try topology.addWorkload(
            interfaceName: "cali1", mac: "02:00:00:00:00:01", addresses: ["10.65.0.2"])
        #expect(try !topology.outside.pings("10.65.0.2"))
        try program(workload, in: topology.host)
        #expect(try topology.outside.pings("10.65.0.2"))
        #expect(try workload.namespace.pings(topology.outsideAddress))
    }

    @Test func builtFramesAreAnsweredAndDecoded() throws {
        let topology = try Topology()
        let workload = try topology.addWorkload(
            interfaceName: "cali1", mac: "02:00:00:00:00:01", addresses: ["10.65.0.2"])
        try program(workload, in: topology.host)
        let socket = try workload.packetSocket()
        let own = try IPAddress(parsing: "10.65.0.2")
        let outside = try IPAddress(parsing: topology.outsideAddress)

        let gateway = try IPAddress(parsing: "169.254.1.1")
        try socket.send(
            Frame(
                from: workload.mac, to: Frame.broadcast, type: EtherType.arp,
                payload: ARPPacket(
                    operation: ARPPacket.request, senderMAC: workload.mac, senderAddress: own, targetAddress: gateway
                ).octets))
        let answer = try socket.receive { ARPPacket($0)?.operation == ARPPacket.reply }
        #expect(answer.flatMap(ARPPacket.init)?.senderMAC == workload.hostMAC)
        #expect(answer.flatMap(ARPPacket.init)?.senderAddress == gateway)

        try socket.send(
            IPPacket.echoRequest(from: own, to: outside, identifier: 4242)
                .frame(from: workload.mac, to: workload.hostMAC))
        let reply = try socket.receive { IPPacket($0)?.echo.map { $0 == (0, 4242) } ?? false }
        #expect(reply.flatMap(IPPacket.init)?.source == outside)

        // Nobody listens: the other end's RST and port unreachable show that checksums were right.
        try socket.send(
            IPPacket.tcp(from: own, 1000, to: outside, 9, flags: 2).frame(from: workload.mac, to: workload.hostMAC))
        let reset = try socket.receive {
            IPPacket($0).map { $0.source == outside && $0.protocol == ProtocolNumber.tcp } ?? false
        }
        #expect(reset.flatMap(IPPacket.init)?.payload[13] == 0x14)
        try socket.send(
            IPPacket.udp(from: own, 1000, to: outside, 9, data: [1, 2, 3])
                .frame(from: workload.mac, to: workload.hostMAC))
        let unreachable = try socket.receive { frame in
            guard let packet = IPPacket(frame) else { return false }
            return packet.source == outside && packet.protocol == ProtocolNumber.icmp && packet.payload[0] == 3
        }
        #expect(unreachable != nil)
    }

    @Test func packetsOfBothFamiliesSurviveBuildingAndReading() throws {
        let mac = MACAddress(rawValue: 0x0200_0000_0001)
        for (source, destination) in [("10.0.0.1", "10.0.0.2"), ("2001:db8::1", "2001:db8::2")] {
            let (from, to) = (try IPAddress(parsing: source), try IPAddress(parsing: destination))
            let packet = IPPacket.echoRequest(from: from, to: to, identifier: 7)
            #expect(IPPacket(packet.frame(from: mac, to: mac)) == packet)
            #expect(packet.echo?.identifier == 7)
        }
    }

    @Test func aCommandsOutputErrorsAndStatusAreToldApart() throws {
        let result = try Command(["sh", "-c", "echo out; echo err >&2; exit 3"]).run()
        #expect(result.exitCode == 3)
        #expect(result.output == "out\n")
        #expect(result.errors == "err\n")
        #expect(try Command(["sh", "-c", "kill -TERM $$"]).run().exitCode == 128 + SIGTERM)
        #expect(throws: TestKitError.self) { try Command(["false"]).succeed() }
        #expect(throws: TestKitError.self) { try Command(["/no/such/program"]).run() }
    }

    @Test func aCommandThatOutstaysItsLimitIsKilled() throws {
        let started = ContinuousClock.now
        #expect(throws: TestKitError.self) { try Command(["sleep", "60"]).run(limit: .milliseconds(50)) }
        #expect(ContinuousClock.now - started < .seconds(30))
    }

    @Test func aNamespaceGoesWithItsLastReference() throws {
        var namespace: NetworkNamespace? = try NetworkNamespace()
        let path = "/run/netns/\(try #require(namespace?.name))"
        #expect(access(path, F_OK) == 0)
        namespace = nil
        #expect(access(path, F_OK) != 0)
    }

    @Test func whatABodyThrowsComesOutOfTheNamespace() throws {
        struct Inside: Error {}
        let namespace = try NetworkNamespace()
        #expect(throws: Inside.self) { try namespace.run { throw Inside() } }
        // A thread of its own: the caller's namespace is as before.
        let outer = try Command(["readlink", "/proc/thread-self/ns/net"]).succeed()
        let inner = try namespace.command(["readlink", "/proc/thread-self/ns/net"]).succeed()
        #expect(outer != inner)
    }
}
