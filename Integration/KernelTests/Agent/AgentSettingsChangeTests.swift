import Glibc
import Status
import Testing

/// An agent takes over other settings than it had, or begins with others than its predecessor had, while packets flow.
struct AgentSettingsChangeTests {
    /// Settings before and after, and what of our counters may begin anew.
    struct Change: Sendable, CustomTestStringConvertible {
        let before: String
        let after: String
        /// A line of the ruleset that tells the second apart.
        let sign: String

        var testDescription: String { "\(before) -> \(after)" }

        func reversed() -> Change { Change(before: after, after: before, sign: "") }
    }

    enum Way: CaseIterable {
        case restart, reload
    }

    static let changes = [
        Change(before: "chainLayout: perInterface", after: "chainLayout: shared", sign: "jump group-1-open-egress"),
        Change(before: "chainLayout: shared", after: "chainLayout: perInterface", sign: "jump from-cali1"),
        Change(before: "endpointToHost: drop", after: "endpointToHost: accept", sign: ""),
        Change(before: "unknownInterfaces: ignore", after: "unknownInterfaces: drop", sign: ""),
        Change(before: "unknownInterfaces: drop", after: "unknownInterfaces: ignore", sign: ""),
        Change(before: "nat: {outbound: true}", after: "nat: {outbound: false}", sign: ""),
        Change(
            before: "nat: {excludedNetworks: [10.0.0.0/8]}",
            after: "nat: {excludedNetworks: [10.0.0.0/7, 172.16.0.0/12]}",
            sign: "172.16.0.0/12"),
        Change(before: "sourceFilter: {dhcp: true}", after: "sourceFilter: {dhcp: false}", sign: ""),
        Change(before: "sourceFilter: {arp: true}", after: "sourceFilter: {arp: false}", sign: ""),
    ]

    @Test(arguments: changes, Way.allCases)
    func otherSettingsTakeEffectWithoutAGap(change: Change, way: Way) throws {
        let scene = try TrafficScene(settings: change.before)
        let probe = try SettingsProbe(scene)
        let first = try scene.installation.startAgent()
        try first.waitUntilReady()
        let traffic = try probe.traffic()
        for name in TrafficScene.honest { try traffic.waitForMore(name, at: scene.outside) }
        for kind in SettingsProbe.Kind.allCases {
            try probe.waitForMore(kind, traffic, passing: kind.passes(change.before))
        }
        let handles = try handles(of: scene.host)
        let second: RunningAgent
        switch way {
        case .restart:
            _ = try first.terminate()
            // What was closed stays so until somebody who knows better is there.
            for kind in SettingsProbe.Kind.allCases where !kind.passes(change.before) {
                try probe.waitForMore(kind, traffic, passing: false)
                #expect(try probe.passed(kind) == 0, "\(kind)")
            }
            try scene.installation.configure(change.after)
            second = try scene.installation.startAgent()
        case .reload:
            try scene.installation.configure(change.after)
            try first.reload()
            second = first
        }
        let report = try second.waitUntilReady()
        #expect(report.dataplane.failures == 0, "\(second.log)")
        // A table that is still there is the one that was there.
        #expect(try self.handles(of: scene.host).isSubset(of: handles))
        #expect(report.dataplane.repairs == 0)
        let passedWhenReady = try SettingsProbe.Kind.allCases.map { try probe.passed($0) }
        for name in TrafficScene.honest { try traffic.waitForMore(name, at: scene.outside) }
        for (kind, passed) in zip(SettingsProbe.Kind.allCases, passedWhenReady) {
            try probe.waitForMore(kind, traffic, passing: kind.passes(change.after))
            // What is closed now lets nothing pass any more; where it was closed all the while nothing ever did.
            guard !kind.passes(change.after) else { continue }
            #expect(try probe.passed(kind) == (kind.passes(change.before) ? passed : 0), "\(kind)")
        }
        traffic.stop()

        #expect(try traffic.leaked(TrafficScene.dishonest, at: scene.outside) == [:])
        #expect(try traffic.lost(TrafficScene.honest, at: scene.outside) == [:])
        let counters = try scene.host.counters()
        var accepted = ["own", "denied", SettingsProbe.Kind.toHost.rawValue]
        if [change.before, change.after].contains(where: SettingsProbe.Kind.serverReply.passes) {
            #expect(
                counters["source4 cali1 10.65.0.1", default: 0] > (try accepted.reduce(0) { try $0 + traffic.sent($1) })
            )
            accepted = []
        }
        if !accepted.isEmpty {
            #expect(counters["source4 cali1 10.65.0.1"] == (try accepted.reduce(0) { try $0 + traffic.sent($1) }))
        }
        #expect(counters["drops-mac cali1"] == (try traffic.sent("spoofed MAC", "spoofed MAC 6")))
        #expect(counters["drops-ip cali1"] == (try traffic.sent("spoofed address", "spoofed address 6")))
        #expect(counters["drops-policy-from cali1"] == (try traffic.sent("denied", "denied 6")))
        // As an agent that began on an empty kernel would have it.
        let adopted = try sorted(scene.host)
        #expect(adopted.joined(separator: "\n").contains(change.sign))
        _ = try second.terminate()
        #expect(try scene.installation.run("cleanup").exitCode == 0)
        try scene.installation.startAgent().waitUntilReady()
        #expect(try sorted(scene.host) == adopted)
    }

    /// Under which source each new connection of an endpoint with an external address gets outside.
    @Test(arguments: Way.allCases)
    func otherSettingsForTranslationHoldForNewConnections(way: Way) throws {
        let scene = try TrafficScene(settings: "nat: {outbound: false}")
        try scene.installation.put("one.yaml", TrafficScene.endpoint(1, nats: [("10.65.0.1", "203.0.113.1")]))
        let (own, external) = (address("10.65.0.1"), address("203.0.113.1"))
        var port: UInt16 = 0
        var running: RunningAgent?
        for (settings, source) in [
            ("nat: {outbound: false}", own), ("nat: {outbound: true}", external),
            ("nat: {excludedNetworks: [198.51.100.0/24, 192.0.2.0/24]}", own),
            ("nat: {excludedNetworks: [198.51.100.0/24, 192.0.2.0/31]}", external),
            ("nat: {excludedNetworks: [192.0.2.2/32]}", own), ("nat: {excludedNetworks: [192.0.2.3/32]}", external),
        ] {
            try scene.installation.configure(settings)
            if let agent = running, way == .reload { try agent.reload() }
            let agent = try running ?? scene.installation.startAgent()
            let report = try agent.waitUntilReady()
            #expect(report.dataplane.failures == 0, "\(agent.log)")
            port += 1
            let listening = try scene.topology.outsideSocket()
            try scene.one.packetSocket().send(
                scene.one.frame(.udp(from: own, 1000 + port, to: address(scene.outsideAddress), 9)))
            let frame = try listening.receive { IPPacket($0)?.ports.map { $0 == (1000 + port, 9) } ?? false }
            #expect(frame.flatMap(IPPacket.init)?.source == source, "\(settings)")
            if way == .restart { _ = try agent.terminate() } else { running = agent }
        }
    }

    /// The lines by which nft tells our tables from any made later.
    private func handles(of host: NetworkNamespace) throws -> Set<Substring> {
        Set(
            try host.command(["nft", "-a", "list", "ruleset"]).succeed().split(separator: "\n")
                .filter { $0.hasPrefix("table ") && $0.contains("margay") })
    }

    /// The ruleset without the order in which sets and chains were made, and without counters.
    private func sorted(_ host: NetworkNamespace) throws -> [String] {
        try host.command(["nft", "-s", "list", "ruleset"]).succeed().split(separator: "\n")
            .map { $0.split(separator: " ").joined(separator: " ") }.sorted()
    }
}
