import Dataplane
import NetworkValues
import Testing

/// Running flows under a policy that changes: by default they go on, and with `conntrackOnPolicyChange` those end that it
/// no longer allows.
struct FlowPolicyTests: PolicySuite {
    let scene: PolicyScene
    private let outside6: IPAddress
    private let own6 = address("2001:db8:65::1")

    init() throws {
        scene = try PolicyScene()
        outside6 = address(scene.topology.outsideAddress6)
        try scene.topology.outside.answerNothing()
    }

    private func programmed(judging: Bool, layout: DataplaneOptions.ChainLayout = .perInterface) throws
        -> ProgrammedHost
    {
        let host = try ProgrammedHost(
            scene.topology.host,
            options: DataplaneOptions(node: "host", chainLayout: layout, judgesRunningFlows: judging))
        try host.program(
            ResourceText.profile("web", ingress: "{action: Allow}", egress: "{action: Allow}"),
            ResourceText.profile("two", ingress: "{action: Allow}", egress: "{action: Allow}"),
            ResourceText.endpoint(
                "one", "cali1", mac: "02:00:00:00:00:01", ["10.65.0.1", "2001:db8:65::1"], profiles: ["web"]),
            ResourceText.endpoint(
                "two", "cali2", mac: "02:00:00:00:00:02", ["10.65.0.2", "2001:db8:65::2"], profiles: ["two"]))
        return host
    }

    private func flows() throws -> [String] { try scene.topology.host.flows() }

    @Test func byDefaultRunningFlowsOutliveAChangeOfPolicy() throws {
        let host = try programmed(judging: false)
        let flow = datagram(outside, own, 7)
        #expect(try arriving([flow], .fromOutside, expecting: [0]) == [0])
        #expect(try arriving([flow.answer], .toOutside, expecting: [0]) == [0])
        try host.program(ResourceText.profile("web"))
        #expect(try flows() == ["udp 192.0.2.2 > 10.65.0.1:7"])
        #expect(try arriving([flow], .fromOutside, expecting: [0]) == [0])
        #expect(try arriving([datagram(outside, own, 8)], .fromOutside, expecting: []) == [])
    }

    @Test(arguments: [DataplaneOptions.ChainLayout.perInterface, .shared])
    func flowsThatPolicyAllowsNoMoreEndAndOthersDoNot(layout: DataplaneOptions.ChainLayout) throws {
        let host = try programmed(judging: true, layout: layout)
        let (denied, allowed) = (datagram(outside, own, 7), datagram(outside, own, 8))
        for flow in [denied, allowed] {
            #expect(try arriving([flow], .fromOutside, expecting: [0]) == [0])
            #expect(try arriving([flow.answer], .toOutside, expecting: [0]) == [0])
        }
        let before = try scene.topology.host.flowIDs().filter { $0.contains(":8 ") }
        try host.program(
            ResourceText.profile("web", ingress: "{action: Allow, protocol: UDP, destination: {ports: [8]}}"))
        #expect(try scene.topology.host.flowIDs() == before)
        #expect(try arriving([denied], .fromOutside, expecting: []) == [])
        // Its answers open no flow either.
        #expect(try arriving([denied.answer], .toOutside, expecting: []) == [])
        #expect(try arriving([allowed], .fromOutside, expecting: [0]) == [0])
        #expect(try arriving([allowed.answer], .toOutside, expecting: [0]) == [0])
    }

    /// Other profiles, no profiles, a profile that goes.
    @Test func everyChangeOfPolicyCounts() throws {
        let host = try programmed(judging: true)
        let flow = datagram(outside, own, 7)
        func open() throws {
            #expect(try arriving([flow], .fromOutside, expecting: [0]) == [0])
            #expect(try arriving([flow.answer], .toOutside, expecting: [0]) == [0])
            #expect(try flows().count == 1)
        }
        func give(_ profiles: [String]) throws {
            try host.program(
                ResourceText.endpoint(
                    "one", "cali1", mac: "02:00:00:00:00:01", ["10.65.0.1", "2001:db8:65::1"], profiles: profiles))
        }
        try open()
        try give(["two", "web"])
        #expect(try flows().count == 1)
        try give([])
        #expect(try flows() == [])
        try give(["web"])
        try open()
        host.removeProfile("web")
        try host.update()
        #expect(try flows() == [])
        try host.program(ResourceText.profile("web", ingress: "{action: Allow}"))
        try open()
        try give(["absent"])
        #expect(try flows() == [])
    }

    /// What the host opens is nobody's to judge; what it is asked for is judged by egress and `endpointToHost`.
    @Test func flowsWithTheHostItself() throws {
        let host = try programmed(judging: true)
        let one = try scene.one.packetSocket()
        let hostAddress = address(scene.topology.hostAddress)
        try scene.topology.host.run { try InternetSocket.datagrams(port: 4001) }.send("hello", to: own, port: 9)
        #expect(try one.receive { IPPacket($0)?.ports?.destination == 9 } != nil)
        for port in [53, 67] as [UInt16] {
            try one.send(scene.one.frame(.udp(from: own, port == 67 ? 68 : 4000, to: hostAddress, port)))
        }
        let fromHost = "udp 192.0.2.1 > 10.65.0.1:9"
        let all = [fromHost, "udp 10.65.0.1 > 192.0.2.1:53", "udp 10.65.0.1 > 192.0.2.1:67"].sorted()
        #expect(try eventually(all, flows) == all)
        try host.program(ResourceText.profile("web"))
        #expect(try flows() == all.filter { !$0.hasSuffix(":53") })
    }

    private struct Opening {
        let way: PolicyScene.Way
        let packet: IPPacket

        init(_ way: PolicyScene.Way, _ packet: IPPacket) {
            (self.way, self.packet) = (way, packet)
        }
    }

    /// Profiles of which each allows another part of what flows.
    static let profiles: [(ingress: String, egress: String)] = [
        ("", ""), ("{action: Allow}", ""), ("", "{action: Allow}"),
        ("{action: Deny, protocol: UDP}, {action: Allow}", "{action: Deny, protocol: TCP}, {action: Allow}"),
        ("{action: Allow, protocol: TCP, destination: {ports: [80, \"8000:8010\"]}}", "{action: Allow, protocol: UDP}"),
        (
            "{action: Allow, source: {nets: [192.0.2.0/25, 10.65.0.2/32, \"2001:db8:ffff::/48\"]}}",
            "{action: Allow, destination: {notNets: [192.0.2.2/32]}}"
        ),
        (
            "{action: Allow, protocol: ICMP, icmp: {type: 8, code: 0}}, {action: Log}, "
                + "{action: Allow, protocol: UDP, destination: {notPorts: [7]}}",
            "{action: Pass, protocol: UDP}, {action: Allow, protocol: ICMPv6}"
        ),
        (
            "{action: Allow, ipVersion: 6}",
            "{action: Allow, protocol: UDP, source: {ports: [\"4000:4001\"]}, destination: {nets: [\"::/0\"]}}"
        ),
        (
            "{action: Allow, notProtocol: UDP, source: {notNets: [10.0.0.0/8]}}",
            "{action: Allow, source: {nets: [10.65.0.0/16]}, destination: {nets: [10.0.0.0/8, 172.16.0.0/12]}}"
        ),
    ]

    /// A running flow is judged as the kernel itself judges its first packet: after all flows are forgotten, exactly those
    /// first packets pass whose flows went on.
    @Test(arguments: profiles.indices)
    func theKernelAgreesWithEveryJudgement(index: Int) throws {
        let host = try programmed(judging: true)
        let echo: (IPAddress, IPAddress) -> IPPacket = { .echoRequest(from: $0, to: $1, identifier: 5, data: [1]) }
        let openings = [
            Opening(.fromOutside, datagram(outside, own, 7)), Opening(.fromOutside, datagram(outside, own, 9)),
            Opening(.fromOutside, .tcp(from: outside, 4000, to: own, 80, flags: 2)),
            Opening(.fromOutside, .tcp(from: outside, 4000, to: own, 8005, flags: 2)),
            Opening(.fromOutside, .tcp(from: outside, 4000, to: own, 8011, flags: 2)),
            Opening(.fromOutside, echo(outside, own)), Opening(.fromOutside, datagram(outside6, own6, 7)),
            Opening(.fromOutside, .tcp(from: outside6, 4000, to: own6, 80, flags: 2)),
            Opening(.fromOutside, echo(outside6, own6)),
            Opening(.fromOutside, IPPacket(source: outside, destination: own, protocol: 99, payload: [1, 2, 3, 4])),
            Opening(.toOutside, datagram(own, outside, 7)), Opening(.toOutside, datagram(own6, outside6, 7)),
            Opening(.toOutside, .tcp(from: own, 4000, to: outside, 443, flags: 2)),
            Opening(.toOutside, echo(own, outside)), Opening(.toOutside, echo(own6, outside6)),
            Opening(.betweenWorkloads, datagram(own, neighbours, 11)),
            Opening(.betweenWorkloads, .tcp(from: own, 4000, to: neighbours, 80, flags: 2)),
            Opening(.back, datagram(neighbours, own, 12)),
            Opening(.back, .tcp(from: neighbours, 4000, to: own, 80, flags: 2)),
        ]
        for opening in openings {
            #expect(try arriving([opening.packet], opening.way, expecting: [0]) == [0], "\(opening.packet)")
        }
        #expect(try flows().count == openings.count)
        let (ingress, egress) = Self.profiles[index]
        try host.program(ResourceText.profile("web", ingress: ingress, egress: egress))
        let judged = try flows()
        try scene.topology.host.command(["conntrack", "-F"]).succeed()
        for way in [PolicyScene.Way.fromOutside, .toOutside, .betweenWorkloads, .back] {
            let packets = openings.filter { $0.way == way }.map(\.packet)
            _ = try arriving(packets, way, expecting: [])
        }
        let anew = try eventually(judged, flows)
        #expect(judged == anew, "\(ingress); \(egress)")
    }
}
