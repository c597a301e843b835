import Status
import Testing

/// A policy whose tier does not exist is refused with its tier's name, and what was in force before stays.
struct TierReferenceTests {
    private func policy(_ tier: String, port: Int) -> String {
        """
        apiVersion: projectcalico.org/v3
        kind: NetworkPolicy
        metadata: {name: web, namespace: default}
        spec:
          tier: \(tier)
          ingress: [{action: Allow, protocol: TCP, destination: {ports: [\(port)]}}]

        """
    }

    private let tier = """
        apiVersion: projectcalico.org/v3
        kind: Tier
        metadata: {name: red}
        spec: {order: 1}

        """

    @Test func theFormerVersionStaysUntilTheTierIsThere() throws {
        let scene = try QuietScene()
        let (host, installation) = (scene.host, scene.installation)
        func ruleset() throws -> String { try host.command(["nft", "list", "table", "inet", "margay"]).succeed() }
        try installation.put("policy.yaml", policy("default", port: 1111))
        var agent = try installation.startAgent()
        try agent.waitUntilReady()
        #expect(try ruleset().contains("1111"))

        try installation.put("policy.yaml", policy("red", port: 2222))
        let report = try agent.wait(for: "the rejection") { !$0.source.rejected.isEmpty }
        let rejection = try #require(report.source.rejected.first)
        #expect(rejection.resource == "NetworkPolicy default/web" && rejection.lastGoodKept)
        #expect(rejection.location.hasSuffix("/policy.yaml:1:1"))
        #expect(rejection.message == "spec.tier: there is no tier \"red\"; accepted: default; or create the tier")
        #expect(try ruleset().contains("1111") && !ruleset().contains("2222"))
        let validation = try installation.run("validate", installation.resources)
        #expect(
            validation.exitCode == 1
                && validation.output.contains("/policy.yaml:1:1: error: spec.tier: there is no tier \"red\""),
            "\(validation)")

        // A restart finds the same.
        #expect(try agent.terminate().exitCode == 0)
        agent = try installation.startAgent()
        try agent.wait(for: "the rejection again") { $0.source.rejected == report.source.rejected && $0.ready }
        #expect(try ruleset().contains("1111") && !ruleset().contains("2222"))

        try installation.put("tier.yaml", tier)
        try agent.wait(for: "the policy to be taken") { $0.source.rejected.isEmpty && $0.ready }
        try eventually("the policy") { try ruleset().contains("2222") && !ruleset().contains("1111") }

        // A tier that goes from under its policies stays, which is told.
        try installation.delete("tier.yaml")
        let kept = try agent.wait(for: "the tier's rejection") { !$0.source.rejected.isEmpty }
        #expect(kept.source.rejected.map(\.resource) == ["Tier red"])
        #expect(kept.source.rejected.first?.message.contains("NetworkPolicy default/web") == true)
        #expect(try ruleset().contains("2222") && ruleset().contains("tier red end"))
        try installation.delete("policy.yaml")
        try agent.wait(for: "both to be gone") { $0.source.rejected.isEmpty && $0.ready }
        try eventually("the policy to be gone") { try !ruleset().contains("2222") }
        #expect(try installation.run("get", "tiers").output.isEmpty)
    }
}
