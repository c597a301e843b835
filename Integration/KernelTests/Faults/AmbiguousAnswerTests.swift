import Glibc
import Status
import Testing

/// The kernel's answer to a change is lost, late, doubled or false, or the change never came to it as it was sent.
struct AmbiguousAnswerTests {
    private let scene: TrafficScene

    init() throws {
        scene = try TrafficScene()
        try scene.host.addPair("cali3")
    }

    /// Two endpoints stand, and a third is added while the kernel errs.
    private func addThird(_ kernel: FaultyKernel) throws -> RunningAgent {
        let agent = try scene.installation.startAgent(environment: kernel.environment)
        try agent.waitUntilReady()
        try kernel.begin()
        try scene.installation.put("three.yaml", Self.three)
        return agent
    }

    private static let three = TrafficScene.endpoint(
        1, "three", interface: "cali3", mac: "02:00:00:00:00:03", addresses: TrafficScene.addresses(3))

    /// What of an endpoint nft and ip show.
    private func found() throws -> [String] {
        let sets = try ["source4", "source6", "from", "to"].filter {
            try scene.host.command(["nft", "list", "set", "inet", "margay", $0]).run().output.contains("\"cali3\"")
                || scene.host.command(["nft", "list", "map", "inet", "margay", $0]).run().output.contains("\"cali3\"")
        }
        return try sets + scene.routes().filter { $0.contains("cali3") }
    }

    private static let whole = [
        "source4", "source6", "from", "to", "10.65.0.3 dev cali3 scope link",
        "2001:db8:65::3 dev cali3 metric 1024 pref medium",
    ]

    static let faults: [(String, FaultyKernel.Fault, FaultyKernel.Occasion)] = [
        ("elements lost", .loseElements, .init()),
        ("batch cut", .cut, .init()),
        ("batch cut", .cut, .init(first: 2)),
        ("acknowledgement lost", .dropAcknowledgement, .init()),
        ("acknowledgement lost", .dropAcknowledgement, .init(first: 2)),
        ("answers twice", .repeatAnswers, .init()),
        ("no room for answers", .loseAnswers, .init()),
        ("no room for answers", .loseAnswers, .init(first: 2)),
        ("interrupted before", .failSend(EINTR), .init()),
        ("interrupted after", .failReceive(EINTR), .init()),
        ("answer late", .failReceive(EAGAIN), .init()),
        ("not sent", .failSend(ENOBUFS), .init()),
        ("route's acknowledgement lost", .dropAcknowledgement, .init(call: .routing)),
        ("no room for routes' answers", .loseAnswers, .init(call: .routing)),
        ("routes not sent", .failSend(ENOBUFS), .init(call: .routing)),
        ("answer to a question late", .failReceive(EAGAIN), .init(call: .reading)),
        ("no room for an answer", .loseAnswers, .init(call: .reading)),
        ("parameter not written", .failSend(EAGAIN), .init(call: .parameter)),
    ]

    @Test(arguments: faults.indices)
    func oneErrorEndsInWhatIsWanted(index: Int) throws {
        let (name, fault, occasion) = Self.faults[index]
        var once = occasion
        once.times = 1
        let kernel = try FaultyKernel(fault, at: once)
        let agent = try addThird(kernel)
        try agent.wait(for: "\(name): the endpoint") { $0.ready && $0.state("three") == .up }
        #expect(kernel.errors == 1, "\(name): \(kernel.log)")
        #expect(try found() == Self.whole, "\(name)")
        #expect(try scene.installation.run("check").exitCode == 0, "\(name)")
    }
}
