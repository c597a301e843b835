import NetworkValues
import Testing

/// `margay check --probe` sends what must be dropped, and says whether it was.
struct CheckProbeTests {
    private func check(_ scene: Scene) throws -> CommandResult {
        try scene.installation.run("check", "--probe", scene.installation.resources)
    }

    /// The result with each endpoint's text on one line.
    private func words(_ result: CommandResult) -> String {
        result.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    private func scene(_ endpoint: String = endpointText(addresses: ["10.65.0.2", "2001:db8:65::2"])) throws -> Scene {
        let scene = try Scene()
        try scene.installation.put("web.yaml", endpoint)
        _ = try scene.installation.run("agent", "--once")
        return scene
    }

    @Test func aFilterThatStandsIsProven() throws {
        let scene = try scene()
        let result = try check(scene)
        #expect(result.exitCode == 0, "\(result)")
        #expect(words(result).contains("probe: proven, 30 frames dropped (mac 6, ip 6, arp 6, nd 3, ra 3, dhcp 6)"))
        // They count, and nothing else has happened to the workload.
        let again = try scene.installation.run("check", scene.installation.resources)
        #expect(words(again).contains("drops: mac 6, ip 6, arp 6, nd 3, ra 3, dhcp 6"), "\(again)")
        #expect(try scene.isReached())
    }

    /// Where a table of another program's would show whatever the filter lets pass.
    private func witness(_ scene: Scene) throws {
        try scene.host.nft(
            """
            table inet witness {
                chain passed {
                    type filter hook prerouting priority -449; policy accept
                    ip daddr 224.0.0.254 counter
                    ip6 daddr ff02::114 counter
                }
            }
            """)
    }

    @Test func nothingOfAProvenFilterPassesAndWithoutProbeNothingIsSent() throws {
        let scene = try scene()
        try witness(scene)
        func passed() throws -> String {
            try scene.host.command(["nft", "list", "table", "inet", "witness"]).succeed()
        }
        #expect(try check(scene).exitCode == 0)
        #expect(try passed().ranges(of: "packets 0 bytes 0").count == 2)
        let before = try scene.host.command(["nft", "list", "set", "inet", "margay", "drops-ip"]).succeed()
        #expect(try scene.installation.run("check", scene.installation.resources).exitCode == 0)
        #expect(try scene.host.command(["nft", "list", "set", "inet", "margay", "drops-ip"]).succeed() == before)
    }

    static let damages: [(nft: String, passed: String)] = [
        ("flush chain inet margay drop-mac", "IPv4 with a foreign MAC, IPv6 with a foreign MAC"),
        ("flush chain inet margay drop-ip", "IPv4 with a foreign source, IPv6 with a foreign source"),
        ("insert rule inet margay source-filter meta nfproto ipv6 accept", "IPv6 with a foreign MAC"),
        ("insert rule arp margay input accept", "ARP with a foreign MAC, ARP with a foreign sender address"),
        ("flush chain inet margay drop-ra", "a router advertisement"),
    ]

    @Test(arguments: damages)
    func whatPassesIsNamed(damage: (nft: String, passed: String)) throws {
        let scene = try scene()
        try witness(scene)
        try scene.host.nft(damage.nft)
        let result = try check(scene)
        #expect(result.exitCode == 1)
        let text = words(result)
        #expect(text.contains("probe: failed, not dropped by the source filter: \(damage.passed)"), "\(result)")
        #expect(result.output.contains("\nnot dropped: \(damage.passed)"), "\(result)")
        #expect(text.contains("from cali1 (default/web)"))
        // Harmless all the same: the workload's neighbours are known as before, and it is reached.
        #expect(try scene.isReached())
        #expect(!(try scene.host.ip("neighbour show dev cali1").contains("240.0.0.1")))
    }

    /// Another program's table that stands before ours.
    private func precede(_ scene: Scene, with rule: String) throws {
        try scene.host.nft(
            """
            table inet other {
                chain c {
                    type filter hook prerouting priority -500; policy accept
                    \(rule)
                }
            }
            """)
    }

    @Test func whatAnotherTableAcceptsIsDroppedAllTheSame() throws {
        let scene = try scene()
        try precede(scene, with: "iifname \"cali1\" accept")
        #expect(try check(scene).exitCode == 0)
    }

    @Test func whatAnotherTableDropsIsNoProof() throws {
        let scene = try scene()
        try precede(scene, with: "ip saddr 240.0.0.1 drop")
        let result = try check(scene)
        #expect(result.exitCode == 1)
        #expect(words(result).contains("not dropped by the source filter: IPv4 with a foreign source"), "\(result)")
    }

    @Test func withoutAMACAddressesAreProven() throws {
        let scene = try scene(endpointText(mac: nil))
        let result = try check(scene)
        #expect(result.exitCode == 0, "\(result)")
        #expect(words(result).contains("probe: proven, 21 frames dropped (ip 6, arp 3, nd 3, ra 3, dhcp 6)"))
        #expect(result.output.contains("  absent  "))
    }

    @Test func aClosedEndpointIsProvenClosed() throws {
        let scene = try scene(endpointText(mac: "02:00:00:11:22:00:00:01"))
        let result = try check(scene)
        #expect(result.exitCode == 1)
        #expect(words(result).contains("probe: proven, 9 frames dropped (mac 6, arp 3)"), "\(result)")
    }

    @Test func anEndpointThatMaySendFromEverywhereIsNotExpectedNotTo() throws {
        let scene = try scene(endpointText(more: ["allowSpoofedSourcePrefixes: [0.0.0.0/0]"]))
        let result = try check(scene)
        #expect(words(result).contains("probe: proven, 27 frames dropped (mac 6, ip 3,"), "\(result)")
    }

    @Test func familiesThatTheInterfaceDoesNotTakeAreLeftOut() throws {
        let scene = try scene()
        try scene.host.command(["sh", "-c", "echo 1 >/proc/sys/net/ipv6/conf/cali1/disable_ipv6"]).succeed()
        #expect(words(try check(scene)).contains("probe: proven, 15 frames dropped (mac 3, ip 3, arp 6, dhcp 3)"))
    }

    /// Both ends in one namespace, as far as that goes.
    @Test func aPeerBesideTheHostIsFoundAsWell() throws {
        let scene = try QuietScene()
        #expect(try scene.installation.run("agent", "--once").exitCode == 0)
        let result = try scene.installation.run("check", "--probe", scene.installation.resources)
        #expect(result.exitCode == 0, "\(result)")
        #expect(words(result).contains("probe: proven"))
    }

    @Test func whatCannotBeProbedSaysWhy() throws {
        let scene = try QuietScene(interfaces: ["cali1", "cali2"])
        let installation = scene.installation
        let tap = try TunDevice("cali3", .tap, in: scene.host)
        try scene.host.ip("link set cali3 up", "link set peer-cali2 down")
        for number in 2...4 {
            try installation.put(
                "w\(number).yaml",
                endpointText(
                    "w\(number)", interface: "cali\(number)", mac: "02:00:00:00:00:0\(number)",
                    addresses: ["10.65.0.2\(number)"]))
        }
        _ = try installation.run("agent", "--once")
        let result = try installation.run("check", "-o", "json", "--probe", installation.resources)
        let document = try CheckDocument(result)
        #expect(!document.clean)
        func probe(_ name: String) -> CheckDocument.Endpoint.Probe? { document.endpoint(name)?.probe }
        #expect(probe("web")?.state == "proven" && probe("web")?.dropped?["mac"] == 6)
        #expect(probe("w2")?.reason == "interface cali2 has no carrier")
        #expect(
            probe("w3")?.reason
                == "cali3 is a tap interface, and only from the other end of a veth pair can the host send as the "
                + "workload does")
        #expect(probe("w4")?.reason == "interface cali4 does not exist")
        #expect(["w2", "w3", "w4"].allSatisfy { probe($0)?.state == "notProbed" })
        withExtendedLifetime(tap) {}
    }

    /// A namespace that no process is in and that has lost its name lives on while something holds it.
    @Test func aNamespaceThatCannotBeFoundIsNotProbed() throws {
        let scene = try scene()
        let name = scene.workload.namespace.name
        // In a mount namespace of its own the program sees no names; no process is in the workload's namespace.
        let result = try scene.installation.command(
            ["check", "--probe", scene.installation.resources],
            through: ["unshare", "--mount", "sh", "-ec", "mount -t tmpfs none /run/netns; exec \"$@\"", "sh"]
        ).run()
        #expect(result.exitCode == 0, "\(result)")
        #expect(
            words(result).contains("probe: not probed, the workload's network namespace is not to be found"), "\(name)")
    }

    @Test func whoeverMayNotEnterTheNamespaceIsTold() throws {
        let scene = try scene()
        let result = try scene.installation.command(
            ["check", "--probe", scene.installation.resources],
            through: ["setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin"]
        ).run()
        #expect(result.exitCode == 0, "\(result)")
        #expect(words(result).contains("probe: not probed, enter the network namespace: Operation not permitted"))
    }

    @Test func aWorkloadWhoseEndIsDownIsNotProbed() throws {
        let scene = try scene()
        try scene.workload.namespace.ip("link set eth0 down")
        let result = try check(scene)
        #expect(result.exitCode == 1)
        #expect(words(result).contains("probe: not probed, interface cali1 has no carrier"), "\(result)")
    }
}
