import Glibc
import Status
import Testing

/// The kernel refuses a transaction because it is not as it was when it was read: somebody did something in the moment
/// before.
struct RefusalCauseTests {
    private let scene: TrafficScene

    init() throws {
        scene = try TrafficScene()
        try scene.host.addPair("cali3")
    }

    private static let three = TrafficScene.endpoint(
        1, "three", interface: "cali3", mac: "02:00:00:00:00:03", addresses: TrafficScene.addresses(3))

    /// Somebody runs nft text in the moment before the next transaction, once.
    private func startAgent(
        before commit: String, first: Int = 1, in other: TrafficScene? = nil
    ) throws -> (RunningAgent, FaultyKernel) {
        let scene = other ?? scene
        let file = "\(scene.installation.folder)/before.nft"
        try writeFile(file, commit)
        let kernel = try FaultyKernel(
            .preceded(by: "nft -f \(file)"), at: .init(first: first, times: 1))
        let agent = try scene.installation.startAgent(environment: kernel.environment)
        try agent.waitUntilReady()
        try kernel.begin()
        return (agent, kernel)
    }

    private func expectWhole(_ agent: RunningAgent, _ kernel: FaultyKernel) throws {
        try agent.wait(for: "the endpoint") { $0.ready && $0.state("three") == .up }
        #expect(
            kernel.log.filter { $0.hasPrefix("before ") }.count == 1 && !kernel.log.contains { $0.hasPrefix("failed") })
        #expect(try scene.programmed("cali3").count == 6)
        #expect(try scene.installation.run("check").exitCode == 0)
        #expect(try scene.installation.run("diff").exitCode == 0)
    }

    /// ENOENT.
    @Test func theTableIsDeletedBeforeATransaction() throws {
        let (agent, kernel) = try startAgent(before: "delete table inet margay")
        try scene.installation.put("three.yaml", Self.three)
        try expectWhole(agent, kernel)
    }

    /// What is led to chains that are new takes two, of which either may find no table.
    @Test(arguments: [1, 2])
    func theTableIsDeletedBeforeOneOfTwoTransactions(first: Int) throws {
        let scene = try TrafficScene.sharingChains()
        let (agent, kernel) = try startAgent(before: "delete table inet margay", first: first, in: scene)
        try scene.leadElsewhere()
        try agent.wait(for: "rest") { $0.ready }
        #expect(
            kernel.log.filter { $0.hasPrefix("before ") }.count == 1 && !kernel.log.contains { $0.hasPrefix("failed") })
        #expect(try scene.installation.run("check").exitCode == 0)
        #expect(try scene.installation.run("diff").exitCode == 0)
    }

    /// Other settings give base chains another place, which takes a table of its own.
    @Test func theTableIsDeletedBeforeItIsReplaced() throws {
        let (agent, kernel) = try startAgent(before: "delete table inet margay")
        try scene.installation.put("three.yaml", Self.three)
        try expectWhole(agent, kernel)
        let other = try FaultyKernel(
            .preceded(by: "nft delete table inet margay"), at: .init(match: "source-filter", times: 1))
        _ = try agent.terminate()
        try other.begin()
        // A dormant table is one to be replaced.
        try scene.host.nft("add table inet margay { flags dormant; }")
        let second = try scene.installation.startAgent(environment: other.environment)
        try second.wait(for: "the table") { $0.ready && $0.state("three") == .up }
        #expect(other.errors == 1, "\(other.log)")
        #expect(try scene.installation.run("check").exitCode == 0)
    }

    /// EEXIST: a key that is to be added is there, and leads elsewhere.
    @Test func anElementIsThereAlready() throws {
        let (agent, kernel) = try startAgent(
            before: "add element inet margay from { \"cali3\" : goto group-1-open-ingress }")
        try scene.installation.put("three.yaml", Self.three)
        try expectWhole(agent, kernel)
    }

    /// EBUSY: a rule of somebody's leads to a chain that is to go.
    @Test func aChainThatGoesIsStillLedTo() throws {
        try scene.installation.put("three.yaml", Self.three)
        let (agent, kernel) = try startAgent(
            before: """
                add chain inet margay stray
                add rule inet margay stray iifname "cali9" goto from-cali3
                """)
        try scene.installation.delete("three.yaml")
        try agent.wait(for: "the removal") { $0.ready && $0.endpoint("three") == nil }
        #expect(kernel.errors == 1, "\(kernel.log)")
        let ruleset = try scene.host.command(["nft", "list", "ruleset"]).succeed()
        #expect(!ruleset.contains("cali3") && !ruleset.contains("stray"))
        #expect(try scene.installation.run("diff").exitCode == 0)
    }

    /// ENFILE: somebody filled a set with elements of his own.
    @Test func aSetIsFullOfWhatNobodyWants() throws {
        let elements = (0..<3070).map { "\"cali9\" . 02:00:00:00:00:09 . 10.\(66 + $0 / 250).0.\($0 % 250)" }
        let (agent, kernel) = try startAgent(
            before: "add element inet margay source4 { \(elements.joined(separator: ", ")) }")
        try scene.installation.put("three.yaml", Self.three)
        try expectWhole(agent, kernel)
        #expect(
            try scene.host.command(["nft", "list", "set", "inet", "margay", "source4"]).succeed().contains("size 3072"))
    }

    /// ENFILE, and nobody sees why: the kernel counts more elements than it shows.
    @Test func aSetThatIsCalledFullIsMadeAnewLarger() throws {
        let kernel = try FaultyKernel(.refuse(ENFILE), at: .init(call: .batch, match: "source4", times: 2))
        let agent = try scene.installation.startAgent(environment: kernel.environment)
        try agent.waitUntilReady()
        let traffic = try Traffic(
            [
                "one": scene.one.stream(from: "10.65.0.1", to: scene.outsideAddress),
                "one spoofs": scene.one.stream(from: "10.65.0.3", to: scene.outsideAddress),
            ], seenBy: [scene.outside])
        try kernel.begin()
        try scene.installation.put("three.yaml", Self.three)
        let report = try agent.wait(for: "the endpoint") { $0.ready && $0.state("three") == .up }
        #expect(report.dataplane.state == .applied)
        #expect(kernel.errors == 2, "\(kernel.log)")
        #expect(
            try scene.host.command(["nft", "list", "set", "inet", "margay", "source4"]).succeed().contains("size 6144"))
        try traffic.waitForMore("one", at: scene.outside)
        traffic.stop()
        #expect(try traffic.lost(["one"], at: scene.outside) == [:])
        #expect(try traffic.leaked(["one spoofs"], at: scene.outside) == [:])
        #expect(try scene.installation.run("check").exitCode == 0)
    }
}
