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

    private static let whole = [
        "source4", "source6", "from", "to", "10.65.0.3 dev cali3 scope link",
        "2001:db8:65::3 dev cali3 metric 1024 pref medium",
    ]

    private func found() throws -> [String] { try scene.programmed("cali3") }

    static let faults: [(String, FaultyKernel.Fault, FaultyKernel.Occasion)] = [
        ("elements lost", .loseElements, .init()),
        ("batch cut", .cut, .init()),
        ("acknowledgement lost", .dropAcknowledgement, .init()),
        ("answers twice", .repeatAnswers, .init()),
        ("no room for answers", .loseAnswers, .init()),
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

    static let halves: [(String, FaultyKernel.Fault)] = [
        ("batch cut", .cut), ("acknowledgement lost", .dropAcknowledgement), ("no room for answers", .loseAnswers),
    ]

    /// What is led to chains that are new takes two transactions.
    @Test(arguments: halves.indices, [1, 2])
    func oneErrorInEitherOfTwoTransactionsEndsInWhatIsWanted(index: Int, first: Int) throws {
        let (name, fault) = Self.halves[index]
        let scene = try TrafficScene.sharingChains()
        let kernel = try FaultyKernel(fault, at: .init(first: first, times: 1))
        let agent = try scene.installation.startAgent(environment: kernel.environment)
        try agent.waitUntilReady()
        try kernel.begin()
        try scene.leadElsewhere()
        try agent.wait(for: "\(name): rest") { $0.ready }
        #expect(kernel.errors == 1, "\(name): \(kernel.log)")
        #expect(try scene.installation.run("check").exitCode == 0, "\(name)")
    }

    static let lasting: [(String, FaultyKernel.Fault, FaultyKernel.Occasion)] = [
        ("elements lost", .loseElements, .init()),
        ("batch cut", .cut, .init()),
        ("not sent", .failSend(ENOBUFS), .init()),
        ("routes lost", .failSend(ENOBUFS), .init(call: .routing)),
        ("parameter not written", .failSend(EAGAIN), .init(call: .parameter)),
    ]

    /// Whatever the kernel said, what it does not hold is not up.
    @Test(arguments: lasting.indices)
    func whileItLastsTheEndpointIsNotUpAndTheOthersAre(index: Int) throws {
        let (name, fault, occasion) = Self.lasting[index]
        let kernel = try FaultyKernel(fault, at: occasion)
        let agent = try addThird(kernel)
        let report = try agent.wait(for: "\(name): failures") {
            $0.dataplane.failures > 1 && $0.endpoint("three") != nil
        }
        #expect(!report.ready && report.dataplane.state == .degraded, "\(name)")
        #expect(report.state("three") == .pending || report.state("three") == .error, "\(name): \(report.endpoints)")
        #expect(report.state("one") == .up && report.state("two") == .up, "\(name)")
        #expect(try found() != Self.whole || occasion.call == .parameter, "\(name)")
        try kernel.end()
        try agent.wait(for: "\(name): the endpoint") { $0.ready && $0.state("three") == .up }
        #expect(try found() == Self.whole, "\(name)")
    }

    /// The kernel did what it does not acknowledge.
    @Test(arguments: [FaultyKernel.Fault.dropAcknowledgement, .loseAnswers])
    func whatIsReadBackIsUpWhetherOrNotItWasAcknowledged(fault: FaultyKernel.Fault) throws {
        let kernel = try FaultyKernel(fault)
        let agent = try addThird(kernel)
        try agent.wait(for: "the endpoint") { $0.ready && $0.state("three") == .up }
        #expect(kernel.errors >= 1, "\(kernel.log)")
        #expect(try found() == Self.whole)
    }
}

extension TrafficScene {
    /// What of an endpoint nft and ip show: the sets and maps that have its interface, and its routes.
    func programmed(_ interface: String) throws -> [String] {
        let sets = try ["set source4", "set source6", "map from", "map to"].filter {
            let words = $0.split(separator: " ").map(String.init)
            return try host.command(["nft", "list", words[0], "inet", "margay", words[1]]).run().output
                .contains("\"\(interface)\"")
        }
        return try sets.map { String($0.split(separator: " ")[1]) }
            + routes().filter { $0.contains("dev \(interface) ") }
    }
}
