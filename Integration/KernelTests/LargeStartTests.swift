import Dataplane
import NetworkValues
import NftablesNetlink
import Testing

/// A start with thousands of endpoints, whose sets go to the kernel in several transactions.
struct LargeStartTests: PolicySuite {
    let scene: PolicyScene

    init() throws {
        scene = try PolicyScene()
    }

    @Test func thousandsOfEndpointsAreLoadedBeforeAnyPacketMeetsThem() throws {
        var options = DataplaneOptions(node: "host")
        options.chainLayout = .shared
        let host = try ProgrammedHost(scene.topology.host, options: options)
        try host.take([
            ResourceText.open,
            ResourceText.endpoint("one", "cali1", mac: "02:00:00:00:00:01", ["10.65.0.1"]),
            ResourceText.endpoint("two", "cali2", mac: "02:00:00:00:00:02", ["10.65.0.2"]),
        ])
        try host.take(
            (0..<2500).map { number in
                let (high, low) = (number / 250, number % 250)
                return ResourceText.endpoint(
                    "w\(number)", "w\(number)", mac: "02:00:00:01:\(10 + high):\(10 + low % 90)",
                    ["10.66.\(high).\(low)", "2001:db8:66::\(high):\(low)"])
            })
        let before = try generation()
        try host.update()
        let after = try generation()
        #expect(after &- before > 2)
        let listed = try scene.topology.host.command(["nft", "list", "set", "inet", "margay", "endpoints"]).succeed()
        #expect(listed.split(separator: "\"").count { $0.hasPrefix("w") || $0.hasPrefix("cali") } == 2502)

        let (good, spoofed) = (
            IPPacket.udp(from: own, 4000, to: neighbours, 7),
            IPPacket.udp(from: address("10.66.0.7"), 4000, to: neighbours, 7)
        )
        #expect(try arriving([spoofed, good], .betweenWorkloads, expecting: [1]) == [1])
    }

    private func generation() throws -> UInt32 {
        try scene.topology.host.run {
            var connection = try NftablesConnection()
            return try connection.generation()
        }
    }
}
