import Glibc
import Status
import Testing

/// What becomes of files that come, change and go under a running agent.
struct AgentSourceTests {
    @Test func aFileThatComesChangesAndGoesIsFollowed() throws {
        let scene = try Scene()
        try scene.installation.delete("web.yaml")
        let agent = try scene.installation.startAgent()
        #expect(try agent.waitUntilReady().endpoints.isEmpty)
        #expect(try !scene.isReached())

        try scene.installation.put("web.yaml", endpointText())
        try agent.wait(for: "the new endpoint") { $0.ready && $0.state("web") == .up }
        #expect(try scene.isReached())

        // Another address: the workload must have it too, and no longer be reached at the old one.
        try scene.workload.namespace.ip("address add 10.65.0.3/32 dev eth0")
        try scene.installation.put("web.yaml", endpointText(addresses: ["10.65.0.3"]))
        try agent.wait(for: "the other address") {
            $0.ready && $0.endpoint("web")?.networks == [.init(cidr: "10.65.0.3/32", state: .programmed)]
        }
        #expect(try scene.topology.outside.pings("10.65.0.3"))
        #expect(try !scene.isReached())
        #expect(try !scene.routes().contains("10.65.0.2 "))

        // Another MAC: what the workload sends with its own is no longer accepted, until the file says so again.
        try scene.installation.put("web.yaml", endpointText(mac: "02:00:00:00:00:99", addresses: ["10.65.0.3"]))
        try agent.wait(for: "the other MAC") { $0.endpoint("web")?.macFilter.mac == "02:00:00:00:00:99" && $0.ready }
        #expect(try scene.host.execute("ip", "neighbour").output.contains("02:00:00:00:00:99"))
        #expect(try !scene.workload.namespace.pings(scene.topology.outsideAddress))
        try scene.installation.put("web.yaml", endpointText(addresses: ["10.65.0.3"]))
        try agent.wait(for: "the former MAC") { $0.endpoint("web")?.macFilter.mac == "02:00:00:00:00:01" && $0.ready }
        #expect(try scene.topology.outside.pings("10.65.0.3"))

        try scene.installation.delete("web.yaml")
        try agent.wait(for: "the endpoint to go") { $0.ready && $0.endpoints.isEmpty }
        #expect(try scene.routes() == "")
        #expect(try !scene.topology.outside.pings("10.65.0.3"))
    }

    @Test func aProfileThatChangesIsObeyed() throws {
        let scene = try Scene()
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        #expect(try scene.isReached())
        for (rules, reached) in [("", false), ("{action: Allow, protocol: ICMP}", true), ("{action: Deny}", false)] {
            try scene.installation.put("open.yaml", profileText(ingress: rules))
            try eventually("ingress [\(rules)] to be obeyed") { try scene.isReached() == reached }
        }
        try scene.installation.delete("open.yaml")
        let report = try agent.wait(for: "the profile to go") { $0.endpoint("web")?.reason.isEmpty == false }
        #expect(report.endpoint("web")?.reason.contains("profile open") == true)
        #expect(try !scene.isReached())
    }

    /// A file is taken when its writer closes it; what is half written when that happens harms nothing.
    @Test func aHalfWrittenFileKeepsWhatWasThere() throws {
        let scene = try QuietScene(interfaces: ["cali1", "cali2", "cali3"])
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        let text = endpointText(addresses: ["10.65.0.4"])
        let half = text.utf8.count / 2

        // Still being written while another file comes, which shows that the agent was awake.
        let file = open("\(scene.installation.resources)/web.yaml", O_WRONLY | O_TRUNC | O_CLOEXEC)
        #expect(write(file, Array(text.utf8), half) == half)
        try scene.installation.put("2.yaml", endpointText("second", interface: "cali2", addresses: ["10.65.0.22"]))
        let during = try agent.wait(for: "the second endpoint") { $0.state("second") == .up }
        #expect(during.endpoint("web")?.networks.map(\.cidr) == ["10.65.0.2/32"])
        #expect(during.state("web") == .up)
        #expect(try scene.routes().contains("10.65.0.2 "))

        // Closed by half: that is an invalid edit.
        close(file)
        let rejected = try agent.wait(for: "the rejection") { !$0.source.rejected.isEmpty }
        #expect(rejected.source.rejected.map(\.lastGoodKept) == [true])
        #expect(rejected.state("web") == .up)
        #expect(try scene.routes().contains("10.65.0.2 "))

        try writeFile("\(scene.installation.resources)/web.yaml", text)
        let whole = try agent.wait(for: "the whole file") { $0.ready && $0.source.rejected.isEmpty }
        #expect(whole.endpoint("web")?.networks.map(\.cidr) == ["10.65.0.4/32"])
        #expect(try scene.routes().contains("10.65.0.4 "))
        #expect(try !scene.routes().contains("10.65.0.2 "))
    }

    @Test func malformedYAMLAmidGoodDocumentsHarmsOnlyItself() throws {
        let scene = try QuietScene(interfaces: ["cali1", "cali2", "cali3"])
        let documents = [
            endpointText(), "spec: [unclosed\n", endpointText("third", interface: "cali3", addresses: ["10.65.0.3"]),
        ]
        try scene.installation.put("web.yaml", documents.joined(separator: "---\n"))
        let agent = try scene.installation.startAgent()
        let report = try agent.waitUntilReady()
        #expect(report.state("web") == .up)
        #expect(report.state("third") == .up)
        let line = documents[0].split(separator: "\n").count + 2
        let rejected = try #require(report.source.rejected.first)
        #expect(report.source.rejected.count == 1)
        #expect(rejected.location.hasPrefix("\(scene.installation.resources)/web.yaml:"))
        // The parser notices at the end of the line or at the start of the next.
        #expect(["\(line)", "\(line + 1)"].contains(rejected.location.split(separator: ":")[1]), "\(rejected)")
        #expect(rejected.message.contains("not valid YAML"))
        #expect(try scene.installation.run("status").exitCode == 1)
        #expect(try scene.routes().contains("10.65.0.3 "))
    }

    /// The agent that starts has never seen a good version nor finds one on disk, and the kernel has one.
    @Test(arguments: ["web.yaml", "open.yaml"])
    func anAgentThatStartsDuringAnInvalidEditRemovesNothing(file: String) throws {
        let scene = try Scene()
        var agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        try scene.installation.put("other.yaml", endpointText("other", interface: "cali2", addresses: ["10.65.0.3"]))
        try agent.wait(for: "the second endpoint") { $0.endpoint("other") != nil }
        let good = file == "web.yaml" ? endpointText() : profileText()
        try scene.installation.put(file, good.replacing("metadata", with: "metadatum"))
        try agent.wait(for: "the rejection") { !$0.source.rejected.isEmpty }
        let before = try scene.installation.kernelState()
        try agent.kill()
        try scene.installation.forgetLastGood()

        agent = try scene.installation.startAgent()
        let held = try agent.wait(for: "the first apply") { $0.dataplane.state == .held }
        #expect(held.source.rejected.first?.lastGoodKept == false)
        #expect(try scene.installation.kernelState() == before)
        #expect(try scene.isReached())
        #expect(try scene.installation.run("status").exitCode == 1)

        // What is taken away meanwhile goes; what nobody asks for goes once everything can be read.
        try scene.installation.delete("other.yaml")
        try eventually("the removal") {
            try !scene.host.execute("nft", "list", "map", "inet", "margay", "from").output.contains("cali2")
        }
        #expect(try scene.isReached())
        try scene.installation.put(file, good)
        try agent.waitUntilReady()
        #expect(try agent.status().dataplane.state == .applied)
        #expect(try scene.isReached())
        #expect(try scene.installation.run("check").exitCode == 0)
    }

    @Test func anInvalidEditKeepsTheWorkingEndpoint() throws {
        let scene = try Scene()
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        let before = try scene.installation.kernelState()
        try scene.installation.put(
            "web.yaml", endpointText(addresses: ["10.65.0.3"]).replacing("02:00:00:00:00:01", with: "02:00:00"))
        let report = try agent.wait(for: "the rejection") { !$0.source.rejected.isEmpty }
        let rejected = try #require(report.source.rejected.first)
        #expect(rejected.resource == "WorkloadEndpoint default/web")
        #expect(rejected.location == "\(scene.installation.resources)/web.yaml:9:8")
        #expect(rejected.message.contains("spec.mac"))
        #expect(rejected.lastGoodKept)
        #expect(report.state("web") == .up)
        #expect(report.ready)
        let status = try scene.installation.run("status")
        #expect(status.exitCode == 1)
        #expect(status.output.contains("web.yaml:9:8"))
        #expect(status.output.contains("last good version stays programmed"))
        #expect(try scene.installation.kernelState() == before)
        #expect(try scene.isReached())

        // A good edit is taken again.
        try scene.installation.put("web.yaml", endpointText())
        try agent.wait(for: "the rejection to go") { $0.source.rejected.isEmpty && $0.state("web") == .up }
        #expect(try scene.installation.run("status").exitCode == 0)
    }

    /// A way to get a document wrong, and what has to be said about it.
    private struct Mistake {
        let name: String
        let text: String
        let place: String
        let words: [String]

        init(_ name: String, _ good: String, _ bad: String, _ place: String, _ words: String...) {
            self.name = name
            text = endpointText("bad", interface: "cali2", mac: "02:00:00:00:00:02", addresses: ["10.65.0.9"])
                .replacing(good, with: bad)
            self.place = place
            self.words = words
        }
    }

    private static let mistakes = [
        Mistake("list", "[10.65.0.9/32]", "10.65.0.9/32", "7:15", "spec.ipNetworks", "list"),
        Mistake("mapping", "cali2", "{a: b}", "6:18", "spec.interfaceName", "not a mapping"),
        Mistake("spec", "spec:\n", "spec: 5\nother:\n", "4:7", "spec", "mapping"),
        Mistake("mac", "00:02\n", "0002\n", "9:8", "spec.mac", "six octets"),
        Mistake("cidr", "10.65.0.9/32", "10.65.0.900/32", "7:16", "spec.ipNetworks[0]", "CIDR"),
        Mistake("wide", "10.65.0.9/32", "10.65.0.0/24", "7:16", "spec.ipNetworks[0]", "allowWideNetworks"),
        Mistake("name", "name: bad", "name: bad name", "3:18", "metadata.name", "letters, digits"),
        Mistake("star", "cali2", "\"cali*\"", "6:18", "spec.interfaceName", "interface name"),
        Mistake("long", "cali2", "cali567890123456", "6:18", "spec.interfaceName", "1 to 15"),
        Mistake(
            "nat", "  mac:", "  ipNATs: [{internalIP: 10.65.0.8, externalIP: 203.0.113.8}]\n  mac:", "9:25",
            "spec.ipNATs[0].internalIP", "ipNetworks"),
        Mistake("missing", "  interfaceName: cali2\n", "", "4:1", "spec.interfaceName", "required"),
    ]

    @Test func eachMistakeIsToldWithPlaceAndRemedyAndDisturbsNothingElse() throws {
        let scene = try QuietScene(interfaces: ["cali1", "cali2"])
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        let before = try scene.installation.kernelState()
        for mistake in Self.mistakes {
            try scene.installation.put("bad-\(mistake.name).yaml", mistake.text)
        }
        let report = try agent.wait(for: "every rejection") { $0.source.rejected.count >= Self.mistakes.count }
        #expect(report.source.rejected.count == Self.mistakes.count)
        #expect(report.endpoints.map(\.name) == ["web"])
        #expect(report.state("web") == .up)
        #expect(try scene.installation.kernelState() == before)
        for mistake in Self.mistakes {
            let path = "\(scene.installation.resources)/bad-\(mistake.name).yaml"
            let rejected = report.source.rejected.first { $0.location == "\(path):\(mistake.place)" }
            #expect(rejected?.lastGoodKept == false, "\(mistake.name): \(report.source.rejected)")
            let validation = try scene.installation.run("validate", path)
            #expect(validation.exitCode == 1)
            #expect(validation.output.contains("\(path):\(mistake.place): error: \(mistake.words[0])"), "\(validation)")
            for word in mistake.words {
                #expect(rejected?.message.contains(word) == true, "\(mistake.name): \(word)")
                #expect(validation.output.contains(word), "\(mistake.name): \(word)")
            }
        }
        // All mistakes of a document at once.
        let several = endpointText("bad", mac: "x", addresses: ["10.65.0.999"]).replacing("cali1", with: "\"cali*\"")
        try writeFile("\(scene.installation.folder)/several.yaml", several)
        let validation = try scene.installation.run("validate", "\(scene.installation.folder)/several.yaml")
        #expect(validation.output.split(separator: "\n").count { $0.contains(": error: ") } == 3, "\(validation)")
    }
}
