import Status
import Testing

/// A source that loses many endpoints at once.
struct MassDeleteTests {
    private func held(_ agent: RunningAgent, _ count: Int = 12) throws -> StatusReport {
        try agent.wait(for: "the hold") { $0.dataplane.state == .held && $0.dataplane.held?.endpoints == count }
    }

    @Test func whatIsLostAtOnceStaysUntilItIsConfirmed() throws {
        let scene = try MassDeleteScene(settings: "massDeleteHold: 1h")
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        let state = try scene.installation.kernelState()
        let traffic = try scene.flow()
        try traffic.waitForMore("one", at: scene.outside)
        try scene.loseEverything()
        let report = try held(agent)
        #expect(report.endpoints.count == 12)
        #expect(report.endpoints.allSatisfy { $0.state == .up && $0.heldSince != nil && $0.reason.contains("confirm") })
        #expect(report.dataplane.held?.of == 12)
        #expect(report.dataplane.held?.until != nil)
        #expect(!report.ready)
        // Its profile went too, and is held with it.
        #expect(try scene.installation.kernelState() == state)
        try traffic.waitForMore("one", at: scene.outside)
        #expect(try scene.installation.run("check").exitCode == 0)
        #expect(try scene.installation.run("diff").exitCode == 0)
        #expect(try scene.installation.run("get", "profiles").output.contains("open"))

        let confirmation = try scene.installation.run("confirm")
        #expect(confirmation.exitCode == 0, "\(confirmation)")
        #expect(confirmation.output == "confirmed: 12 endpoints go\n")
        // The answer came after the removal.
        #expect(try scene.routes() == [])
        let arrived = try traffic.arrived("one", at: scene.outside)
        try traffic.waitForMore("one")
        #expect(try traffic.arrived("one", at: scene.outside) == arrived)
        traffic.stop()
        #expect(try traffic.leaked(["spoofed", "denied"], at: scene.outside) == [:])
        let after = try agent.waitUntilReady()
        #expect(after.endpoints == [])
        #expect(after.dataplane.state == .applied && after.dataplane.held == nil)
        let again = try scene.installation.run("confirm")
        #expect(again.output == "nothing is held\n" && again.exitCode == 0)
    }

    @Test func everyFaceSaysItAndWhatToDo() throws {
        let scene = try MassDeleteScene(settings: "massDeleteHold: 1h")
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        try scene.loseEverything()
        _ = try held(agent)
        let words = "margay confirm"
        for arguments in [[], ["-o", "wide"], ["-o", "json"], ["-o", "yaml"], ["--brief"]] {
            let result = try scene.installation.command(["status"] + arguments).run()
            #expect(result.exitCode == 1)
            #expect(
                result.output.split(whereSeparator: \.isWhitespace).joined(separator: " ").contains(words), "\(result)")
            #expect(result.output.contains("held"))
        }
        #expect(try scene.installation.run("check").exitCode == 0)
        #expect(agent.log.contains("warning  The source has lost many endpoints at once; they stay programmed"))
        #expect(agent.log.contains("remedy=\"margay confirm if that is right, otherwise mend the source\""))
        let gone = try scene.installation.run("wait", "one", "--for", "gone", "--timeout", "10ms")
        #expect(gone.exitCode == 1 && gone.errors.contains(words), "\(gone)")
        let ready = try scene.host.get("/readyz")
        #expect(ready.status == 503 && ready.body.contains("removals: held: the source lost 12 of 12"), "\(ready)")
        let metrics = try scene.host.get("/metrics").body
        #expect(metrics.contains("\nmargay_held_removals 12\n"))
        #expect(metrics.contains("\nmargay_dataplane_state{state=\"held\"} 1\n"))
    }

    /// Whoever may ask is not yet one who may confirm.
    @Test func onlyRootAndTheAgentsUserMayConfirm() throws {
        let scene = try MassDeleteScene(settings: "massDeleteHold: 1h")
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        try scene.loseEverything()
        _ = try held(agent)
        try Command(["chmod", "666", scene.installation.socket]).succeed()
        let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        let status = try scene.installation.command(["status", "--brief"], through: nobody).run()
        #expect(status.output.contains("12 of 12 endpoints up"), "\(status)")
        let refused = try scene.installation.command(["confirm"], through: nobody).run()
        #expect(refused.exitCode == 1 && refused.errors.contains("only root"), "\(refused)")
        #expect(try agent.status().dataplane.held?.endpoints == 12)
        _ = try agent.terminate()
        #expect(try scene.installation.run("confirm").exitCode == 3)
    }

    @Test func whatIsHeldLongEnoughGoes() throws {
        let scene = try MassDeleteScene(settings: "massDeleteHold: 1h")
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        try scene.loseEverything()
        _ = try held(agent)
        // A reload takes effect on what is held already.
        try scene.installation.configure("massDeleteHold: 100ms")
        try agent.reload()
        let report = try agent.waitUntilReady()
        #expect(report.endpoints == [])
        #expect(try scene.routes() == [])
        #expect(agent.log.contains("The source has said the same long enough: what it has lost goes"))
    }

    @Test func whatComesBackIsHeldNoMoreAndLosesNoPacket() throws {
        let scene = try MassDeleteScene()
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        let traffic = try scene.flow()
        try traffic.waitForMore("one", at: scene.outside)
        let state = try scene.installation.kernelState()
        try scene.loseEverything()
        _ = try held(agent)
        try scene.restoreEverything()
        let report = try agent.waitUntilReady()
        #expect(report.endpoints.allSatisfy { $0.heldSince == nil })
        traffic.stop()
        #expect(try traffic.lost(["one"], at: scene.outside) == [:])
        #expect(try traffic.leaked(["spoofed", "denied"], at: scene.outside) == [:])
        #expect(try scene.installation.kernelState() == state)
    }

    /// One file after the other: what was believed of the first ones comes back.
    @Test func aSlowLossIsNoneTheLess() throws {
        let scene = try MassDeleteScene()
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        for name in MassDeleteScene.files.dropFirst(2) { try scene.installation.delete("\(name).yaml") }
        let report = try held(agent, 10)
        #expect(report.endpoints.count == 12)
        try agent.wait(for: "all to be up") { report in report.endpoints.count { $0.state == .up } == 12 }
        #expect(try scene.installation.run("confirm").output == "confirmed: 10 endpoints go\n")
        #expect(try agent.waitUntilReady().endpoints.map(\.name) == ["one", "two"])
    }

    @Test func anEndpointWhoseInterfaceGoesIsBelievedAtOnce() throws {
        let scene = try MassDeleteScene(settings: "massDeleteHold: 1h")
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        try scene.loseEverything()
        _ = try held(agent)
        try scene.host.ip("link delete cali3", "link delete cali4")
        let report = try held(agent, 10)
        #expect(!report.endpoints.map(\.interfaceName).contains { ["cali3", "cali4"].contains($0) })
        #expect(try !scene.routes().contains { $0.contains("cali3") })
        let map = try scene.host.command(["nft", "list", "map", "inet", "margay", "from"]).succeed()
        #expect(!map.contains("cali3") && map.contains("cali5"))
        // With the last of them nothing is held any more.
        try scene.host.ip("link delete cali1", "link delete cali2")
        for number in 5...12 { try scene.host.ip("link delete cali\(number)") }
        #expect(try agent.waitUntilReady().endpoints == [])
    }

    @Test func aDrainIsBelievedAtOnce() throws {
        let scene = try MassDeleteScene()
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        for number in 3...12 { try scene.host.ip("link delete cali\(number)") }
        for number in 3...12 { try scene.installation.delete("e\(number).yaml") }
        let report = try agent.wait(for: "the removal") { $0.endpoints.count == 2 && $0.ready }
        #expect(report.dataplane.state == .applied)
        #expect(!agent.log.contains("The source has lost many endpoints"))
    }

    @Test func whatIsNewGoesOnAndWinsEveryConflict() throws {
        let scene = try MassDeleteScene(settings: "massDeleteHold: 1h")
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        try scene.loseEverything()
        _ = try held(agent)
        // An address of e3, at another interface; and e4's interface, under another name.
        try scene.host.addPair("cali20")
        try scene.installation.put(
            "new.yaml", endpointText("zz", interface: "cali20", mac: nil, addresses: ["10.65.0.3", "10.65.0.20"]))
        try scene.installation.put("other.yaml", MassDeleteScene.endpoint(4, "zzz"))
        let report = try agent.wait(for: "the new ones") { $0.state("zz") == .up && $0.state("zzz") == .up }
        #expect(report.state("e3") == .conflict)
        // Another endpoint has its interface: its loss needs no confirmation.
        #expect(report.endpoint("e4") == nil)
        #expect(try scene.routes().contains { $0.hasPrefix("10.65.0.3 dev cali20") })
        #expect(try scene.routes().contains { $0.hasPrefix("10.65.0.5 dev cali5") })
        #expect(report.dataplane.state == .held)
        // check knows who yields.
        let check = try scene.installation.run("check")
        #expect(check.output.contains("10.65.0.3 belongs to default/zz"), "\(check)")
    }

    @Test func anEmptyAnswerAfterARestartIsHeld() throws {
        let scene = try MassDeleteScene(settings: "massDeleteHold: 1h")
        let first = try scene.installation.startAgent()
        try first.waitUntilReady()
        let state = try scene.installation.kernelState()
        let traffic = try scene.flow()
        _ = try first.terminate()
        try scene.loseEverything()
        let second = try scene.installation.startAgent()
        #expect(try held(second).source.state == .inSync)
        #expect(try scene.installation.kernelState() == state)
        // Nor does another restart believe it: what is held is kept on disk too.
        _ = try second.terminate()
        let third = try scene.installation.startAgent()
        _ = try held(third)
        #expect(try scene.installation.kernelState() == state)
        #expect(try scene.installation.run("confirm").exitCode == 0)
        _ = try third.terminate()
        traffic.stop()
        #expect(try traffic.leaked(["spoofed", "denied"], at: scene.outside) == [:])
        let fourth = try scene.installation.startAgent()
        #expect(try fourth.waitUntilReady().endpoints == [])
    }
}
