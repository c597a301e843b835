import Glibc
import Status
import Testing

/// An agent begins with other settings than its predecessor had, while packets flow.
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

    static let changes = [
        Change(before: "chainLayout: perInterface", after: "chainLayout: shared", sign: "goto group-1-open-egress"),
        Change(before: "chainLayout: shared", after: "chainLayout: perInterface", sign: "goto from-cali1"),
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

    @Test(arguments: changes)
    func otherSettingsTakeEffectWithoutAGap(change: Change) throws {
        let scene = try TrafficScene(settings: change.before)
        let first = try scene.installation.startAgent()
        try first.waitUntilReady()
        let traffic = try Traffic(
            scene.attack(from: scene.one), seenBy: [scene.outside])
        for name in TrafficScene.honest { try traffic.waitForMore(name, at: scene.outside) }
        _ = try first.terminate()
        try scene.installation.configure(change.after)
        let second = try scene.installation.startAgent()
        let report = try second.waitUntilReady()
        #expect(report.dataplane.failures == 0, "\(second.log)")
        #expect(report.dataplane.repairs == 0)
        for name in TrafficScene.honest { try traffic.waitForMore(name, at: scene.outside) }
        traffic.stop()

        #expect(try traffic.leaked(TrafficScene.dishonest, at: scene.outside) == [:])
        #expect(try traffic.lost(TrafficScene.honest, at: scene.outside) == [:])
        let counters = try scene.host.counters()
        #expect(counters["source4 cali1 10.65.0.1"] == (try traffic.sent("own", "denied")))
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

    /// The ruleset without the order in which sets and chains were made, and without counters.
    private func sorted(_ host: NetworkNamespace) throws -> [String] {
        try host.command(["nft", "-s", "list", "ruleset"]).succeed().split(separator: "\n")
            .map { $0.split(separator: " ").joined(separator: " ") }.sorted()
    }
}
