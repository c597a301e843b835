import NetworkValues
import Testing

/// `margay explain` answers what packets meet, and says when the kernel does something else than is wanted.
struct ExplainTests: PolicySuite {
    let scene: PolicyScene
    let installation: Installation
    private let outside6: IPAddress
    private let own6 = address("2001:db8:65::1")
    private let neighbours6 = address("2001:db8:65::2")

    init() throws {
        scene = try PolicyScene()
        outside6 = address(scene.topology.outsideAddress6)
        installation = try Installation(in: scene.topology.host)
        try installation.put("open.yaml", Self.open + "---\n" + Self.narrow)
        try installation.put("one.yaml", Self.endpoint(1, profiles: ["narrow", "open"]))
        try installation.put("two.yaml", Self.endpoint(2, profiles: ["narrow"]))
    }

    private static let open = profileText()
    private static let narrow = profileText(
        "narrow",
        ingress:
            "{action: Log, protocol: TCP}, {action: Allow, protocol: UDP, destination: {ports: [53, \"7000:7010\"]}}, "
            + "{action: Deny, protocol: UDP, source: {nets: [192.0.2.0/24, 10.65.0.0/31]}}, "
            + "{action: Allow, protocol: ICMP, icmp: {type: 8, code: 0}}, {action: Allow, ipVersion: 6, protocol: TCP, destination: {notPorts: [22]}}",
        egress: "{action: Deny, protocol: TCP, destination: {ports: [25]}}, {action: Pass, protocol: UDP}, "
            + "{action: Allow, destination: {notNets: [192.0.2.0/24, \"2001:db8:ffff::/48\"]}}")

    private static func endpoint(_ number: Int, profiles: [String], labels: String = "") -> String {
        endpointText(
            number == 1 ? "one" : "two", interface: "cali\(number)", mac: "02:00:00:00:00:0\(number)",
            addresses: ["10.65.0.\(number)", "2001:db8:65::\(number)"], profiles: profiles
        ).replacing("namespace: default}", with: "namespace: default, labels: {number: n\(number)}}")
    }

    private static let names: [String: String] = ["6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"]

    private func explain(_ arguments: String...) throws -> ExplainDocument {
        try ExplainDocument(installation.command(["explain", "-o", "json"] + arguments).run())
    }

    /// By the packet's own addresses, or by the names of its endpoints.
    private func explain(_ packet: IPPacket, byName: Bool) throws -> ExplainDocument {
        func name(_ address: IPAddress) -> String {
            guard byName else { return address.description }
            return [own, own6].contains(address)
                ? "one" : [neighbours, neighbours6].contains(address) ? "cali2" : "\(address)"
        }
        var arguments = [
            "--from", name(packet.source), "--to", name(packet.destination), "--protocol",
            Self.names["\(packet.protocol)"] ?? "\(packet.protocol)", "--ip-version",
            packet.source.family == .v4 ? "4" : "6",
        ]
        if [6, 17].contains(packet.protocol), let ports = packet.ports {
            arguments += ["--port", "\(ports.destination)", "--source-port", "\(ports.source)"]
        }
        return try ExplainDocument(installation.command(["explain", "-o", "json"] + arguments).run())
    }

    private func packets(_ source: IPAddress, _ destination: IPAddress) -> [IPPacket] {
        func tcp(_ port: UInt16) -> IPPacket { .tcp(from: source, 4000, to: destination, port, flags: 2) }
        return [
            datagram(source, destination, 53), datagram(source, destination, 7005),
            datagram(source, destination, 7011), tcp(22), tcp(25), tcp(80),
            .echoRequest(from: source, to: destination, identifier: 5, data: [1]),
            IPPacket(source: source, destination: destination, protocol: 99, payload: [1, 2, 3, 4]),
        ]
    }

    /// Sends packets every way, and expects of each what is explained.
    /// - Returns: How many were allowed, and how many denied.
    private func compareWithPackets() throws -> (allowed: Int, denied: Int) {
        let ways: [(PolicyScene.Way, [IPPacket])] = [
            (.fromOutside, packets(outside, own) + packets(outside6, own6)),
            (.toOutside, packets(own, outside) + packets(own6, outside6)),
            (.betweenWorkloads, packets(own, neighbours) + packets(own6, neighbours6)),
            (.back, packets(neighbours, own) + packets(neighbours6, own6)),
        ]
        var (allowed, denied) = (0, 0)
        for (number, (way, packets)) in ways.enumerated() {
            var expected: [Int] = []
            for (index, packet) in packets.enumerated() {
                let answer = try explain(packet, byName: (number + index) % 2 == 0)
                #expect(answer.agree == true, "\(packet): \(answer)")
                #expect(["allow", "deny"].contains(answer.verdict), "\(packet): \(answer)")
                if answer.verdict == "allow" { expected.append(index) }
            }
            // Flows that a packet of another way has begun would let answers pass.
            try scene.topology.host.command(["conntrack", "-F"]).succeed()
            #expect(try arriving(packets, way, expecting: expected) == expected, "\(way)")
            allowed += expected.count
            denied += packets.count - expected.count
        }
        return (allowed, denied)
    }

    @Test func whatItSaysOfProfilesIsWhatPacketsMeet() throws {
        let agent = try installation.startAgent()
        try agent.waitUntilReady()
        let (allowed, denied) = try compareWithPackets()
        #expect(allowed > 20 && denied > 15, "\(allowed) allowed, \(denied) denied")
    }

    @Test func whatItSaysOfPoliciesIsWhatPacketsMeet() throws {
        try installation.put("tiers.yaml", Self.policies)
        let agent = try installation.startAgent()
        try agent.waitUntilReady()
        let (allowed, denied) = try compareWithPackets()
        #expect(allowed > 10 && denied > 20, "\(allowed) allowed, \(denied) denied")
        let answer = try explain("--from", "one", "--to", "two", "--port", "80")
        let ingress = try #require(answer.kernel?.ingress)
        #expect(ingress.decision?.tier == "default" && ingress.decision?.name == "default/two")
        #expect(ingress.decision?.rule == "ingress[0]" && ingress.decision?.kind == "NetworkPolicy")
    }

    private static let policies = """
        apiVersion: projectcalico.org/v3
        kind: Tier
        metadata: {name: security}
        spec: {order: 1}
        ---
        apiVersion: projectcalico.org/v3
        kind: GlobalNetworkPolicy
        metadata: {name: guard}
        spec:
          tier: security
          order: 5
          selector: has(number)
          types: [Ingress, Egress]
          ingress:
            - {action: Deny, protocol: TCP, destination: {ports: [22]}}
            - {action: Log, protocol: UDP}
            - {action: Pass, protocol: TCP, source: {selector: "number == 'n1'"}}
            - {action: Allow, protocol: UDP, source: {notSelector: "number == 'n2'"}, destination: {ports: [53]}}
            - {action: Pass, protocol: UDP}
          egress:
            - {action: Deny, protocol: UDP, destination: {selector: outer, ports: [7011]}}
            - {action: Pass}
        ---
        apiVersion: projectcalico.org/v3
        kind: GlobalNetworkSet
        metadata: {name: outer, labels: {where: outer}}
        spec: {nets: [192.0.2.0/24, "2001:db8:ffff::/48"]}
        ---
        apiVersion: projectcalico.org/v3
        kind: NetworkPolicy
        metadata: {name: two, namespace: default}
        spec:
          selector: number == 'n2'
          ingress:
            - {action: Allow, protocol: TCP, source: {selector: "number == 'n1'"}, destination: {ports: [80, 25]}}
            - {action: Allow, protocol: UDP, destination: {ports: ["7000:7010"]}}

        """.replacing("selector: outer", with: "selector: \"where == 'outer'\"")

    /// Chains, elements and translations that somebody has changed since.
    static let damages: [(nft: String, verdict: String, why: String)] = [
        ("insert rule inet margay to-cali2 tcp dport 80 counter drop", "deny", "not wanted there"),
        ("insert rule inet margay forward-from drop", "deny", "not wanted there"),
        ("flush chain inet margay profile-open-egress", "deny", "no profile allows it"),
        (
            "delete element inet margay source4 { \"cali1\" . 02:00:00:00:00:01 . 10.65.0.1 }", "deny",
            "10.65.0.1 is not its own"
        ),
        ("delete element inet margay macs { \"cali1\" . 02:00:00:00:00:01 }", "allow", "of profile open"),
        ("delete element inet margay from { \"cali1\" }", "deny", "no endpoint has cali1"),
        ("insert rule inet margay to-cali2 meta mark 7 accept", "unknown", "is not understood"),
        ("delete table inet margay", "allow", "nothing is filtered"),
    ]

    @Test func whatSomebodyHasChangedIsToldApartFromWhatIsWanted() throws {
        try installation.put("two.yaml", Self.endpoint(2, profiles: ["open"]))
        try installation.put("one.yaml", Self.endpoint(1, profiles: ["open"]))
        let question = ["--from", "one", "--to", "two", "--port", "80", "--source-port", "4000"]
        let files = ["--resources", installation.resources, "--kernel"]
        for damage in Self.damages {
            #expect(try installation.run("agent", "--once").exitCode == 0)
            let before = try installation.command(["explain"] + question + files).run()
            #expect(before.exitCode == 0 && before.output.hasPrefix("allow  (the kernel agrees"), "\(before)")
            try scene.topology.host.nft(damage.nft)
            let text = try installation.command(["explain"] + question + files).run()
            let answer = try ExplainDocument(installation.command(["explain", "-o", "json"] + question + files).run())
            #expect(answer.verdict == damage.verdict && answer.desired.verdict == "allow", "\(damage): \(text)")
            #expect(text.output.contains(damage.why), "\(damage): \(text)")
            let disagrees = damage.verdict != "allow"
            #expect(text.exitCode == (disagrees ? 1 : 0), "\(damage): \(text)")
            #expect(answer.agree == !disagrees)
            #expect(text.output.contains("DISAGREES with what is wanted: allow") == disagrees)
            if damage.verdict != "unknown" {
                try scene.topology.host.command(["conntrack", "-F"]).succeed()
                let expected = damage.verdict == "allow" ? [0] : []
                let packet = IPPacket.tcp(from: own, 4000, to: neighbours, 80, flags: 2)
                #expect(try arriving([packet], .betweenWorkloads, expecting: expected) == expected, "\(damage)")
            }
        }
    }

    @Test func anExternalAddressIsExplainedByItsTranslation() throws {
        try installation.put(
            "two.yaml",
            Self.endpoint(2, profiles: ["narrow"]).replacing(
                "  profiles:", with: "  ipNATs: [{internalIP: 10.65.0.2, externalIP: 203.0.113.2}]\n  profiles:"))
        #expect(try installation.run("agent", "--once").exitCode == 0)
        func answer() throws -> ExplainDocument {
            try explain(
                "--from", "one", "--to", "203.0.113.2", "--protocol", "udp", "--port", "7001", "--resources",
                installation.resources, "--kernel")
        }
        #expect(
            try answer().kernel?.destination == "10.65.0.2" && answer().agree == true && answer().verdict == "allow")
        try scene.topology.host.nft("flush map inet margay dnat4")
        #expect(try answer().agree == false && answer().kernel?.destination == "203.0.113.2")
    }

    @Test func whatTheKernelHasCountedStandsBesideTheRule() throws {
        let agent = try installation.startAgent()
        try agent.waitUntilReady()
        func packets() throws -> Int? {
            try explain("--from", "\(outside)", "--to", "two", "--protocol", "udp", "--port", "53").kernel?.ingress?
                .decision?.packets
        }
        #expect(try packets() == 0)
        let sent = (1...3).map { IPPacket.udp(from: outside, 5000 + $0, to: neighbours, 53) }
        let macs = try scene.topology.uplinkMACs()
        let socket = try scene.topology.outsideSocket()
        for packet in sent { try socket.send(packet.frame(from: macs.outside, to: macs.host)) }
        try eventually("the packets to be counted") { try packets() == 3 }
        let text = try installation.run(
            "explain", "--from", "\(outside)", "--to", "two", "--protocol", "udp", "--port", "53")
        #expect(text.output.contains("Counted  3 packets, "), "\(text)")
    }

    @Test func withoutRightsItAnswersByWhatIsWanted() throws {
        let agent = try installation.startAgent()
        try agent.waitUntilReady()
        let result = try installation.command(
            ["explain", "--from", "one", "--to", "two", "--protocol", "udp", "--port", "53"],
            through: ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"]
        ).run()
        #expect(result.exitCode == 0, "\(result)")
        #expect(result.output.hasPrefix("allow  (by what is wanted; the kernel was not read)"), "\(result)")
        #expect(result.output.contains("the kernel could not be asked: "), "\(result)")
    }

    @Test func itNeedsNeitherRootNorAnAgentForFiles() throws {
        try scene.topology.host.command(["chmod", "-R", "a+rX", installation.folder]).succeed()
        let result = try installation.command(
            ["explain", "--from", "two", "--to", "\(outside)", "--port", "25", "--resources", installation.resources],
            through: ["setpriv", "--reuid", "65534", "--clear-groups", "--bounding-set", "-all"]
        ).run()
        #expect(result.exitCode == 0, "\(result)")
        #expect(result.output.hasPrefix("deny  "))
        #expect(result.output.contains("rule egress[0] of profile narrow denies it"))
        #expect(try installation.run("explain", "--from", "one", "--to", "two", "--port", "80").exitCode == 3)
    }

    @Test func whatHasNoAnswerSaysWhy() throws {
        let files = ["--resources", installation.resources]
        func failure(_ arguments: String...) throws -> CommandResult {
            try installation.command(["explain"] + arguments + files).run()
        }
        let unknown = try failure("--from", "nobody", "--to", "one")
        #expect(unknown.exitCode == 1 && unknown.errors.contains("no endpoint has the name or interface \"nobody\""))
        try installation.put(
            "more.yaml",
            endpointText("one", interface: "cali7").replacing("namespace: default", with: "namespace: more"))
        let ambiguous = try failure("--from", "one", "--to", "two")
        #expect(
            ambiguous.exitCode == 1
                && ambiguous.errors.contains("\"one\" is ambiguous: default/one (cali1), more/one (cali7)"),
            "\(ambiguous)")
        #expect(try failure("--from", "two").exitCode == 64)
        #expect(try failure("--from", "two", "--to", "cali1", "--port", "0").exitCode == 64)
        #expect(try failure("--from", "two", "--to", "cali1", "--protocol", "icmp", "--port", "1").exitCode == 64)
        try installation.put("bad.yaml", endpointText("bad", mac: "x"))
        let rejected = try failure("--from", "two", "--to", "default/one", "--port", "80")
        #expect(
            rejected.exitCode == 1 && rejected.output.hasPrefix("allow") && rejected.errors.contains("bad.yaml:9:8"))
    }
}
