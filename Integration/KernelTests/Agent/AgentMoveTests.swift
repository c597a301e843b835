import Status
import Testing

/// Endpoints and addresses that pass from one interface or owner to another, under traffic from both sides.
struct AgentMoveTests {
    private let scene: TrafficScene
    private let agent: RunningAgent
    /// The addresses that move, and some that belong to nobody.
    private let moving = TrafficScene.addresses(7)

    init() throws {
        scene = try TrafficScene()
        agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
    }

    private static let inbound = ["in", "in 6"]
    private static let fromOne = ["from one", "from one 6"]
    private static let fromTwo = ["from two", "from two 6"]
    private static let dishonest = [
        "one spoofs", "one spoofs 6", "two spoofs", "two spoofs 6", "one denied", "one denied 6", "two denied",
        "two denied 6",
    ]

    /// Both workloads send with the moving addresses, and with the other's MAC; the outside host sends to them.
    private func traffic() throws -> Traffic {
        let outside = [scene.topology.outsideAddress, scene.topology.outsideAddress6]
        let denied = [TrafficScene.denied, TrafficScene.denied6]
        return try Traffic(
            [
                "in": scene.topology.stream(to: moving[0]), "in 6": scene.topology.stream(to: moving[1]),
                "from one": scene.one.stream(from: moving[0], to: outside[0]),
                "from one 6": scene.one.stream(from: moving[1], to: outside[1]),
                "from two": scene.two.stream(from: moving[0], to: outside[0]),
                "from two 6": scene.two.stream(from: moving[1], to: outside[1]),
                "one spoofs": scene.one.stream(from: moving[0], to: outside[0], mac: TrafficScene.macs[1]),
                "one spoofs 6": scene.one.stream(from: moving[1], to: outside[1], mac: TrafficScene.macs[1]),
                "two spoofs": scene.two.stream(from: moving[0], to: outside[0], mac: TrafficScene.macs[0]),
                "two spoofs 6": scene.two.stream(from: moving[1], to: outside[1], mac: TrafficScene.macs[0]),
                "one denied": scene.one.stream(from: moving[0], to: denied[0]),
                "one denied 6": scene.one.stream(from: moving[1], to: denied[1]),
                "two denied": scene.two.stream(from: moving[0], to: denied[0]),
                "two denied 6": scene.two.stream(from: moving[1], to: denied[1]),
            ], seenBy: [scene.outside, scene.one.namespace, scene.two.namespace])
    }

    /// From now on packets from and to the moving addresses pass one workload, and the other none.
    private func expectOwner(_ owner: Int, _ traffic: Traffic) throws {
        let (passing, dropped) = owner == 1 ? (Self.fromOne, Self.fromTwo) : (Self.fromTwo, Self.fromOne)
        let (at, notAt) = owner == 1 ? (scene.one, scene.two) : (scene.two, scene.one)
        let before = try dropped.map { try traffic.arrived($0, at: scene.outside) }
        let astray = try Self.inbound.map { try traffic.arrived($0, at: notAt.namespace) }
        for name in passing { try traffic.waitForMore(name, at: scene.outside) }
        for name in Self.inbound { try traffic.waitForMore(name, at: at.namespace) }
        for name in dropped { try traffic.waitForMore(name) }
        #expect(try dropped.map { try traffic.arrived($0, at: scene.outside) } == before)
        #expect(try Self.inbound.map { try traffic.arrived($0, at: notAt.namespace) } == astray)
        #expect(try traffic.leaked(Self.dishonest, at: scene.outside) == [:])
        #expect(
            try scene.routes().filter { $0.hasPrefix("\(moving[0]) ") } == ["\(moving[0]) dev cali\(owner) scope link"])
        #expect(try scene.routes().count { $0.hasPrefix("\(moving[1]) ") && $0.contains("dev cali\(owner) ") } == 1)
    }

    /// All that was sent to the addresses came to one workload or the other.
    private func expectNothingLost(_ traffic: Traffic) throws {
        traffic.stop()
        let sent = try traffic.sent("in", "in 6")
        let came = try eventually(sent) {
            try [scene.one, scene.two].reduce(0) { sum, workload in
                try sum + Self.inbound.reduce(0) { try $0 + traffic.arrived($1, at: workload.namespace) }
            }
        }
        #expect(came == sent)
    }

    @Test func anEndpointThatIsEditedToAnotherInterfaceTakesItsAddressesAlong() throws {
        try scene.installation.delete("two.yaml")
        try scene.installation.put("one.yaml", TrafficScene.endpoint(1, addresses: moving))
        try agent.wait(for: "the addresses") {
            $0.ready && $0.endpoint("one")?.networks.count == 2 && $0.endpoints.count == 1
        }
        let traffic = try traffic()
        try expectOwner(1, traffic)
        for number in [2, 1, 2] {
            try scene.installation.put("one.yaml", TrafficScene.endpoint(number, "one", addresses: moving))
            try agent.wait(for: "the other interface") {
                $0.ready && $0.endpoint("one")?.interfaceName == "cali\(number)" && $0.state("one") == .up
            }
            try expectOwner(number, traffic)
        }
        // Packets may be dropped while it moves: the old interface is closed before the route leads to the new one.
        #expect(try scene.installation.run("check").exitCode == 0)
    }

    @Test func addressesThatMoveInOneFileAreAlwaysSomebodys() throws {
        try scene.installation.delete("two.yaml")
        func give(to owner: Int) throws {
            let endpoints = [1, 2].map { number in
                TrafficScene.endpoint(
                    number, addresses: TrafficScene.addresses(number) + (number == owner ? moving : []))
            }
            try scene.installation.put("one.yaml", endpoints.joined(separator: "---\n"))
            let name = owner == 1 ? "one" : "two"
            try agent.wait(for: "the addresses to move") {
                $0.ready && $0.endpoint(name)?.networks.count == 4 && $0.endpoints.allSatisfy { $0.state == .up }
            }
        }
        try give(to: 1)
        let traffic = try traffic()
        try expectOwner(1, traffic)
        for owner in [2, 1, 2, 1] { try give(to: owner) }
        try expectOwner(1, traffic)
        try give(to: 2)
        try expectOwner(2, traffic)
        try expectNothingLost(traffic)
    }

    @Test func addressesThatMoveInTwoStepsAreInConflictInBetween() throws {
        let with = [1, 2].map { TrafficScene.endpoint($0, addresses: TrafficScene.addresses($0) + moving) }
        try scene.installation.put("one.yaml", with[0])
        try agent.wait(for: "the addresses") { $0.ready && $0.endpoint("one")?.networks.count == 4 }
        let traffic = try traffic()
        try expectOwner(1, traffic)
        try scene.installation.put("two.yaml", with[1])
        let conflict = try agent.wait(for: "the conflict") { $0.ready && $0.state("two") == .conflict }
        #expect(conflict.state("one") == .up)
        #expect(
            conflict.endpoint("two")?.reason
                == "10.65.0.7 belongs to default/one; 2001:db8:65::7 belongs to default/one")
        #expect(conflict.endpoint("two")?.networks.map(\.state) == [.programmed, .programmed, .conflict, .conflict])
        try expectOwner(1, traffic)
        try scene.installation.put("one.yaml", TrafficScene.endpoint(1))
        try agent.wait(for: "the promotion") { report in
            report.ready && ["one", "two"].allSatisfy { report.state($0) == .up }
        }
        try expectOwner(2, traffic)
        try expectNothingLost(traffic)
    }

    @Test func anEndpointThatIsFollowedByAnotherOnItsInterfaceLeavesNothingBehind() throws {
        let traffic = try Traffic(
            [
                "one": scene.one.stream(from: "10.65.0.1", to: scene.topology.outsideAddress),
                "heir": scene.one.stream(from: "10.65.0.9", to: scene.topology.outsideAddress),
                "heir's MAC": scene.one.stream(
                    from: "10.65.0.9", to: scene.topology.outsideAddress, mac: "02:00:00:00:00:09"),
                "mixed": scene.one.stream(
                    from: "10.65.0.1", to: scene.topology.outsideAddress, mac: "02:00:00:00:00:09"),
                "denied": scene.one.stream(from: "10.65.0.9", to: TrafficScene.denied, mac: "02:00:00:00:00:09"),
            ], seenBy: [scene.outside])
        try traffic.waitForMore("one", at: scene.outside)
        #expect(try traffic.leaked(["heir", "heir's MAC", "mixed", "denied"], at: scene.outside) == [:])
        // In one step: the file with one endpoint becomes the file with the other.
        try scene.installation.put(
            "one.yaml", TrafficScene.endpoint(1, "heir", mac: "02:00:00:00:00:09", addresses: ["10.65.0.9"]))
        try agent.wait(for: "the heir") { $0.ready && $0.state("heir") == .up && $0.endpoint("one") == nil }
        let passed = try traffic.arrived("one", at: scene.outside)
        try traffic.waitForMore("heir's MAC", at: scene.outside)
        try traffic.waitForMore("one")
        #expect(try traffic.arrived("one", at: scene.outside) == passed)
        #expect(try traffic.leaked(["heir", "mixed", "denied"], at: scene.outside) == [:])
        #expect(try scene.routes().filter { $0.contains("cali1") } == ["10.65.0.9 dev cali1 scope link"])
        #expect(try scene.host.counters().keys.allSatisfy { !$0.contains("10.65.0.1") })
    }

    /// Two endpoints that name one interface: the older has it, and what the other is entitled to is nobody's.
    @Test func anInterfaceThatTwoEndpointsNameIsTheOldersUntilItGoes() throws {
        let older = TrafficScene.endpoint(1, created: "2024-01-01T00:00:00Z")
        let younger = TrafficScene.endpoint(
            1, "another", mac: "02:00:00:00:00:09", addresses: moving, created: "2024-01-02T00:00:00Z")
        try scene.installation.put("one.yaml", older)
        let outside = [scene.topology.outsideAddress, scene.topology.outsideAddress6]
        let (own, mac) = (TrafficScene.addresses(1), "02:00:00:00:00:09")
        let traffic = try Traffic(
            [
                "older": scene.one.stream(from: own[0], to: outside[0]),
                "older 6": scene.one.stream(from: own[1], to: outside[1]),
                "younger": scene.one.stream(from: moving[0], to: outside[0], mac: mac),
                "younger 6": scene.one.stream(from: moving[1], to: outside[1], mac: mac),
                "mixed": scene.one.stream(from: moving[0], to: outside[0]),
                "mixed 6": scene.one.stream(from: own[1], to: outside[1], mac: mac),
                "older denied": scene.one.stream(from: own[0], to: TrafficScene.denied),
                "younger denied": scene.one.stream(from: moving[0], to: TrafficScene.denied, mac: mac),
            ], seenBy: [scene.outside])
        func expect(_ winners: [String], _ losers: [String]) throws {
            let before = try losers.map { try traffic.arrived($0, at: scene.outside) }
            for name in winners { try traffic.waitForMore(name, at: scene.outside) }
            for name in losers { try traffic.waitForMore(name) }
            #expect(try losers.map { try traffic.arrived($0, at: scene.outside) } == before)
            #expect(
                try traffic.leaked(["mixed", "mixed 6", "older denied", "younger denied"], at: scene.outside) == [:])
            #expect(try scene.installation.run("check").exitCode == (try agent.status().endpoints.count == 2 ? 0 : 1))
        }
        let (olders, youngers) = (["older", "older 6"], ["younger", "younger 6"])
        try scene.installation.put("another.yaml", younger)
        let conflict = try agent.wait(for: "the conflict") { $0.ready && $0.state("another") == .conflict }
        #expect(conflict.state("one") == .up)
        #expect(conflict.endpoint("another")?.reason == "interface cali1 belongs to default/one")
        try expect(olders, youngers)
        #expect(try traffic.leaked(youngers, at: scene.outside) == [:])

        try scene.installation.delete("one.yaml")
        try agent.wait(for: "the promotion") { $0.ready && $0.state("another") == .up && $0.endpoint("one") == nil }
        try expect(youngers, olders)
        #expect(
            try scene.routes().filter { $0.contains("cali1") }.allSatisfy { $0.contains(":7 ") || $0.contains(".7 ") })
        #expect(try scene.neighbours().filter { $0.contains("cali1") }.allSatisfy { $0.contains("lladdr \(mac)") })

        // The older one comes back, and with it what it had.
        try scene.installation.put("one.yaml", older)
        try agent.wait(for: "the older to win") {
            $0.ready && $0.state("another") == .conflict && $0.state("one") == .up
        }
        try expect(olders, youngers)
    }

    @Test func networksThatComeAndGoDisturbNoOther() throws {
        let traffic = try Traffic(
            scene.attack(from: scene.one), seenBy: [scene.outside])
        for more in [["10.65.0.8"], TrafficScene.addresses(8), [], ["2001:db8:65::8"]] {
            try scene.installation.put(
                "one.yaml", TrafficScene.endpoint(1, addresses: TrafficScene.addresses(1) + more))
            try agent.wait(for: "\(more)") { $0.ready && $0.endpoint("one")?.networks.count == 2 + more.count }
            #expect(try scene.routes().count { $0.contains("cali1") } == 2 + more.count)
        }
        traffic.stop()
        #expect(try traffic.lost(TrafficScene.honest, at: scene.outside) == [:])
        #expect(try traffic.leaked(TrafficScene.dishonest, at: scene.outside) == [:])
        let counters = try scene.host.counters()
        #expect(counters["source4 cali1 10.65.0.1"] == (try traffic.sent("own", "denied")))
        #expect(counters["source6 cali1 2001:db8:65::1"] == (try traffic.sent("own 6", "denied 6")))
    }
}
