import Glibc
import Status
import Testing

/// One agent per network namespace, and its socket.
struct AgentUniquenessTests {
    @Test(arguments: [["agent"], ["agent", "--once"], ["cleanup"]])
    func whileAnAgentRunsNobodyElseProgramsAndIsToldWhoItIs(arguments: [String]) throws {
        let scene = try QuietScene()
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        let before = try scene.installation.kernelState()
        // Of an installation of its own, so that neither file nor socket is what tells them apart.
        let other = try Installation(in: scene.host)
        let refused = try other.command(arguments).run()
        #expect(refused.exitCode == 1)
        #expect(refused.errors.contains("pid \(agent.pid) "), "\(refused)")
        #expect(try scene.installation.kernelState() == before)
        #expect(try agent.status().ready)

        _ = try agent.terminate()
        let successor = try other.command(arguments == ["agent"] ? ["agent", "--once"] : arguments).run()
        #expect(successor.exitCode == 0, "\(successor)")
    }

    @Test func agentsOfTwoNamespacesWorkSideBySide() throws {
        let scenes = [try QuietScene(), try QuietScene()]
        try scenes[1].installation.put("web.yaml", endpointText(addresses: ["10.65.0.3"]))
        let agents = try scenes.map { try $0.installation.startAgent() }
        let reports = try agents.map { try $0.waitUntilReady() }
        #expect(reports.map(\.agent.pid) == agents.map(\.pid))
        #expect(reports.map { $0.endpoint("web")?.networks.map(\.cidr) } == [["10.65.0.2/32"], ["10.65.0.3/32"]])
        #expect(try scenes[0].routes().contains("10.65.0.2 "))
        #expect(try scenes[1].routes().contains("10.65.0.3 "))
        #expect(try !scenes[1].routes().contains("10.65.0.2 "))
    }

    @Test func aSocketThatNobodyServesIsReplacedAndAFileIsNot() throws {
        let scene = try QuietScene()
        let first = try scene.installation.startAgent()
        try first.waitUntilReady()
        try first.kill()
        let stale = try scene.installation.run("status")
        #expect(stale.exitCode == 3)
        #expect(stale.errors.contains("start it with margay agent"))
        let second = try scene.installation.startAgent()
        #expect(try second.waitUntilReady().agent.pid == second.pid)
    }

    @Test func whereTheSocketCannotBeNothingIsProgrammed() throws {
        let scene = try QuietScene()
        try writeFile(scene.installation.socket, "somebody's notes")
        let agent = try scene.installation.startAgent()
        #expect(try agent.waitForEnd().exitCode == 1)
        #expect(agent.log.contains("\(scene.installation.socket): it exists and is not a socket"), "\(agent.log)")
        #expect(try readFile(scene.installation.socket) == "somebody's notes")
        #expect(try scene.host.execute("nft", "list", "tables").output == "")
        #expect(try scene.routes() == "")
    }

    @Test func theSocketIsItsOwnersAndItsGroups() throws {
        let scene = try QuietScene()

        func socketOfAgent(group: String) throws -> (mode: mode_t, group: gid_t, log: String) {
            let agent = try scene.installation.startAgent(environment: ["MARGAY_STATUS_GROUP": group])
            try agent.waitUntilReady()
            var status = stat()
            #expect(stat(scene.installation.socket, &status) == 0)
            #expect(try agent.terminate().exitCode == 0)
            return (status.st_mode & 0o777, status.st_gid, agent.log)
        }
        let alone = try socketOfAgent(group: "no-such-group")
        #expect(alone.mode == 0o600)
        #expect(alone.log.contains("no-such-group"))
        let shared = try socketOfAgent(group: "daemon")
        #expect(shared.mode == 0o660)
        #expect(shared.group == 1)
    }
}
