import Testing

/// What the counters of rules and the rules themselves survive: changes of everything else.
struct PolicyCounterTests {
    private static let policy = """
        apiVersion: projectcalico.org/v3
        kind: GlobalNetworkPolicy
        metadata: {name: guard}
        spec:
          selector: app == 'web'
          ingress:
            - {action: Allow, protocol: UDP, destination: {ports: [9]}}
            - {action: Deny, protocol: UDP, destination: {ports: [6]}}
            - {action: Allow, protocol: UDP, source: {selector: friend == 'yes'}, destination: {ports: [7]}}
            - {action: Log, protocol: TCP}

        """

    private static func friends(_ nets: String) -> String {
        """
        apiVersion: projectcalico.org/v3
        kind: GlobalNetworkSet
        metadata: {name: friends, labels: {friend: "yes"}}
        spec: {nets: [\(nets)]}

        """
    }

    /// What the rules of the policy have counted, by their comments.
    private func counts(_ scene: GuardedScene) throws -> [String: Int] { try numbers("counter packets ", scene, []) }

    /// The handles of the policy's rules, by their comments.
    private func handles(_ scene: GuardedScene) throws -> [String: Int] { try numbers("# handle ", scene, ["-a"]) }

    private func numbers(_ text: String, _ scene: GuardedScene, _ options: [String]) throws -> [String: Int] {
        var numbers: [String: Int] = [:]
        let listing = try scene.topology.host.command(["nft"] + options + ["list", "table", "inet", "margay"]).succeed()
        for line in listing.split(separator: "\n") {
            guard let comment = line.firstRange(of: "comment \"policy "), let place = line.firstRange(of: text) else {
                continue
            }
            let name = String(line[comment.upperBound...].prefix { $0 != "\"" })
            numbers[name, default: 0] += Int(line[place.upperBound...].prefix { $0.isNumber }) ?? 0
        }
        return numbers
    }

    private let last = "default/guard ingress[0]"
    private let denied = "default/guard ingress[1]"
    private let friendly = "default/guard ingress[2]"

    @Test(arguments: ["perInterface", "shared"])
    func countersGoOnWhenSomethingElseChanges(layout: String) throws {
        let scene = try GuardedScene(settings: "chainLayout: \(layout)")
        try scene.installation.put("guard.yaml", Self.policy)
        try scene.installation.put("friends.yaml", Self.friends("192.0.2.2/32"))
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        #expect(try scene.reached(7, 6) == [7])
        #expect(try scene.reached(6, 7, from: "198.51.100.7") == [])
        let first = [last: 2, denied: 2, friendly: 1]
        #expect(try counts(scene).filter { $0.value > 0 } == first)
        let before = try handles(scene)
        // The four rules, and the one that leads to them.
        #expect(before.count == 5, "\(before)")

        // A member more: no rule is another than before.
        try scene.installation.put("friends.yaml", Self.friends("192.0.2.2/32, 198.51.100.0/24"))
        try eventually("the new member to count") { try scene.reached(7, from: "198.51.100.7") == [7] }
        #expect(try handles(scene) == before)
        let second = try counts(scene)
        #expect(second[denied] == 2 && second[friendly] == 2, "\(second)")

        // Another rule changes, and comes before or behind.
        try scene.installation.put("guard.yaml", Self.policy.replacing("ports: [6]", with: "ports: [5]"))
        try eventually("the other rule to be another") {
            try scene.installation.command(["check"]).run().exitCode == 0
                && handles(scene)[denied] != before[denied]
        }
        let third = try counts(scene)
        #expect(third[friendly] == 2, "\(third)")
        #expect(try #require(third[last]) >= #require(second[last]), "\(third)")
        #expect(try scene.reached(6, 7, 5) == [7])
        #expect(try counts(scene)[friendly] == 3)

        // The agent goes and comes back.
        let fourth = try counts(scene)
        try agent.kill()
        let again = try scene.installation.startAgent()
        try again.waitUntilReady()
        #expect(try counts(scene) == fourth)
    }
}
