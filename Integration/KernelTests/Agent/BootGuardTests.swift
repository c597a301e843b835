import Status
import Testing

/// Workload interfaces are closed before an agent runs, and whether or not one can.
struct BootGuardTests {
    private let scene: TrafficScene

    /// At boot: interfaces are there, something routes to and from them, and the host forwards.
    init() throws {
        scene = try TrafficScene()
        try scene.host.command(["sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"]).succeed()
    }

    private var all: [String] { TrafficScene.honest + TrafficScene.dishonest }

    private func tables() throws -> String {
        try scene.host.command(["nft", "-s", "list", "ruleset"]).succeed()
    }

    @Test func nothingPassesBeforeTheAgentAndWhatItOpensIsWhatItShould() throws {
        let open = try Traffic(scene.attack(from: scene.one), seenBy: [scene.outside])
        for name in all { try open.waitForMore(name, at: scene.outside) }
        open.stop()
        try scene.outside.nft("delete table netdev traffic")

        let result = try scene.installation.run("guard")
        #expect(result.exitCode == 0 && result.output == "closed cali* until an agent runs\n", "\(result)")
        let traffic = try Traffic(scene.attack(from: scene.one), seenBy: [scene.outside])
        for name in all { try traffic.waitForMore(name) }
        #expect(try traffic.leaked(all, at: scene.outside) == [:])
        let guarded = try tables()

        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        for name in TrafficScene.honest { try traffic.waitForMore(name, at: scene.outside) }
        for name in TrafficScene.dishonest { try traffic.waitForMore(name) }
        // Again it changes nothing, with the agent or without.
        let state = try scene.installation.kernelState()
        #expect(try scene.installation.run("guard").errors.contains("works in this network namespace already"))
        try agent.kill()
        let again = try scene.installation.run("guard")
        #expect(again.exitCode == 0 && again.output.hasPrefix("the table inet margay is there already"), "\(again)")
        #expect(try scene.installation.kernelState() == state)
        traffic.stop()
        #expect(try traffic.leaked(TrafficScene.dishonest, at: scene.outside) == [:])
        #expect(try tables() != guarded)
    }

    /// Whoever flushed the tables has the routes of running endpoints still there.
    @Test func routesOfAnEarlierAgentStay() throws {
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        try agent.kill()
        let (routes, neighbours) = (try scene.routes(), try scene.neighbours())
        try scene.host.nft("flush ruleset")
        #expect(try scene.installation.run("guard").exitCode == 0)
        #expect(try scene.routes() == routes && scene.neighbours() == neighbours)
        let traffic = try Traffic(scene.attack(from: scene.one), seenBy: [scene.outside])
        for name in all { try traffic.waitForMore(name) }
        #expect(try traffic.leaked(all, at: scene.outside) == [:])
    }

    @Test func aConfigurationThatIsNotValidClosesTheDefaultPrefix() throws {
        try scene.installation.configure("resyncInterval: sometimes")
        #expect(try scene.installation.run("agent", "--once").exitCode == 1)
        let result = try scene.installation.run("guard")
        #expect(result.exitCode == 1 && result.output == "closed cali* until an agent runs\n", "\(result)")
        #expect(result.errors.contains("resyncInterval"), "\(result)")
        let traffic = try Traffic(scene.attack(from: scene.one), seenBy: [scene.outside])
        for name in all { try traffic.waitForMore(name) }
        #expect(try traffic.leaked(all, at: scene.outside) == [:])
    }

    @Test func itClosesWhatTheSettingsSay() throws {
        try scene.installation.configure("unknownInterfaces: ignore")
        #expect(try scene.installation.run("guard").output == "unknownInterfaces is ignore: nothing to close\n")
        #expect(try tables() == "")
        try scene.installation.configure("interfacePrefixes: [tap, veth]\nlockTable: true")
        #expect(try scene.installation.run("guard").output == "closed tap*, veth* until an agent runs\n")
        #expect(try tables().contains("iifname \"veth*\" counter drop"))
        // Held by nobody until the agent comes, which takes it over as it is.
        try scene.installation.configure("lockTable: true")
        let agent = try scene.installation.startAgent()
        #expect(try agent.waitUntilReady().dataplane.failures == 0)
        try scene.host.nft("flush ruleset")
        #expect(try tables().contains("table inet margay"))
    }
}
