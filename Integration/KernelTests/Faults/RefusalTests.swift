import Glibc
import Status
import Testing

/// The kernel refuses a transaction for the sake of one endpoint, one profile or one removal: that is left out, with the
/// kernel's words, and all else is programmed.
struct RefusalTests {
    private let scene: TrafficScene

    init() throws {
        scene = try TrafficScene()
        for number in 3...4 { try scene.host.addPair("cali\(number)") }
    }

    private static func endpoint(_ number: Int, profiles: [String] = ["open"]) -> String {
        TrafficScene.endpoint(
            1, number == 3 ? "three" : "four", interface: "cali\(number)", mac: "02:00:00:00:00:0\(number)",
            addresses: TrafficScene.addresses(number), profiles: profiles)
    }

    /// The kernel refuses whatever names `match`.
    private func refusing(_ match: String, _ number: Int32 = EBUSY, times: Int? = nil) throws -> FaultyKernel {
        try FaultyKernel(.refuse(number), at: .init(call: .batch, match: match, times: times))
    }

    private func traffic() throws -> Traffic {
        try Traffic(
            [
                "one": scene.one.stream(from: "10.65.0.1", to: scene.outsideAddress),
                "one spoofs": scene.one.stream(from: "10.65.0.3", to: scene.outsideAddress),
                "two": scene.two.stream(from: "10.65.0.2", to: scene.outsideAddress),
            ], seenBy: [scene.outside])
    }

    private func expectUnharmed(_ traffic: Traffic) throws {
        try traffic.waitForMore("two", at: scene.outside)
        traffic.stop()
        #expect(try traffic.lost(["one", "two"], at: scene.outside) == [:])
        #expect(try traffic.leaked(["one spoofs"], at: scene.outside) == [:])
    }

    @Test(arguments: [(EBUSY, "EBUSY"), (EEXIST, "EEXIST"), (ENOENT, "ENOENT"), (ENFILE, "ENFILE"), (EINVAL, "EINVAL")])
    func anEndpointThatIsRefusedIsLeftOutAndTheNextIsNot(number: Int32, name: String) throws {
        let kernel = try refusing("cali3", number)
        let agent = try scene.installation.startAgent(environment: kernel.environment)
        try agent.waitUntilReady()
        let traffic = try traffic()
        try kernel.begin()
        try scene.installation.put("three.yaml", Self.endpoint(3))
        let refused = try agent.wait(for: "the refusal") { $0.state("three") == .error }
        #expect(refused.endpoint("three")?.reason.contains(name) == true, "\(refused.endpoints)")
        #expect(!refused.ready && refused.dataplane.state == .degraded)
        #expect(try scene.programmed("cali3") == [])
        try scene.installation.put("four.yaml", Self.endpoint(4))
        let report = try agent.wait(for: "the other endpoint") { $0.state("four") == .up }
        #expect(report.state("one") == .up && report.state("two") == .up && report.state("three") == .error)
        #expect(try scene.programmed("cali4").count == 6)
        try kernel.end()
        try agent.wait(for: "the next attempt") { $0.ready && $0.state("three") == .up }
        #expect(try scene.programmed("cali3").count == 6)
        try expectUnharmed(traffic)
    }

    /// All elements of a set come in one message then, of which the kernel says nothing closer.
    @Test func amongManyAtTheStartTheOneIsFound() throws {
        let kernel = try refusing("cali3")
        try kernel.begin()
        try scene.installation.put("three.yaml", Self.endpoint(3))
        try scene.installation.put("four.yaml", Self.endpoint(4))
        let agent = try scene.installation.startAgent(environment: kernel.environment)
        let report = try agent.wait(for: "the others") { $0.state("three") == .error && $0.state("one") == .up }
        #expect(report.state("two") == .up && report.state("four") == .up, "\(report.endpoints)")
        #expect(report.endpoint("three")?.reason.contains("EBUSY") == true, "\(report.endpoints)")
        #expect(try scene.programmed("cali3") == [])
        let traffic = try traffic()
        try kernel.end()
        try agent.wait(for: "the next attempt") { $0.ready && $0.state("three") == .up }
        try expectUnharmed(traffic)
        #expect(try scene.installation.run("check").exitCode == 0)
    }

    /// `--once` has one round only.
    @Test func onceProgramsAllTheOthers() throws {
        let kernel = try refusing("cali3")
        try kernel.begin()
        try scene.installation.put("three.yaml", Self.endpoint(3))
        let result = try scene.installation.command(["agent", "--once"], environment: kernel.environment).run()
        #expect(result.exitCode == 1 && result.output.contains("EBUSY"), "\(result)")
        #expect(try scene.programmed("cali1").count == 6 && scene.programmed("cali2").count == 6)
        #expect(try scene.programmed("cali3") == [])
    }

    /// What one profile asks for is refused: those who name it keep the rules that they have, or stay closed.
    @Test func aProfileThatIsRefusedConcernsThoseWhoNameItAlone() throws {
        try scene.installation.put("strict.yaml", profileText("strict", ingress: "", egress: ""))
        try scene.installation.put("three.yaml", Self.endpoint(3, profiles: ["strict"]))
        let kernel = try refusing("profile-strict")
        let agent = try scene.installation.startAgent(environment: kernel.environment)
        try agent.waitUntilReady()
        let traffic = try traffic()
        try kernel.begin()
        try scene.installation.put("strict.yaml", profileText("strict"))
        let report = try agent.wait(for: "the refusal") { $0.state("three") == .error }
        #expect(report.endpoint("three")?.reason.contains("profile-strict") == true, "\(report.endpoints)")
        #expect(report.state("one") == .up && report.state("two") == .up)
        let chain = ["nft", "list", "chain", "inet", "margay", "profile-strict-ingress"]
        #expect(try !scene.host.command(chain).succeed().contains("accept"))
        try scene.installation.put("four.yaml", Self.endpoint(4))
        try agent.wait(for: "another endpoint") { $0.state("four") == .up }
        try kernel.end()
        try agent.wait(for: "the next attempt") { $0.ready && $0.state("three") == .up }
        #expect(try scene.host.command(chain).succeed().contains("accept"))
        try expectUnharmed(traffic)
    }

    /// What the kernel does not give up stays; all else of the endpoint goes.
    @Test func aRemovalThatIsRefusedStopsNoOther() throws {
        try scene.installation.put("three.yaml", Self.endpoint(3))
        let kernel = try refusing("from-cali3")
        let agent = try scene.installation.startAgent(environment: kernel.environment)
        try agent.waitUntilReady()
        let traffic = try traffic()
        try kernel.begin()
        try scene.installation.delete("three.yaml")
        try scene.installation.put("four.yaml", Self.endpoint(4))
        let report = try agent.wait(for: "the other endpoint") {
            $0.state("four") == .up && $0.dataplane.state == .degraded && $0.endpoint("three") == nil
        }
        #expect(!report.ready)
        #expect(try scene.programmed("cali3").allSatisfy { $0 == "from" })
        try kernel.end()
        try agent.waitUntilReady()
        #expect(try scene.programmed("cali3") == [])
        #expect(try !scene.host.command(["nft", "list", "ruleset"]).succeed().contains("cali3"))
        try expectUnharmed(traffic)
    }

    /// What is wanted otherwise is tried at once, and not only when the refused is tried again.
    @Test func anEditOfWhatWasRefusedIsTriedAtOnce() throws {
        // The octets of 10.65.3.3.
        let kernel = try refusing("\nA\u{3}\u{3}")
        let agent = try scene.installation.startAgent(environment: kernel.environment)
        try agent.waitUntilReady()
        try kernel.begin()
        func three(_ address: String) -> String {
            TrafficScene.endpoint(
                1, "three", interface: "cali3", mac: "02:00:00:00:00:03", addresses: [address])
        }
        try scene.installation.put("three.yaml", three("10.65.3.3"))
        try agent.wait(for: "the refusal") { $0.state("three") == .error }
        try scene.installation.put("three.yaml", three("10.65.0.3"))
        try agent.wait(for: "the edit") { $0.ready && $0.state("three") == .up }
        #expect(try scene.programmed("cali3").contains("10.65.0.3 dev cali3 scope link"))
    }
}
