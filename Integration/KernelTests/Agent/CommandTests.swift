import Status
import Testing

/// The commands that look and tell: what they print, and their exit statuses.
struct CommandTests {
    @Test func onceProgramsVerifiesAndSaysSo() throws {
        let scene = try Scene()
        let result = try scene.installation.run("agent", "--once")
        #expect(result.exitCode == 0, "\(result)")
        #expect(result.output.contains("applied"))
        #expect(result.output.contains("1 up"))
        #expect(result.output.contains("default/web"))
        #expect(try scene.isReached())
        let before = try scene.installation.kernelState()
        #expect(try scene.installation.run("agent", "--once").exitCode == 0)
        #expect(try scene.installation.kernelState() == before)

        try scene.host.ip("link delete cali1")
        let without = try scene.installation.run("agent", "--once")
        #expect(without.exitCode == 1)
        #expect(without.output.contains("interface cali1 does not exist"), "\(without)")
    }

    @Test func onceWithARejectedResourceProgramsTheOthersAndExitsWithOne() throws {
        let scene = try QuietScene()
        try scene.installation.put("bad.yaml", endpointText("bad", mac: "x"))
        let result = try scene.installation.run("agent", "--once")
        #expect(result.exitCode == 1)
        #expect(result.output.contains("bad.yaml:9:8"), "\(result)")
        #expect(try scene.routes().contains("10.65.0.2 "))
    }

    @Test func onceWithoutItsFolderChangesNothing() throws {
        let scene = try QuietScene()
        #expect(try scene.installation.run("agent", "--once").exitCode == 0)
        let before = try scene.installation.kernelState()
        let result = try scene.installation.run("agent", "--once", "--source", "directory:/no/such/folder")
        #expect(result.exitCode == 1)
        #expect(result.errors.contains("cannot open /no/such/folder"), "\(result)")
        #expect(try scene.installation.kernelState() == before)
    }

    /// Every kind of object that somebody may take away or add, and the line that has to name it.
    static let damages: [(command: [String], finding: String)] = [
        (["ip", "route", "delete", "10.65.0.2", "dev", "cali1"], "missing: route 10.65.0.2/32 dev cali1"),
        (
            ["ip", "route", "add", "10.65.0.66/32", "dev", "cali1", "proto", "77", "scope", "link"],
            "unwanted: route 10.65.0.66/32 dev cali1"
        ),
        (["ip", "neighbour", "delete", "10.65.0.2", "dev", "cali1"], "missing: neighbour 10.65.0.2 dev cali1"),
        (
            ["nft", "delete element inet margay source4 { \"cali1\" . 02:00:00:00:00:01 . 10.65.0.2 }"],
            "missing: element \"cali1\" . 02:00:00:00:00:01 . 10.65.0.2 of set inet margay source4"
        ),
        (["nft", "flush chain inet margay to-cali1"], "altered: chain inet margay to-cali1"),
        (["nft", "add chain inet margay intruder"], "unwanted: chain inet margay intruder"),
        (["nft", "delete table arp margay"], "missing: chain arp margay"),
        (
            ["sh", "-c", "echo 0 >/proc/sys/net/ipv4/conf/cali1/proxy_arp"],
            "altered: sysctl net/ipv4/conf/cali1/proxy_arp"
        ),
    ]

    @Test func checkNamesEachObjectThatIsNotAsWanted() throws {
        let scene = try QuietScene()
        let installation = scene.installation
        #expect(try installation.run("agent", "--once").exitCode == 0)
        let clean = try installation.run("check", installation.resources)
        #expect(clean.exitCode == 0, "\(clean)")
        #expect(clean.output.contains("default/web"))
        #expect(clean.output.contains("the kernel is as wanted, 1 of 1 endpoint up"))

        for damage in Self.damages {
            try scene.host.command(damage.command).succeed()
            let result = try installation.run("check", installation.resources)
            #expect(result.exitCode == 1, "\(damage.command)")
            let lines = result.output.split(separator: "\n")
            #expect(lines.contains { $0.hasPrefix(damage.finding) }, "\(damage.command): \(result)")
            // Looking changes nothing: only the agent repairs. Counters are another matter.
            let again = try installation.run("check", installation.resources).output.split(separator: "\n")
            #expect(again.filter { !$0.hasPrefix("    drops: ") } == lines.filter { !$0.hasPrefix("    drops: ") })
            #expect(try installation.run("agent", "--once").exitCode == 0)
            #expect(try installation.run("check", installation.resources).exitCode == 0, "\(damage.command)")
        }
    }

    @Test(arguments: ["check", "diff"])
    func aPathThatCannotBeReadIsNotTakenForAnEmptyOne(command: String) throws {
        let scene = try QuietScene()
        #expect(try scene.installation.run("agent", "--once").exitCode == 0)
        let result = try scene.installation.run(command, scene.installation.resources, "/no/such/folder")
        #expect(result.exitCode == 1)
        #expect(result.output == "")
        #expect(result.errors.hasPrefix("cannot open /no/such/folder: "), "\(result)")
    }

    @Test func checkAsksTheAgentWhatIsWantedAndNotesUnknownInterfaces() throws {
        let scene = try QuietScene(interfaces: ["cali1", "cali7"])
        let agent = try scene.installation.startAgent(["--node", "node1"])
        try agent.waitUntilReady()
        let result = try scene.installation.run("check")
        #expect(result.exitCode == 0, "\(result)")
        #expect(result.output.contains("note: interface cali7 has no endpoint: closed"))
        try scene.host.ip("link set cali1 down")
        try agent.wait(for: "the endpoint to be down") { $0.state("web") == .down }
        let down = try scene.installation.run("check")
        #expect(down.exitCode == 1)
        #expect(down.output.contains("\n    interface cali1 is down\n"), "\(down)")

        _ = try agent.terminate()
        let unreachable = try scene.installation.run("check")
        #expect(unreachable.exitCode == 3)
        #expect(unreachable.errors.contains(scene.installation.socket))
    }

    @Test func cleanupRemovesOursAndNothingElse() throws {
        let scene = try QuietScene()
        try scene.host.nft("table inet foreign { chain c { type filter hook input priority 5; policy accept; }; }")
        try scene.host.ip(
            "address add 192.0.2.1/24 dev peer-cali1", "route add 198.51.100.0/24 dev peer-cali1 proto static",
            "neighbour add 192.0.2.9 dev peer-cali1 lladdr 02:00:00:00:00:77 nud permanent")
        func listing() throws -> String {
            try scene.host.command([
                "sh", "-ec", "nft list ruleset; ip -4 route show table all; ip neighbour show nud permanent",
            ]).succeed()
        }
        let before = try listing()
        #expect(try scene.installation.run("agent", "--once").exitCode == 0)
        #expect(try listing() != before)

        let cleanup = try scene.installation.run("cleanup")
        #expect(cleanup.exitCode == 0)
        for object in [
            "table inet margay", "table arp margay", "route 10.65.0.2/32 dev cali1", "neighbour 10.65.0.2 dev cali1",
        ] {
            #expect(cleanup.output.contains("removed \(object)"), "\(cleanup)")
        }
        #expect(try listing() == before)
        let again = try scene.installation.run("cleanup")
        #expect(again.exitCode == 0)
        #expect(again.output == "nothing to remove\n")
        #expect(try scene.installation.run("agent", "--once").exitCode == 0)
    }

    @Test func statusShowsWhatIsAskedFor() throws {
        let scene = try QuietScene(interfaces: ["cali1", "cali2"])
        let nat = "ipNATs: [{internalIP: 10.65.0.22, externalIP: 203.0.113.2}]"
        try scene.installation.put(
            "two.yaml",
            endpointText(
                "two", interface: "cali2", mac: "02:00:00:00:00:02", addresses: ["10.65.0.22"], more: [nat]))
        try scene.installation.put("three.yaml", endpointText("three", interface: "cali3", addresses: ["10.65.0.33"]))
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        func status(_ arguments: String...) throws -> CommandResult {
            try scene.installation.command(["status"] + arguments).run()
        }

        let table = try status()
        #expect(table.exitCode == 1)
        for words in ["node1", "in sync", "default/web", "cali2", "10.65.0.33/32", "interface cali3 does not exist"] {
            #expect(table.output.contains(words), "\(table)")
        }
        // What is not as wanted comes first, and no line is wider than a terminal.
        let rows = table.output.split(separator: "\n").drop { !$0.hasPrefix("NAME") }
        #expect(rows.dropFirst().first?.hasPrefix("default/three") == true)
        #expect(table.output.split(separator: "\n").allSatisfy { $0.count <= 80 })

        let wide = try status("-o", "wide", "two")
        #expect(wide.exitCode == 0)
        #expect(wide.output.contains("203.0.113.2 -> 10.65.0.22"))
        #expect(wide.output.contains("02:00:00:00:00:02"))
        #expect(!wide.output.contains("default/web"))

        for name in ["web", "default/web", "cali1"] {
            let result = try status(name, "-o", "json")
            #expect(result.exitCode == 0)
            #expect(try StatusReport(json: Array(result.output.utf8)).endpoints.map(\.name) == ["web"])
        }
        let unknown = try status("web", "nobody")
        #expect(unknown.exitCode == 1)
        #expect(unknown.errors.contains("\"nobody\""))
        #expect(unknown.output.contains("default/web"))
        #expect(try status("nobody").output == "")

        let brief = try status("--brief")
        #expect(brief.exitCode == 1)
        #expect(brief.output.hasPrefix("node1: degraded: 2 of 3 endpoints up"))
        #expect(try status("-o", "yaml", "web").output.contains("interfaceName: cali1\n"))

        _ = try agent.terminate()
        let unreachable = try status()
        #expect(unreachable.exitCode == 3)
        #expect(unreachable.output == "")
        #expect(unreachable.errors.contains("margay agent"))
    }

    @Test func versionTellsWhatIsInUse() throws {
        let scene = try QuietScene(interfaces: [])
        let result = try scene.installation.run("version")
        #expect(result.exitCode == 0)
        for words in [
            "margay    \(MargayVersion.current)", "Swift", "kernel    Linux", "libmnl.so", "libnftnl.so", "logging   ",
        ] {
            #expect(result.output.contains(words), "\(result)")
        }
    }

    @Test(arguments: [
        ["bogus"], ["status", "--nope"], ["status", "-o", "xml"], ["status", "--brief", "-o", "json"], ["render"],
        ["validate", "/a", "--source", "etcd:http://h:1"], ["agent", "stray"],
    ])
    func wrongUsageIsToldFromFailure(arguments: [String]) throws {
        let scene = try QuietScene(interfaces: [])
        let result = try scene.installation.command(arguments).run()
        #expect(result.exitCode == 64)
        #expect(result.errors.contains("Error: "))
        #expect(result.output == "")
    }

    @Test func validateTellsGoodFilesFromBad() throws {
        let scene = try QuietScene(interfaces: [])
        let good = try scene.installation.run("validate", scene.installation.resources)
        #expect(good.exitCode == 0)
        #expect(good.output == "2 files: 2 resources valid, 0 rejected, 0 warnings\n")
        try scene.installation.put("more.yaml", endpointText("more").replacing("mac:", with: "macc:"))
        let warned = try scene.installation.run("validate", scene.installation.resources)
        #expect(warned.exitCode == 0)
        #expect(warned.output.contains("more.yaml:9:3: warning: spec.macc: unknown field"))
        #expect(warned.output.contains("did you mean \"mac\"?"))
        // Without a path, what the source of the settings holds.
        #expect(try scene.installation.run("validate") == warned)
        let missing = try scene.installation.run("validate", "/no/such/file.yaml")
        #expect(missing.exitCode == 1)
        #expect(missing.errors.contains("/no/such/file.yaml"))
    }

    @Test func validateReadsOfAFolderWhatTheAgentReads() throws {
        let scene = try QuietScene()
        try scene.host.command(["mkdir", "\(scene.installation.resources)/below"]).succeed()
        try writeFile("\(scene.installation.resources)/below/deep.yaml", endpointText("deep", interface: "cali9"))
        try writeFile("\(scene.installation.resources)/.hidden.yaml", "not: [ours\n")
        try writeFile("\(scene.installation.resources)/notes.txt", "not: [ours\n")
        let result = try scene.installation.run("validate", scene.installation.resources)
        #expect(result.exitCode == 0)
        #expect(result.output.hasSuffix("3 files: 3 resources valid, 0 rejected, 0 warnings\n"), "\(result)")
        #expect(try scene.installation.startAgent().waitUntilReady().endpoints.map(\.name).sorted() == ["deep", "web"])
    }
}
