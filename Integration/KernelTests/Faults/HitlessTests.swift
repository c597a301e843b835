import Glibc
import Status
import Testing

/// Packets flow without pause through an endpoint that nobody changes, while agents come, go and die.
struct HitlessTests {
    private let scene: TrafficScene

    init() throws {
        scene = try TrafficScene()
        for number in 3...6 { try scene.host.addPair("cali\(number)") }
    }

    private static func endpoint(_ number: Int) -> String {
        TrafficScene.endpoint(
            1, "e\(number)", interface: "cali\(number)", mac: "02:00:00:00:00:0\(number)",
            addresses: TrafficScene.addresses(number))
    }

    /// The program at another place, as an upgrade brings it.
    private func upgraded() throws -> RunningAgent {
        let other = "\(scene.installation.folder)/margay-next"
        try Command(["cp", Installation.program, other]).succeed()
        return try scene.installation.startAgent(program: other)
    }

    @Test func noPacketIsLostAndEveryCounterGoesOn() throws {
        let first = try scene.installation.startAgent()
        try first.waitUntilReady()
        let traffic = try Traffic(
            scene.attack(from: scene.one).map { ($0.key, $0.value) } + [
                ("in", scene.topology.stream(to: "10.65.0.1")), ("in 6", scene.topology.stream(to: "2001:db8:65::1")),
            ], seenBy: [scene.outside, scene.one.namespace])
        func waitForPackets() throws {
            for name in TrafficScene.honest { try traffic.waitForMore(name, at: scene.outside) }
            for name in ["in", "in 6"] { try traffic.waitForMore(name, at: scene.one.namespace) }
        }
        try waitForPackets()
        let state = try scene.installation.kernelState()

        // Killed at rest, and started.
        try first.kill()
        try waitForPackets()
        let second = try scene.installation.startAgent()
        try second.waitUntilReady()
        // Stopped, and another version started.
        _ = try second.terminate()
        try waitForPackets()
        let third = try upgraded()
        let report = try third.waitUntilReady()
        #expect(report.dataplane.applies == 0 && report.dataplane.repairs == 0, "\(report.dataplane)")
        #expect(try scene.installation.kernelState() == state)
        try third.kill()
        // Killed in the midst of a change: before it, within it, after it.
        for (number, call) in [(3, 1), (4, 2), (5, 4), (6, 6)] {
            let kernel = try FaultyKernel(killsAt: call)
            let agent = try scene.installation.startAgent(environment: kernel.environment)
            try agent.waitUntilReady()
            try kernel.begin()
            try scene.installation.put("e\(number).yaml", Self.endpoint(number))
            #expect(try agent.waitForEnd().exitCode == 128 + SIGKILL, "\(kernel.log)")
            try waitForPackets()
        }
        let last = try upgraded()
        let end = try last.waitUntilReady()
        #expect(end.endpoints.count == 6 && end.endpoints.allSatisfy { $0.state == .up })
        for number in 3...6 {
            #expect(try scene.programmed("cali\(number)").count == 6)
        }
        try waitForPackets()
        traffic.stop()

        #expect(try traffic.lost(TrafficScene.honest, at: scene.outside) == [:])
        #expect(try traffic.lost(["in", "in 6"], at: scene.one.namespace) == [:])
        #expect(try traffic.leaked(TrafficScene.dishonest, at: scene.outside) == [:])
        let counters = try scene.host.counters()
        #expect(counters["source4 cali1 10.65.0.1"] == (try traffic.sent("own", "denied")))
        #expect(counters["source6 cali1 2001:db8:65::1"] == (try traffic.sent("own 6", "denied 6")))
        #expect(counters["drops-mac cali1"] == (try traffic.sent("spoofed MAC", "spoofed MAC 6")))
        #expect(counters["drops-ip cali1"] == (try traffic.sent("spoofed address", "spoofed address 6")))
        #expect(try scene.installation.run("check").exitCode == 0)
    }
}
