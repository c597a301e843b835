import Status
import Testing

/// Interfaces change their names under a running agent, while packets flow: everything follows the name.
struct AgentRenameTests {
    private let scene: TrafficScene
    private let agent: RunningAgent

    init() throws {
        scene = try TrafficScene()
        agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
    }

    private func rename(_ name: String, to other: String, isUp: Bool) throws {
        // Kernels before 6.2 rename only what is down.
        if isUp, try scene.host.execute("ip", "link", "set", name, "name", other).exitCode == 0 { return }
        try scene.host.ip("link set \(name) down", "link set \(name) name \(other)", "link set \(other) up")
    }

    /// Streams of the first workload, with the addresses of one endpoint and of another.
    private func streams(_ other: Int) throws -> KeyValuePairs<String, Traffic.Stream> {
        let (own, others) = (TrafficScene.addresses(1), TrafficScene.addresses(other))
        let outside = [topology.outsideAddress, topology.outsideAddress6]
        return [
            "one": scene.one.stream(from: own[0], to: outside[0]),
            "one 6": scene.one.stream(from: own[1], to: outside[1]),
            "other": scene.one.stream(from: others[0], to: outside[0]),
            "other 6": scene.one.stream(from: others[1], to: outside[1]),
            "other denied": scene.one.stream(from: others[0], to: TrafficScene.denied),
            "other denied 6": scene.one.stream(from: others[1], to: TrafficScene.denied6),
        ]
    }

    private var topology: Topology { scene.topology }
    private let denied = ["other denied", "other denied 6"]

    @Test(arguments: [true, false])
    func theNewNamesEndpointTakesOverAndTheFormersAddressesGoNowhere(isUp: Bool) throws {
        try scene.installation.put(
            "nine.yaml", TrafficScene.endpoint(1, "nine", interface: "cali9", addresses: TrafficScene.addresses(9)))
        try agent.wait(for: "the endpoint that waits") { $0.state("nine") == .pending && $0.ready }
        let traffic = try Traffic(try streams(9), seenBy: [scene.outside])
        try traffic.waitForMore("one", at: scene.outside)
        try traffic.waitForMore("one 6", at: scene.outside)
        #expect(try traffic.leaked(["other", "other 6"] + denied, at: scene.outside) == [:])

        try rename("cali1", to: "cali9", isUp: isUp)
        let passed = try ["one", "one 6"].map { try traffic.arrived($0, at: scene.outside) }
        try traffic.waitForMore("other", at: scene.outside)
        try traffic.waitForMore("other 6", at: scene.outside)
        let report = try agent.wait(for: "the endpoints to change places") {
            $0.state("one") == .pending && $0.state("nine") == .up && $0.ready
        }
        #expect(report.endpoint("one")?.reason == "interface cali1 does not exist")
        // What goes down and comes back at once may do so while it is being programmed.
        #expect(!isUp || report.dataplane.failures == 0, "\(agent.log)")
        // From the rename on, and not only once the agent knew of it.
        #expect(try ["one", "one 6"].map { try traffic.arrived($0, at: scene.outside) } == passed)
        #expect(try traffic.leaked(denied, at: scene.outside) == [:])
        let routes = try scene.routes().filter { !$0.hasPrefix("local") && !$0.contains("cali2") }
        #expect(routes == ["10.65.0.9 dev cali9 scope link", "2001:db8:65::9 dev cali9 metric 1024 pref medium"])
        #expect(
            try scene.neighbours().filter { $0.contains("cali9") }.map { $0.split(separator: " ")[0] } == [
                "10.65.0.9", "2001:db8:65::9",
            ])
        #expect(try scene.parameters("cali9") == ["1", "0", "1"])

        try rename("cali9", to: "cali1", isUp: isUp)
        let passedAsNine = try ["other", "other 6"].map { try traffic.arrived($0, at: scene.outside) }
        try agent.wait(for: "the endpoints to change back") {
            $0.state("one") == .up && $0.state("nine") == .pending && $0.ready
        }
        try traffic.waitForMore("one", at: scene.outside)
        try traffic.waitForMore("one 6", at: scene.outside)
        #expect(try ["other", "other 6"].map { try traffic.arrived($0, at: scene.outside) } == passedAsNine)
        #expect(try traffic.leaked(denied, at: scene.outside) == [:])
    }

    @Test func underANameWithoutAnEndpointTheInterfaceIsClosedAndCounted() throws {
        let traffic = try Traffic(try streams(9), seenBy: [scene.outside])
        try traffic.waitForMore("one", at: scene.outside)
        try rename("cali1", to: "cali8", isUp: true)
        let passed = try ["one", "one 6"].map { try traffic.arrived($0, at: scene.outside) }
        try agent.wait(for: "the endpoint to wait") { $0.state("one") == .pending && $0.ready }
        try traffic.waitForMore("one 6")
        #expect(try ["one", "one 6"].map { try traffic.arrived($0, at: scene.outside) } == passed)
        #expect(try traffic.leaked(["other", "other 6"] + denied, at: scene.outside) == [:])
        #expect(try scene.routes().allSatisfy { !$0.contains("cali8") })
        #expect(try scene.neighbours().allSatisfy { !$0.contains("cali8") })
        traffic.stop()
        // What the first filter passed under the former name and what it dropped under the new one is all that was sent.
        let chain = try scene.host.command(["nft", "list", "chain", "inet", "margay", "source-filter"]).succeed()
        let unknown = try #require(chain.split(separator: "\n").first { $0.contains("\"cali*\"") })
        #expect(!unknown.contains("packets 0 "), "\(chain)")
    }

    @Test func twoInterfacesThatSwapNamesSwapEndpoints() throws {
        let traffic = try Traffic(try streams(2), seenBy: [scene.outside])
        try traffic.waitForMore("one", at: scene.outside)
        try traffic.waitForMore("one 6", at: scene.outside)
        #expect(try traffic.leaked(["other", "other 6"] + denied, at: scene.outside) == [:])
        // The second endpoint's MAC is the first's from now on, so that the name alone decides.
        try scene.installation.put("two.yaml", TrafficScene.endpoint(2, mac: TrafficScene.macs[0]))
        try agent.wait(for: "the MAC") { $0.endpoint("two")?.macFilter.mac == TrafficScene.macs[0] && $0.ready }
        #expect(try traffic.leaked(["other", "other 6"] + denied, at: scene.outside) == [:])

        // The third name has the workloads' prefix too: under another it would be nobody's and open.
        let indices = try ["cali1", "cali2"].map {
            try scene.host.command(["cat", "/sys/class/net/\($0)/ifindex"]).succeed()
        }
        try scene.host.ip("link set cali1 name cali0", "link set cali2 name cali1", "link set cali0 name cali2")
        let passed = try ["one", "one 6"].map { try traffic.arrived($0, at: scene.outside) }
        #expect(
            try ["cali2", "cali1"].map { try scene.host.command(["cat", "/sys/class/net/\($0)/ifindex"]).succeed() }
                == indices)
        try traffic.waitForMore("other", at: scene.outside)
        try traffic.waitForMore("other 6", at: scene.outside)
        try agent.wait(for: "both endpoints to be up") { report in
            report.ready && ["one", "two"].allSatisfy { report.state($0) == .up }
        }
        #expect(try ["one", "one 6"].map { try traffic.arrived($0, at: scene.outside) } == passed)
        #expect(try traffic.leaked(denied, at: scene.outside) == [:])
        for (number, interface) in [(1, "cali1"), (2, "cali2")] {
            #expect(try scene.routes().contains("10.65.0.\(number) dev \(interface) scope link"))
            #expect(try scene.neighbours().contains { $0.hasPrefix("2001:db8:65::\(number) dev \(interface) ") })
        }
        #expect(try scene.routes().count { $0.contains("cali") } == 4)
        #expect(try scene.installation.run("check").exitCode == 0)
    }
}
