import Glibc
import Status
import TestSupport
import Testing

/// An agent reads its configuration again at SIGHUP. `AgentSettingsChangeTests` has what each option does to traffic.
struct AgentReloadTests {
    /// With endpointToHost as the one option that changes.
    private let toHost = ["endpointToHost: drop", "endpointToHost: accept"]

    @Test func aPacketToTheHostPassesWithoutARestart() throws {
        let scene = try Scene()
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        #expect(try !scene.workload.namespace.pings(scene.topology.hostAddress))
        try scene.installation.configure(toHost[1])
        // Nothing changes before it is asked to look.
        #expect(try !scene.workload.namespace.pings(scene.topology.hostAddress))
        try agent.reload()
        #expect(try scene.workload.namespace.pings(scene.topology.hostAddress))
        #expect(try scene.isReached())
        let report = try agent.status()
        #expect(report.agent.pid == agent.pid && report.ready && report.dataplane.notices == [])
        try scene.installation.configure(toHost[0])
        try agent.reload()
        #expect(try !scene.workload.namespace.pings(scene.topology.hostAddress))
    }

    @Test func aReloadThatChangesNothingTouchesNothing() throws {
        let scene = try Scene()
        let agent = try scene.installation.startAgent()
        let before = try agent.waitUntilReady()
        let state = try scene.installation.kernelState()
        let monitor = try RulesetMonitor(scene.host, in: scene.installation.folder)
        for _ in 0..<3 { try agent.reload() }
        #expect(try monitor.changes() == [])
        #expect(try scene.installation.kernelState() == state)
        #expect(try agent.status().dataplane.applies == before.dataplane.applies)
    }

    @Test func anotherPrefixClosesForeignInterfaces() throws {
        let scene = try TrafficScene()
        let foreign = try scene.topology.addSilentWorkload(interfaceName: "tap8", mac: "02:00:00:00:00:08")
        try scene.host.ip("route add 10.65.0.8 dev tap8")
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        let traffic = try Traffic(
            [
                "own": scene.one.stream(from: "10.65.0.1", to: scene.outsideAddress),
                "foreign": foreign.stream(from: "10.65.0.8", to: scene.outsideAddress),
            ], seenBy: [scene.outside])
        try traffic.waitForMore("foreign", at: scene.outside)
        try scene.installation.configure("interfacePrefixes: [cali, tap]")
        try agent.reload()
        try traffic.waitForMore("own", at: scene.outside)
        let arrived = try traffic.arrived("foreign", at: scene.outside)
        try traffic.waitForMore("foreign")
        try traffic.waitForMore("own", at: scene.outside)
        #expect(try traffic.arrived("foreign", at: scene.outside) == arrived)
        try scene.installation.configure("interfacePrefixes: [cali]")
        try agent.reload()
        try traffic.waitForMore("foreign", at: scene.outside)
        traffic.stop()
        #expect(try traffic.lost(["own"], at: scene.outside) == [:])
    }

    @Test func forwardingIsSwitchedOnByAReload() throws {
        let scene = try Scene(settings: "manageForwarding: false")
        try scene.host.command(["sysctl", "-q", "-w", "net.ipv4.ip_forward=0"]).succeed()
        let agent = try scene.installation.startAgent()
        #expect(try agent.waitUntilReady().dataplane.notices.first?.contains("manageForwarding is false") == true)
        #expect(try !scene.isReached())
        try scene.installation.configure("manageForwarding: true")
        try agent.reload()
        #expect(try scene.isReached())
        #expect(try agent.status().dataplane.notices == [])
    }

    @Test func anInvalidConfigurationChangesNothingAndIsShownUntilItIsValid() throws {
        let scene = try Scene()
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        let state = try scene.installation.kernelState()
        let file = scene.installation.configuration
        try scene.installation.configure("endpointToHost: accept\nroutes: {protocol: 3}\nnats: {}")
        try agent.reload()
        #expect(try scene.installation.kernelState() == state)
        #expect(agent.log.contains("\(file):5:20: error: routes.protocol: "))
        #expect(agent.log.contains("\(file):6:1: error: nats: "))
        func status(_ arguments: String...) throws -> CommandResult {
            // Without it the command would read the same configuration.
            try scene.installation.command(["--socket", scene.installation.socket, "status"] + arguments).run()
        }
        let report = try StatusReport(json: Array(try status("-o", "json").output.utf8))
        #expect(report.ready)
        #expect(report.dataplane.notices.count == 1)
        let notice = report.dataplane.notices.first ?? ""
        #expect(
            notice.hasPrefix("the configuration was not taken over, the former settings hold: \(file):5:20: error: "))
        #expect(notice.hasSuffix("(and 1 more)"), "\(notice)")
        #expect(try status().exitCode == 0)

        // Nor does one that is gone.
        try Command(["rm", file]).succeed()
        try agent.reload()
        #expect(try status("-o", "json").output.contains("--config: error: cannot read"))
        #expect(try scene.installation.kernelState() == state)

        try scene.installation.configure("endpointToHost: accept")
        try agent.reload()
        #expect(try agent.status().dataplane.notices == [])
        #expect(try scene.workload.namespace.pings(scene.topology.hostAddress))
    }

    @Test func whatTakesARestartIsNamedAndKeepsItsValue() throws {
        let scene = try Scene()
        let file = scene.installation.configuration
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        let socket = "\(scene.installation.folder)/other.sock"
        try writeFile(
            file,
            """
            node: node2
            source: {type: directory, directory: {path: \(scene.installation.resources)}}
            status: {socket: \(socket)}
            routes: {protocol: 99}
            endpointToHost: accept

            """)
        try agent.reload()
        // What is safe was taken over beside it.
        #expect(try scene.workload.namespace.pings(scene.topology.hostAddress))
        #expect(try scene.isReached())
        #expect(try scene.routes().contains("10.65.0.2 dev cali1"))
        let result = try scene.installation.run("--socket", scene.installation.socket, "status", "-o", "json")
        let report = try StatusReport(json: Array(result.output.utf8))
        #expect(report.node == "node1")
        #expect(
            report.dataplane.notices == [
                "node: node2, running with node1 (\(file):1:7) takes a restart of the agent",
                "routes.protocol: 99, running with 77 (\(file):4:20) takes a restart of the agent",
                "status.socket: \(socket), running with \(scene.installation.socket) (\(file):3:18) takes a restart of "
                    + "the agent",
            ])
        #expect(agent.log.contains("A setting takes a restart of the agent"))
        #expect(agent.log.contains("key=routes.protocol"))
        try scene.installation.configure("")
        try agent.reload()
        #expect(try agent.status().dataplane.notices == [])
    }

    /// Fragments, variables and options count as they did at the start.
    @Test func theConfigurationIsReadAsItWasAtTheStart() throws {
        let scene = try Scene(settings: "sourceFilter: {dhcp: true}")
        let agent = try scene.installation.startAgent(
            ["--node", "node1"], environment: ["MARGAY_ENDPOINT_TO_HOST": "accept"])
        try agent.waitUntilReady()
        try scene.installation.configure("endpointToHost: drop")
        try agent.reload()
        #expect(try scene.workload.namespace.pings(scene.topology.hostAddress))
        func rules() throws -> String {
            try scene.host.command(["nft", "list", "chain", "inet", "margay", "source-filter"]).succeed()
        }
        #expect(try rules().contains("goto drop-dhcp"))
        try scene.host.command(["mkdir", "\(scene.installation.folder)/margay.d"]).succeed()
        try writeFile("\(scene.installation.folder)/margay.d/50.yaml", "node: other\nsourceFilter: {dhcp: false}\n")
        try agent.reload()
        #expect(try !rules().contains("goto drop-dhcp"))
        #expect(try agent.status().dataplane.notices == [])
        try writeFile("\(scene.installation.folder)/margay.d/50.yaml", "sourceFilter: {dhcp: maybe}\n")
        try agent.reload()
        #expect(agent.log.contains("margay.d/50.yaml:1:22: error: sourceFilter.dhcp: "))
        #expect(try !rules().contains("goto drop-dhcp"))
    }

    @Test func theIntervalOfRepairsFollowsAndWhatWasDamagedCounts() throws {
        let scene = try QuietScene(settings: "resyncInterval: 24h")
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        func damage() throws { try scene.host.nft("delete element inet margay from { \"cali1\" }") }
        try damage()
        try scene.installation.configure("resyncInterval: 24h\nendpointToHost: accept")
        try agent.reload()
        #expect(try agent.waitUntilReady().dataplane.repairs == 1)
        try scene.installation.configure("resyncInterval: 1s\nendpointToHost: accept")
        try agent.reload()
        try damage()
        try agent.wait(for: "another repair") { $0.ready && $0.dataplane.repairs == 2 }
    }

    @Test func theLevelOfLoggingFollows() throws {
        let scene = try QuietScene(interfaces: ["cali1", "cali2"], settings: "logging: {level: error}")
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        #expect(agent.log == "")
        try scene.installation.configure("logging: {level: info}")
        try agent.reload()
        try scene.installation.put("2.yaml", endpointText("second", interface: "cali2", addresses: ["10.65.0.22"]))
        try agent.wait(for: "the second endpoint") { $0.state("second") == .up }
        #expect(agent.log.contains(" Applied "))
    }

    /// Whoever knows nothing yet of what is wanted removes nothing, with whatever settings.
    @Test func aReloadBeforeTheSourceIsReadTouchesNothing() throws {
        let scene = try Scene()
        let first = try scene.installation.startAgent()
        try first.waitUntilReady()
        _ = try first.terminate()
        try scene.installation.forgetLastGood()
        let resources = scene.installation.resources
        try Command(["mv", resources, "\(resources).away"]).succeed()
        let state = try scene.installation.kernelState()
        let agent = try scene.installation.startAgent()
        try agent.wait(for: "the source to be missed") { $0.source.state == .reconnecting }
        try scene.installation.configure(toHost[1])
        try agent.reload()
        #expect(try scene.installation.kernelState() == state)
        #expect(try scene.isReached())
        #expect(try !scene.workload.namespace.pings(scene.topology.hostAddress))
        try Command(["mv", "\(resources).away", resources]).succeed()
        try agent.waitUntilReady()
        #expect(try scene.workload.namespace.pings(scene.topology.hostAddress))
        #expect(try scene.isReached())
    }

    /// What was kept for a resource that cannot be read is kept on.
    @Test func whatIsHeldStaysHeld() throws {
        let scene = try TrafficScene()
        let first = try scene.installation.startAgent()
        try first.waitUntilReady()
        let traffic = try Traffic(
            ["two": scene.two.stream(from: "10.65.0.2", to: scene.outsideAddress)], seenBy: [scene.outside])
        _ = try first.terminate()
        try scene.installation.forgetLastGood()
        try scene.installation.put("two.yaml", "kind: [\n")
        let agent = try scene.installation.startAgent()
        try agent.wait(for: "the first apply") { $0.dataplane.state == .held }
        for settings in [toHost[1], "chainLayout: shared"] {
            try scene.installation.configure(settings)
            try agent.reload()
            #expect(try agent.status().dataplane.state == .held)
            try traffic.waitForMore("two", at: scene.outside)
        }
        try scene.installation.put("two.yaml", TrafficScene.endpoint(2))
        try agent.wait(for: "all to be read") { $0.ready && $0.dataplane.state == .applied }
        try traffic.waitForMore("two", at: scene.outside)
        traffic.stop()
        #expect(try traffic.lost(["two"], at: scene.outside) == [:])
    }

    /// As an agent would not start with it. `AgentErrorsTests` says how the hook comes to be full.
    @Test func whatTheKernelCannotDoIsNotTakenOver() throws {
        let scene = try QuietScene(settings: "sourceFilter: {arp: false}")
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        let chains = (1...1024).map { "chain c\($0) { type filter hook input priority \($0); }" }
        try writeFile(
            "\(scene.installation.folder)/full.nft", "table arp full {\n\(chains.joined(separator: "\n"))\n}\n")
        try scene.host.command(["nft", "-f", "\(scene.installation.folder)/full.nft"]).succeed()
        let state = try scene.installation.kernelState()
        try scene.installation.configure("sourceFilter: {arp: true}\nendpointToHost: accept")
        try agent.reload()
        let report = try agent.status()
        #expect(report.ready && report.dataplane.failures == 0)
        #expect(report.dataplane.notices.map { $0.contains("this kernel lacks arp tables") } == [true])
        #expect(try scene.installation.kernelState() == state)
        try scene.host.nft("delete table arp full")
        try agent.reload()
        #expect(try agent.status().dataplane.notices == [])
        #expect(try scene.host.execute("nft", "list", "tables").output.contains("table arp margay"))
    }

    @Test func aStormOfSignalsEndsWithTheLatestSettings() throws {
        let scene = try Scene()
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        for round in 0..<20 {
            try scene.installation.configure(toHost[round % 2])
            agent.hangUp()
        }
        try eventually("the latest settings to hold") {
            try scene.workload.namespace.pings(scene.topology.hostAddress)
        } otherwise: {
            agent.log
        }
        #expect(try agent.waitUntilReady().dataplane.failures == 0)
        #expect(try scene.isReached())
        #expect(try agent.terminate().exitCode == 0)
    }

    /// A pipe has told all it had; it must not be waited for, nor taken for an empty file.
    @Test func aPipeIsNotReadAgain() throws {
        let scene = try Scene(settings: toHost[1])
        let pipe = "\(scene.installation.folder)/pipe"
        let agent = try RunningAgent(
            scene.installation, ["--config", pipe], [:],
            preparation: "mkfifo \(pipe); cat \(scene.installation.configuration) >\(pipe) &")
        try agent.waitUntilReady()
        #expect(try scene.workload.namespace.pings(scene.topology.hostAddress))
        try agent.reload()
        #expect(agent.log.contains("a pipe can be read once only"))
        #expect(try scene.workload.namespace.pings(scene.topology.hostAddress))
        #expect(try agent.terminate().exitCode == 0)
    }

    /// Whoever waits for `systemctl reload` is told of its beginning and its end (sd_notify(3)).
    @Test func theServiceManagerIsToldOfAReload() throws {
        let scene = try QuietScene()
        let receiver = DatagramReceiver("\(scene.installation.folder)/notify")
        let agent = try scene.installation.startAgent(
            environment: ["NOTIFY_SOCKET": "\(scene.installation.folder)/notify"])
        func next(_ start: String) throws -> String {
            while let text = receiver.text(within: 20_000) {
                if text.hasPrefix(start) { return text }
            }
            throw TestKitError("\(start) was not told\n\(agent.log)")
        }
        #expect(try next("READY=1").contains("STATUS=1 endpoint up; source in sync"))
        try scene.installation.configure("endpointToHost: accept\nlogging: {format: json}")
        agent.hangUp()
        #expect(try next("RELOADING=1").contains("\nMONOTONIC_USEC="))
        #expect(
            try next("READY=1")
                == "READY=1\nSTATUS=1 endpoint up; source in sync; restart needed for logging.format")
        try scene.installation.configure("logging: {format: csv}")
        agent.hangUp()
        #expect(try next("READY=1").hasSuffix("restart needed for logging.format; configuration not taken over"))
    }
}
