import Dataplane
import NetworkValues
import Testing

/// Traffic between a workload and the host itself.
struct EndpointToHostTests {
    private let topology: Topology
    private let one: Workload
    private let own = address("10.65.0.1")
    private let hostAddress: IPAddress

    init() throws {
        topology = try Topology()
        hostAddress = address(topology.hostAddress)
        one = try topology.addWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01", addresses: ["10.65.0.1"])
        try one.withoutIPv6()
    }

    private func program(accepts: Bool, profiles: [String] = ["open"]) throws -> ProgrammedHost {
        let host = try ProgrammedHost(
            topology.host, options: DataplaneOptions(node: "host", acceptsEndpointToHost: accepts))
        try host.program(
            ResourceText.open,
            ResourceText.endpoint("one", "cali1", mac: "02:00:00:00:00:01", ["10.65.0.1"], profiles: profiles))
        return host
    }

    /// Whether the host hears a datagram of the workload, to an address of its own or to the gateway.
    private func hears(_ target: IPAddress, within limit: Duration = .seconds(2)) throws -> Bool {
        let server = try topology.host.run { try InternetSocket.datagrams() }
        let client = try one.namespace.run { try InternetSocket.datagrams() }
        try client.send("question", to: target, port: server.port)
        return server.receive(within: limit) != nil
    }

    @Test func aWorkloadDoesNotReachTheHost() throws {
        let host = try program(accepts: false)
        #expect(try !hears(hostAddress, within: .milliseconds(50)))
        #expect(try host.drops(of: "cali1", expecting: ["host": 1]) == ["host": 1])
        #expect(try !hears(address("169.254.1.1"), within: .milliseconds(50)))
        #expect(try host.drops(of: "cali1", expecting: ["host": 2]) == ["host": 2])
        // What lies behind the host it does reach.
        #expect(try one.namespace.pings(topology.outsideAddress))
    }

    @Test func aWorkloadReachesTheHostWhereThatIsAccepted() throws {
        let host = try program(accepts: true)
        #expect(try hears(hostAddress))
        #expect(try hears(address("169.254.1.1")))
        #expect(try one.namespace.pings(hostAddress))
        #expect(try host.drops(of: "cali1", expecting: [:]) == [:])
    }

    @Test func theHostsAcceptanceDoesNotOverrideTheEndpointsEgress() throws {
        let host = try program(accepts: true, profiles: [])
        #expect(try !hears(hostAddress, within: .milliseconds(50)))
        #expect(try host.drops(of: "cali1", expecting: ["policy-from": 1]) == ["policy-from": 1])
    }

    @Test(arguments: [["open"], []])
    func theHostReachesAWorkloadWhateverItsPolicy(profiles: [String]) throws {
        let host = try program(accepts: false, profiles: profiles)
        let server = try one.namespace.run { try InternetSocket.datagrams() }
        let client = try topology.host.run { try InternetSocket.datagrams() }
        try client.send("question", to: own, port: server.port)
        let heard = server.receive()
        let question = try #require(heard)
        try server.send("answer", to: question.source, port: question.port)
        #expect(client.receive()?.source == own)
        #expect(try host.drops(of: "cali1", expecting: [:]) == [:])
    }

    /// A resolver of the host answers over UDP and TCP where egress permits it, whatever `endpointToHost` says.
    @Test(arguments: [(["open"], true), ([], false)])
    func theHostsResolverAnswersWhereEgressPermits(profiles: [String], isHeard: Bool) throws {
        let host = try program(accepts: false, profiles: profiles)
        let server = try topology.host.run { try InternetSocket.datagrams(port: 53) }
        let client = try one.namespace.run { try InternetSocket.datagrams() }
        try client.send("question", to: hostAddress, port: 53)
        let limit: Duration = isHeard ? .seconds(2) : .milliseconds(50)
        let question = server.receive(within: limit)
        #expect((question?.source == own) == isHeard)
        let listener = try topology.host.run { try InternetSocket.listener(port: 53) }
        let seconds = isHeard ? "2" : "0.2"
        let connecting = try one.namespace.command(
            ["timeout", seconds, "bash", "-c", "exec 3<>/dev/tcp/\(hostAddress)/53"]
        ).run()
        #expect((connecting.exitCode == 0) == isHeard)
        let expected: [String: Int] = isHeard ? [:] : ["policy-from": 2]
        #expect(try host.drops(of: "cali1", expecting: expected) == expected)
        // No other port of the host.
        #expect(try !hears(hostAddress, within: .milliseconds(50)))
        withExtendedLifetime(listener) {}
    }
}
