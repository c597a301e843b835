import Glibc
import Status
import Testing

/// An agent ends and another begins, while packets flow.
struct AgentRestartTests {
    private let scene: TrafficScene

    init() throws {
        scene = try TrafficScene()
    }

    private func end(_ agent: RunningAgent, _ signal: Int32) throws {
        if signal == SIGKILL { try agent.kill() } else { _ = try agent.terminate() }
    }

    @Test(arguments: [SIGTERM, SIGKILL])
    func whatIsAsWantedIsAdoptedWithItsCountersAndNoPacketIsLost(signal: Int32) throws {
        let first = try scene.installation.startAgent()
        try first.waitUntilReady()
        let traffic = try Traffic(
            scene.attack(from: scene.one), seenBy: [scene.outside])
        for name in TrafficScene.honest { try traffic.waitForMore(name, at: scene.outside) }
        let state = try scene.installation.kernelState()
        let counters = try scene.host.counters()

        try end(first, signal)
        let second = try scene.installation.startAgent()
        let report = try second.waitUntilReady()
        #expect(report.dataplane.applies == 0 && report.dataplane.repairs == 0, "\(report.dataplane)")
        #expect(try scene.installation.kernelState() == state)
        for name in TrafficScene.honest { try traffic.waitForMore(name, at: scene.outside) }
        traffic.stop()

        #expect(try traffic.leaked(TrafficScene.dishonest, at: scene.outside) == [:])
        #expect(try traffic.lost(TrafficScene.honest, at: scene.outside) == [:])
        // Every counter went on from where it was, and those of what was sent moved.
        let later = try scene.host.counters()
        #expect(later.keys.sorted() == counters.keys.sorted())
        #expect(counters.allSatisfy { later[$0.key, default: 0] >= $0.value })
        for place in [
            "source4 cali1 10.65.0.1", "source6 cali1 2001:db8:65::1", "drops-mac cali1", "drops-ip cali1",
            "drops-policy-from cali1",
        ] {
            #expect(counters[place, default: 0] > 0, "\(place) in \(counters)")
            #expect(later[place, default: 0] > counters[place, default: 0], "\(place)")
        }
        #expect(later["source4 cali1 10.65.0.1"] == (try traffic.sent("own", "denied")))
        #expect(later["drops-mac cali1"] == (try traffic.sent("spoofed MAC", "spoofed MAC 6")))
        #expect(later["drops-ip cali1"] == (try traffic.sent("spoofed address", "spoofed address 6")))
    }

    @Test func whatChangedMeanwhileIsCaughtUpAndNothingElseIsTouched() throws {
        let first = try scene.installation.startAgent()
        try first.waitUntilReady()
        let three = try scene.topology.addSilentWorkload(interfaceName: "cali3", mac: "02:00:00:00:00:03")
        let traffic = try Traffic(
            [
                "one": scene.one.stream(from: "10.65.0.1", to: scene.outsideAddress),
                "one spoofs": scene.one.stream(from: "10.65.0.3", to: scene.outsideAddress),
                "one denied": scene.one.stream(from: "10.65.0.1", to: TrafficScene.denied),
                "two": scene.two.stream(from: "10.65.0.2", to: scene.outsideAddress),
                "three": three.stream(from: "10.65.0.3", to: scene.outsideAddress),
                "three spoofs": three.stream(from: "10.65.0.1", to: scene.outsideAddress),
                "three denied": three.stream(from: "10.65.0.3", to: TrafficScene.denied),
            ], seenBy: [scene.outside])
        _ = try first.terminate()
        let counters = try scene.host.counters()
        #expect(try traffic.arrived("three", at: scene.outside) == 0)

        // One is given another address besides, two goes, three comes, and what all of them may is said by other words.
        try scene.installation.put(
            "one.yaml", TrafficScene.endpoint(1, addresses: TrafficScene.addresses(1) + ["10.65.0.9"]))
        try scene.installation.delete("two.yaml")
        try scene.installation.put(
            "three.yaml",
            TrafficScene.endpoint(2, "three", interface: "cali3", mac: "02:00:00:00:00:03", addresses: ["10.65.0.3"]))
        try scene.installation.put(
            "open.yaml",
            profileText(
                egress:
                    "{action: Deny, protocol: UDP, destination: {nets: [\(TrafficScene.denied)/32]}}, {action: Allow}")
        )
        let second = try scene.installation.startAgent()
        try second.waitUntilReady()
        let two = try traffic.arrived("two", at: scene.outside)
        try traffic.waitForMore("two")
        try traffic.waitForMore("three", at: scene.outside)
        #expect(try traffic.arrived("two", at: scene.outside) == two)
        traffic.stop()

        let dishonest = ["one spoofs", "one denied", "three spoofs", "three denied"]
        #expect(try traffic.leaked(dishonest, at: scene.outside) == [:])
        #expect(try traffic.lost(["one"], at: scene.outside) == [:])
        #expect(
            try scene.routes() == [
                "10.65.0.1 dev cali1 scope link", "10.65.0.3 dev cali3 scope link", "10.65.0.9 dev cali1 scope link",
                "2001:db8:65::1 dev cali1 metric 1024 pref medium", "local 169.254.1.1 dev lo scope host",
            ])
        let later = try scene.host.counters()
        let one = try traffic.sent("one", "one denied")
        #expect(later["source4 cali1 10.65.0.1"] == one)
        #expect(later["drops-ip cali1"] == (try traffic.sent("one spoofs")))
        #expect(later.keys.allSatisfy { !$0.contains("cali2") }, "\(later)")
        #expect(counters["source4 cali2 10.65.0.2", default: 0] > 0)
        #expect(try scene.installation.run("check").exitCode == 0)
    }

    /// What somebody put into our tables: an acceptance of everything at each hook, and all kinds of objects.
    private static let garbage = """
        add chain inet margay early { type filter hook prerouting priority -500; policy accept; }
        add rule inet margay early counter accept
        add chain inet margay edge { type filter hook ingress device "eth0" priority 0; policy accept; }
        add rule inet margay edge counter accept
        insert rule inet margay source-filter counter accept
        insert rule inet margay forward-from counter accept
        add rule inet margay from-cali1 counter accept
        flush chain inet margay drop-mac
        add chain inet margay stray
        add rule inet margay stray goto group-1-open-egress
        add set inet margay timed { type ipv4_addr; flags dynamic,timeout; timeout 1h; size 128; }
        add element inet margay timed { 10.65.0.7 timeout 30m }
        add map inet margay ways { type ipv4_addr : verdict; }
        add element inet margay ways { 10.65.0.7 : goto stray, 10.65.0.8 : goto from-cali1 }
        add rule inet margay stray ip saddr vmap @ways
        add rule inet margay stray update @timed { ip saddr }
        add element inet margay source4 { "cali1" . 02:00:00:00:00:66 . 10.65.0.1 }
        add element inet margay source4 { "cali1" . 02:00:00:00:00:01 . 10.65.0.2 }
        add element inet margay endpoints { "eth0" }
        delete element inet margay to { "cali1" }
        add element inet margay to { "cali1" : goto group-1-open-egress }
        add element inet margay dnat4 { 192.0.2.1 : 10.65.0.1 }
        add rule arp margay input counter accept
        delete element arp margay sender { "cali2" . 02:00:00:00:00:02 . 02:00:00:00:00:02 . 10.65.0.2 }
        """

    @Test func whatSomebodyPutIntoOurTablesMeanwhileIsGone() throws {
        let first = try scene.installation.startAgent()
        try first.waitUntilReady()
        let clean = try scene.host.command(["nft", "-s", "list", "ruleset"]).succeed()
        _ = try first.terminate()
        try writeFile("\(scene.installation.folder)/garbage", Self.garbage)
        try scene.host.command(["nft", "-f", "\(scene.installation.folder)/garbage"]).succeed()
        try scene.host.ip(
            "route add 10.65.0.66/32 dev cali1 scope link proto 77",
            "neighbour add 10.65.0.66 dev cali1 lladdr 02:00:00:00:00:66 nud permanent protocol 77",
            "route change 10.65.0.2/32 dev eth0 proto 77")
        let counters = try scene.host.counters()

        let second = try scene.installation.startAgent()
        let report = try second.waitUntilReady()
        #expect(report.dataplane.failures == 0, "\(second.log)")
        let traffic = try Traffic(
            scene.attack(from: scene.one), seenBy: [scene.outside])
        for name in TrafficScene.honest { try traffic.waitForMore(name, at: scene.outside) }
        traffic.stop()
        #expect(try traffic.leaked(TrafficScene.dishonest, at: scene.outside) == [:])
        #expect(try traffic.lost(TrafficScene.honest, at: scene.outside) == [:])
        let now = try scene.host.command(["nft", "-s", "list", "ruleset"]).succeed()
        func sorted(_ text: String) -> [String] {
            // The kernel lists sets and chains in the order they were made.
            text.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }.sorted()
        }
        #expect(sorted(now) == sorted(clean))
        #expect(try !scene.routes().joined().contains("10.65.0.66"))
        #expect(try scene.routes().contains("10.65.0.2 dev cali2 scope link"))
        #expect(try !scene.neighbours().joined().contains("10.65.0.66"))
        #expect(try scene.host.counters()["drops-mac cali1", default: 0] >= counters["drops-mac cali1", default: 0])
        #expect(try scene.installation.run("check").exitCode == 0)
    }
}

extension NetworkNamespace {
    /// The packets that the elements of our sets have counted, by set, interface and address.
    func counters() throws -> [String: Int] {
        var counters: [String: Int] = [:]
        var place = ""
        for line in try command(["nft", "list", "ruleset"]).succeed().split(separator: "\n") {
            let words = line.split(whereSeparator: \.isWhitespace)
            if words.count == 3, words[2] == "{", ["set", "map", "chain"].contains(words[0]) {
                place = String(words[1])
            }
            guard place != "" else { continue }
            // Elements stand several to a line.
            for element in line.split(separator: ",") where element.contains(" counter packets ") {
                let words = element.split { $0.isWhitespace || $0 == "\"" || $0 == "{" }
                guard let counter = words.firstIndex(of: "counter"),
                    let start = words.firstIndex(where: { $0.hasPrefix("cali") })
                else { continue }
                let key = words[start..<counter].filter { $0 != "." && $0.count { $0 == ":" } != 5 }.joined(
                    separator: " ")
                counters["\(place) \(key)"] = Int(words[counter + 2])
            }
        }
        return counters
    }
}
