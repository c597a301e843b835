import NetworkValues
import Testing

/// `margay check` says of each endpoint how its source filter stands, by what it reads from the kernel itself.
struct CheckFilterTests {
    /// What somebody does, what then stands under MAC FILTER, and the reason.
    static let damages: [(nft: String, state: String, reason: String)] = [
        (
            "add element inet margay macs { \"cali1\" . 02:00:00:00:06:66 }", "altered",
            "source filter altered: element \"cali1\" . 02:00:00:00:06:66 of set inet margay macs was added"
        ),
        (
            "add element inet margay source4 { \"cali1\" . 02:00:00:00:00:01 . 10.65.0.66 }", "altered",
            "source filter altered: element \"cali1\" . 02:00:00:00:00:01 . 10.65.0.66 of set inet margay source4 was added"
        ),
        (
            "add element arp margay sender { \"cali1\" . 02:00:00:00:00:01 . 02:00:00:00:00:01 . 10.65.0.66 }",
            "altered",
            "10.65.0.66 of set arp margay sender was added"
        ),
        (
            "insert rule inet margay source-filter iifname \"cali1\" accept", "altered",
            "source filter altered: chain inet margay source-filter has other rules"
        ),
        ("insert rule arp margay input accept", "altered", "chain arp margay input has other rules"),
        ("flush chain inet margay drop-mac", "altered", "chain inet margay drop-mac has other rules"),
        ("add table inet margay { flags dormant; }", "altered", "source filter altered: table inet margay is dormant"),
        (
            "delete element inet margay macs { \"cali1\" . 02:00:00:00:00:01 }", "missing",
            "element \"cali1\" . 02:00:00:00:00:01 of set inet margay macs is not in the kernel yet"
        ),
        (
            "delete element arp margay probe { \"cali1\" . 02:00:00:00:00:01 . 02:00:00:00:00:01 }", "missing",
            "of set arp margay probe is not in the kernel yet"
        ),
        ("delete table arp margay", "missing", "table arp margay is not in the kernel yet"),
        (
            "flush chain inet margay source-filter; delete chain inet margay source-filter", "missing",
            "chain inet margay source-filter is not in the kernel yet"
        ),
    ]

    @Test func whatIsAddedOrTakenAwayIsNamed() throws {
        let scene = try QuietScene(interfaces: ["cali1", "cali2"])
        let installation = scene.installation
        try installation.put(
            "other.yaml",
            endpointText("other", interface: "cali2", mac: "02:00:00:00:00:02", addresses: ["10.65.0.3"]))
        #expect(try installation.run("agent", "--once").exitCode == 0)
        for damage in Self.damages {
            try scene.host.nft(damage.nft)
            let result = try installation.run("check", installation.resources)
            #expect(result.exitCode == 1, "\(damage.nft)")
            let lines = result.output.split(separator: "\n")
            #expect(
                lines.contains { $0.hasPrefix("default/web") && $0.contains("  \(damage.state)  ") },
                "\(damage.nft): \(result)")
            // The reason is wrapped to the width of a terminal.
            let words = result.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            #expect(words.contains(damage.reason), "\(damage.nft): \(result)")
            #expect(lines.prefix { !$0.contains(": ") || $0.hasPrefix("    ") }.allSatisfy { $0.count <= 80 })
            // What was done for one endpoint is no matter of the other's.
            let isOfOne = damage.nft.contains("element")
            #expect(lines.contains { $0.hasPrefix("default/other") && $0.contains("  enforced  ") } == isOfOne)

            #expect(try installation.run("agent", "--once").exitCode == 0)
            #expect(try installation.run("check", installation.resources).exitCode == 0, "\(damage.nft)")
        }
    }

    @Test func absentAndUnenforceableAreToldFromDamage() throws {
        let scene = try QuietScene(interfaces: ["cali1", "cali2"])
        let installation = scene.installation
        try installation.put("web.yaml", endpointText(mac: nil))
        try installation.put(
            "odd.yaml",
            endpointText("odd", interface: "cali2", mac: "02:00:00:11:22:00:00:01", addresses: ["10.65.0.3"]))
        _ = try installation.run("agent", "--once")
        let result = try installation.run("check", installation.resources)
        #expect(result.exitCode == 1)
        let lines = result.output.split(separator: "\n")
        #expect(lines.contains { $0.hasPrefix("default/web") && $0.contains("  absent  ") })
        #expect(lines.contains { $0.hasPrefix("default/odd") && $0.contains("  unenforceable  ") })
        #expect(result.output.contains("MAC 02:00:00:11:22:00:00:01 is an EUI-64 that encapsulates no EUI-48"))

        // Neither says that nothing is wrong.
        try scene.host.nft("add element inet margay bare4 { \"cali1\" . 10.65.0.66 }")
        try scene.host.nft("add element inet margay bare { \"cali2\" }")
        let opened = try installation.run("check", installation.resources)
        #expect(opened.output.split(separator: "\n").filter { $0.contains("  altered  ") }.count == 2, "\(opened)")
    }

    @Test func dropsAreCountedByReason() throws {
        let scene = try TrafficScene()
        let installation = scene.installation
        #expect(try installation.run("agent", "--once").exitCode == 0)
        let quiet = try installation.run("check", installation.resources)
        #expect(quiet.exitCode == 0 && !quiet.output.contains("drops"), "\(quiet)")

        let socket = try scene.one.packetSocket()
        let target = address(scene.outsideAddress)
        for _ in 0..<2 {
            let mac = try MACAddress(text: "02:00:00:00:00:66")
            try socket.send(scene.one.frame(.udp(from: address("10.65.0.1"), 1, to: target, 2), from: mac))
        }
        try socket.send(scene.one.frame(.udp(from: address("10.65.0.77"), 1, to: target, 2)))
        try eventually("the drops to be told") {
            try installation.run("check", installation.resources).output.contains("\n    drops: mac 2, ip 1\n")
        }
        let document = try CheckDocument(try installation.run("check", "-o", "json", installation.resources))
        #expect(document.clean && document.findings == [])
        #expect(document.endpoints.map(\.name) == ["one", "two"])
        let one = try #require(document.endpoint("one"))
        #expect(one.drops.filter { $0.value > 0 } == ["mac": 2, "ip": 1] && one.drops["arp"] == 0)
        #expect(one.macFilter.state == "enforced" && one.macFilter.mac == "02:00:00:00:00:01")
        #expect(one.namespace == "default" && one.interfaceName == "cali1" && one.state == "up" && one.probe == nil)
    }
}
