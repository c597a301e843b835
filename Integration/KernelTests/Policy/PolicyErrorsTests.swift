import Status
import Testing

/// A policy that is edited into something that cannot be enforced: one clear error, and what was there before judges on.
struct PolicyErrorsTests {
    struct Mistake: Sendable, CustomTestStringConvertible {
        let good: String
        let bad: String
        /// `line:column`
        let place: String
        let message: String

        var testDescription: String { bad }
    }

    static let mistakes = [
        Mistake(good: "app == 'web'", bad: "app = 'web'", place: "5:17", message: "selector"),
        Mistake(good: "app == 'web'", bad: "app in {'web'", place: "5:26", message: "selector"),
        Mistake(good: "tier: default", bad: "tier: nowhere", place: "1:1", message: "nowhere"),
        Mistake(good: "[7, 9]", bad: "[8, 9, 0]", place: "14:23", message: "\"0\""),
        Mistake(good: "[7, 9]", bad: "[8, 9, 70000]", place: "14:23", message: "70000"),
        Mistake(good: "[7, 9]", bad: "[8, 9, \"10:70000\"]", place: "14:23", message: "70000"),
        Mistake(
            good: "protocol: UDP", bad: "protocol: ICMP", place: "14:16",
            message: "only a rule with protocol TCP, UDP or SCTP can match ports"),
        Mistake(good: "ipVersion: 4", bad: "ipVersion: 6", place: "8:7", message: "matches nothing"),
        Mistake(good: "action: Allow", bad: "action: Permit", place: "8:15", message: "Permit"),
        Mistake(good: "nets: [0.0.0.0/0]", bad: "services: {name: web}", place: "12:9", message: "services"),
    ]

    @Test(arguments: mistakes)
    func whatCannotBeEnforcedIsOneErrorAndTheFormerVersionJudgesOn(mistake: Mistake) throws {
        let scene = try GuardedScene()
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        #expect(try scene.reached(7, 8) == [7])
        let other = GuardedScene.policy.replacing("[7, 9]", with: "[8, 9]")
        let bad = GuardedScene.policy.replacing(mistake.good, with: mistake.bad).replacing("[7, 9]", with: "[8, 9]")
        try scene.installation.put("guard.yaml", bad)
        let report = try agent.wait(for: "the rejection") { !$0.source.rejected.isEmpty }
        #expect(report.source.rejected.count == 1)
        let rejected = try #require(report.source.rejected.first)
        #expect(rejected.resource == "GlobalNetworkPolicy guard")
        #expect(rejected.location.hasSuffix("guard.yaml:\(mistake.place)"), "\(rejected.location)")
        #expect(rejected.message.contains(mistake.message), "\(rejected.message)")
        #expect(!rejected.message.contains("\n"))
        #expect(rejected.lastGoodKept)
        #expect(try scene.reached(7, 8) == [7])
        #expect(try scene.installation.run("validate", scene.installation.resources).exitCode == 1)

        // Nor does a restart take away what judges.
        _ = try agent.terminate()
        let second = try scene.installation.startAgent()
        try second.wait(for: "the rejection again") { $0.source.rejected.count == 1 && $0.ready }
        #expect(try scene.reached(7, 8) == [7])

        try scene.enforce(other, reaching: [8], of: 7, 8)
        try second.wait(for: "the mended policy") { $0.source.rejected.isEmpty && $0.ready }
    }

    /// A policy that never was good concerns nobody; the others judge.
    @Test func aPolicyThatIsWrongFromTheStartHarmsNoOther() throws {
        let scene = try GuardedScene()
        try scene.installation.put(
            "wrong.yaml",
            GuardedScene.policy.replacing("guard", with: "wrong").replacing("app == 'web'", with: "((")
                .replacing("action: Allow", with: "action: Deny"))
        let agent = try scene.installation.startAgent()
        let report = try agent.waitUntilReady()
        #expect(report.source.rejected.map(\.lastGoodKept) == [false])
        #expect(try scene.reached(7, 8) == [7])
    }

    /// The tier comes after the policy that names it, which counts from then on.
    @Test func aPolicyWaitsForItsTier() throws {
        let scene = try GuardedScene()
        try scene.installation.put(
            "early.yaml",
            GuardedScene.policy.replacing("name: guard", with: "name: platform.early")
                .replacing("tier: default", with: "tier: platform").replacing("[7, 9]", with: "[8, 9]"))
        let agent = try scene.installation.startAgent()
        let report = try agent.wait(for: "the rejection") { !$0.source.rejected.isEmpty && $0.ready }
        #expect(report.source.rejected.map(\.resource) == ["GlobalNetworkPolicy platform.early"])
        #expect(try scene.reached(7, 8) == [7])
        try scene.installation.put("tier.yaml", Self.tier)
        try agent.wait(for: "the tier") { $0.source.rejected.isEmpty && $0.ready }
        #expect(try scene.reached(7, 8) == [8])

        // Somebody deletes the tier: what is in it judges on, and that is said.
        try scene.installation.delete("tier.yaml")
        let last = try agent.wait(for: "the tier's loss to be told") { !$0.source.rejected.isEmpty }
        #expect(last.source.rejected.allSatisfy { $0.message.contains("platform") }, "\(last.source.rejected)")
        #expect(try scene.reached(7, 8) == [8])
        try scene.installation.delete("early.yaml")
        try agent.wait(for: "the end of both") { $0.source.rejected.isEmpty && $0.ready }
        #expect(try scene.reached(7, 8) == [7])
    }

    private static let tier = """
        apiVersion: projectcalico.org/v3
        kind: Tier
        metadata: {name: platform}
        spec: {order: 10}

        """
}
