import Glibc
import Status
import Testing

/// What an earlier agent accepted, where the source cannot be had or cannot be right.
struct LastGoodTests {
    private func kept(_ installation: Installation) -> String { (try? readFile(installation.lastGood)) ?? "" }

    /// Starts an agent, waits until what it accepted is on disk, and ends it.
    private func runOnce(_ installation: Installation, until text: String = "cali1", signal: Int32 = SIGTERM) throws {
        let agent = try installation.startAgent()
        try agent.waitUntilReady()
        if signal == SIGKILL {
            try eventually("what was accepted to be kept") { kept(installation).contains(text) }
            try agent.kill()
        } else {
            _ = try agent.terminate()
            #expect(kept(installation).contains(text))
        }
    }

    /// A reboot takes everything of ours from the kernel.
    private func forget(_ scene: Scene) throws {
        try scene.installation.run("cleanup")
        #expect(try scene.routes() == "")
    }

    @Test(arguments: [SIGTERM, SIGKILL])
    func aRestartWithoutTheSourceProgramsWhatWasAccepted(signal: Int32) throws {
        let scene = try Scene()
        try runOnce(scene.installation, signal: signal)
        try forget(scene)
        try Command(["mv", scene.installation.resources, "\(scene.installation.folder)/away"]).succeed()
        let agent = try scene.installation.startAgent()
        let report = try agent.wait(for: "the last good state") { $0.state("web") == .up }
        #expect(try scene.isReached())
        #expect(report.source.state == .stale)
        #expect(report.dataplane.state == .applied)
        #expect(!report.ready)
        #expect(report.dataplane.notices.first?.contains("what an earlier agent accepted stays in force") == true)
        #expect(agent.log.contains("The source cannot be had; what an earlier agent accepted stays in force"))
        let status = try scene.installation.run("status")
        #expect(status.exitCode == 1)
        #expect(status.output.contains("Source     stale for "))
        #expect(try scene.installation.run("status", "--brief").output.contains("source stale"))
        #expect(try scene.installation.run("check").exitCode == 0)

        // The source comes back, and says something else.
        try Command(["mv", "\(scene.installation.folder)/away", scene.installation.resources]).succeed()
        let ready = try agent.waitUntilReady()
        #expect(ready.source.state == .inSync && ready.source.ageSeconds == 0)
        #expect(try scene.isReached())
        #expect(try scene.installation.run("status").exitCode == 0)
    }

    /// An interface that comes up while the source is away is programmed as any other.
    @Test func anInterfaceThatComesMeanwhileIsProgrammed() throws {
        let scene = try QuietScene()
        try runOnce(scene.installation)
        try scene.installation.run("cleanup")
        try scene.host.ip("link delete cali1")
        try Command(["rm", "-r", scene.installation.resources]).succeed()
        let agent = try scene.installation.startAgent()
        try agent.wait(for: "the last good state") { $0.state("web") == .pending && $0.source.state == .stale }
        try scene.host.addPair("cali1")
        try agent.wait(for: "the endpoint") { $0.state("web") == .up }
        #expect(try scene.routes().contains("10.65.0.2 "))
        let ready = try scene.host.get("/readyz")
        #expect(ready.status == 503 && ready.body.contains(" is stale for "), "\(ready)")
        let metrics = try scene.host.get("/metrics")
        #expect(metrics.sample("margay_source_state{state=\"stale\"}") == 1)
        #expect(try #require(metrics.sample("margay_source_age_seconds")) > 0)
    }

    /// The document of the endpoint, all of its file, and the profile's.
    @Test(arguments: [
        ("web.yaml", "metadata", "metadatum"), ("web.yaml", "apiVersion", "{["), ("open.yaml", "Allow", "Perhaps"),
    ])
    func whatIsBrokenMeanwhileKeepsItsLastGoodVersion(file: String, good: String, bad: String) throws {
        let scene = try Scene()
        try runOnce(scene.installation)
        try forget(scene)
        let text = try readFile("\(scene.installation.resources)/\(file)")
        try scene.installation.put(file, text.replacing(good, with: bad))
        let agent = try scene.installation.startAgent()
        let report = try agent.waitUntilReady()
        #expect(report.source.rejected.map(\.lastGoodKept) == [true])
        #expect(report.dataplane.state == .applied)
        #expect(report.state("web") == .up)
        #expect(try scene.isReached())
        let status = try scene.installation.run("status").output.split(whereSeparator: \.isWhitespace)
        #expect(status.joined(separator: " ").contains("the last good version stays programmed"))

        // Not even a second restart takes it away; a mended file counts, and so does one that is gone.
        _ = try agent.terminate()
        let second = try scene.installation.startAgent()
        #expect(try second.waitUntilReady().source.rejected.map(\.lastGoodKept) == [true])
        #expect(try scene.isReached())
        try scene.installation.put(file, text)
        try second.wait(for: "the mended file") { $0.source.rejected.isEmpty && $0.ready }
        #expect(try scene.isReached())
        try scene.installation.delete(file)
        try eventually("the removal to count") { try !scene.isReached() }
    }

    /// What was accepted after the last writing is in the kernel, and stays there.
    @Test func nothingIsRemovedWhileTheSourceIsAway() throws {
        let scene = try QuietScene(interfaces: ["cali1", "cali2"])
        try runOnce(scene.installation)
        let older = kept(scene.installation)
        try scene.installation.put("2.yaml", endpointText("second", interface: "cali2", addresses: ["10.65.0.22"]))
        try runOnce(scene.installation, until: "cali2")
        try writeFile(scene.installation.lastGood, older)
        let state = try scene.installation.kernelState()
        let away = "\(scene.installation.folder)/away"
        try Command(["mv", scene.installation.resources, away]).succeed()
        let agent = try scene.installation.startAgent()
        let report = try agent.wait(for: "the last good state") {
            $0.source.state == .stale && $0.dataplane.state == .held
        }
        #expect(report.endpoints.map(\.name) == ["web"])
        let confirmation = try scene.installation.run("confirm")
        #expect(confirmation.exitCode == 1 && confirmation.errors.contains("until the source is in sync"))
        #expect(try scene.installation.kernelState() == state)
        try Command(["mv", away, scene.installation.resources]).succeed()
        try agent.waitUntilReady()
        #expect(try scene.installation.kernelState() == state)
    }

    /// The file cannot be used: it is set aside, which is said, and the source alone counts.
    @Test(arguments: ["damaged", "cut short", "of another version", "of another node", "of another source", "a folder"])
    func aFileThatCannotBeUsedIsSetAside(kind: String) throws {
        let scene = try QuietScene()
        try runOnce(scene.installation)
        let text = kept(scene.installation)
        var settings: [String: String] = [:]
        switch kind {
        case "damaged": try writeFile(scene.installation.lastGood, text.replacing("cali1", with: "cali2"))
        case "cut short": try writeFile(scene.installation.lastGood, String(text.dropLast(20)))
        case "of another version":
            try writeFile(scene.installation.lastGood, text.replacing("version 1\n", with: "version 2\n"))
        case "of another node": settings = ["MARGAY_NODE": "node2"]
        case "of another source":
            try Command(["mv", scene.installation.resources, "\(scene.installation.folder)/other"]).succeed()
            settings = ["MARGAY_SOURCE_DIRECTORY_PATH": "\(scene.installation.folder)/other"]
        default:
            try scene.installation.forgetLastGood()
            try Command(["mkdir", scene.installation.lastGood]).succeed()
        }
        let agent = try scene.installation.startAgent(environment: settings)
        let report = try agent.waitUntilReady()
        #expect(report.endpoints.count == (kind == "of another node" ? 0 : 1))
        #expect(
            agent.log.contains("The kept resources cannot be used; only what the source says counts"), "\(agent.log)")
        #expect(try Command(["test", "-e", "\(scene.installation.lastGood).unusable"]).run().exitCode == 0)
        // It is written anew.
        _ = try agent.terminate()
        #expect(kept(scene.installation).contains("# margay last good, version 1\n"))
    }

    @Test(arguments: ["size=4k", "ro"])
    func aDiskThatTakesNothingIsANoticeAndNoFailure(options: String) throws {
        let scene = try QuietScene()
        let state = "\(scene.installation.folder)/state"
        let filling = options == "ro" ? "" : "; head -c 4096 /dev/zero >\(state)/full"
        let agent = try scene.installation.startAgent(
            preparation: "mkdir -p \(state); mount -t tmpfs -o \(options) none \(state)\(filling)")
        let words = options == "ro" ? "Read-only file system" : "No space left on device"
        let report = try agent.wait(for: "the notice") { report in
            report.ready && report.dataplane.notices.contains { $0.contains(words) }
        }
        #expect(report.isHealthy)
        #expect(agent.log.contains("warning  Accepted resources are not kept on disk; it is tried again"))
        #expect(try scene.installation.run("status").exitCode == 0)
    }

    @Test func theFileIsForItsOwnerAndCanBeChecked() throws {
        let scene = try QuietScene()
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        try eventually("the file") { kept(scene.installation).contains("cali1") }
        #expect(
            try Command(["stat", "-c", "%a %u", scene.installation.lastGood]).succeed().split(separator: "\n") == [
                "600 0"
            ])
        #expect(try scene.installation.run("validate", scene.installation.lastGood).exitCode == 0)
        #expect(try scene.installation.run("check", scene.installation.lastGood).exitCode == 0)
    }
}
