import Testing

/// The kernel's state says what the documents say, not how they came to say it.
struct PolicyConvergenceTests {
    @Test(arguments: ["perInterface", "shared"], [11, 12] as [UInt64])
    func everyWayToTheSameDocumentsEndsInTheSameRuleset(layout: String, seed: UInt64) throws {
        let scene = try TruthTableScene(settings: "chainLayout: \(layout)")
        var random = PolicyWorldGenerator(seed: seed)
        let former = random.world()
        let world = random.edit(random.edit(former))
        try scene.apply(world, &random)
        let wanted = try scene.ruleset()
        #expect(wanted.contains("policy "), "the world has policies")
        func expectTheSame(_ how: String) throws {
            let found = try scene.ruleset()
            let (lines, others) = (Set(wanted.split(separator: "\n")), Set(found.split(separator: "\n")))
            #expect(
                found == wanted,
                "seed \(seed), \(how): \(others.subtracting(lines).sorted()) instead of \(lines.subtracting(others).sorted())"
            )
        }

        try scene.apply(former, &random)
        try scene.apply(world, &random)
        try expectTheSame("back from another world")

        // From nothing, one resource after the other.
        try scene.apply(PolicyWorld(), &random)
        var growing = PolicyWorld()
        growing.endpoints = world.endpoints
        growing.profiles = world.profiles
        try scene.apply(growing, &random)
        growing = world
        growing.policies.removeAll()
        growing.networkSets.reverse()
        try scene.apply(growing, &random)
        for policy in world.policies.reversed() {
            growing.policies.append(policy)
            try scene.apply(growing, &random)
        }
        growing.policies = world.policies.reversed()
        try scene.apply(growing, &random)
        try expectTheSame("policy by policy")

        try scene.apply(world, &random, files: 1)
        try expectTheSame("in one file")
        try scene.apply(world, &random, files: 3)
        try expectTheSame("in three files")
        try scene.apply(world, &random, repeating: true)
        try expectTheSame("every file written again")

        try scene.restart()
        try expectTheSame("after a restart")
        try scene.restart(clean: true)
        try expectTheSame("after a start from nothing")
    }
}

extension TruthTableScene {
    /// What nft lists, without counters and with everything that has no order in the kernel sorted.
    fileprivate func ruleset() throws -> String {
        let listing = try topology.host.command(["nft", "-s", "list", "ruleset"]).succeed()
        var blocks: [String] = []
        var block: [String] = []
        var elements: String?
        var table = ""
        for line in listing.split(separator: "\n") {
            if line.hasPrefix("table ") { table = String(line) }
            let text = line.drop { $0 == "\t" || $0 == " " }
            if text.hasPrefix("elements = ") { elements = "" }
            if let former = elements {
                let all = former + " " + text
                elements = all
                guard all.hasSuffix("}") else { continue }
                elements = nil
                let inner = all.drop { $0 != "{" }.dropFirst().dropLast()
                // A comma within an element stands in none of ours.
                block.append(
                    "elements "
                        + inner.split(separator: ",").map { $0.split(separator: " ").joined(separator: " ") }.sorted()
                        .joined(separator: ", "))
            } else if line == "\t}" {
                blocks.append(table + "\n" + block.joined(separator: "\n"))
                block = []
            } else if line.hasPrefix("\t") {
                block.append(String(text))
            }
        }
        return blocks.sorted().joined(separator: "\n")
    }
}
