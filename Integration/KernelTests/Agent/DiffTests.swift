import Testing

/// `margay diff`: what would be added, removed and altered, a line for each object.
struct DiffTests {
    private static let settings = "nat: {excludedNetworks: [10.0.0.0/8, 192.168.0.0/16]}"

    @Test func whatFilesWouldChangeIsShownAndNotDone() throws {
        let scene = try QuietScene(settings: Self.settings)
        let installation = scene.installation
        let before = try installation.kernelState()
        let all = try installation.run("diff", installation.resources)
        #expect(all.exitCode == 1)
        for line in [
            "Tables", "+ table inet margay", "+ set inet margay source4 (1 element)", "+ chain inet margay to-cali1",
            "Routes", "+ route 10.65.0.2/32 dev cali1", "+ neighbour 10.65.0.2 dev cali1",
            "~ sysctl net/ipv4/conf/cali1/proxy_arp: 0, wanted 1",
        ] {
            #expect(all.output.split(separator: "\n").contains(Substring(line)), "\(line): \(all)")
        }
        #expect(try installation.kernelState() == before)

        #expect(try installation.run("agent", "--once").exitCode == 0)
        let same = try installation.run("diff", installation.resources)
        #expect(same.exitCode == 0, "\(same)")
        #expect(same.output == "no difference: the kernel is as wanted\n")
        // Files one by one are the folder.
        #expect(
            try installation.run(
                "diff", "\(installation.resources)/web.yaml", "\(installation.resources)/open.yaml"
            ).exitCode == 0)
    }

    /// What somebody does, and all that the difference must then say.
    static let damages: [(command: [String], lines: [String])] = [
        (
            ["ip", "route", "delete", "10.65.0.2", "dev", "cali1"],
            ["Routes", "+ route 10.65.0.2/32 dev cali1", "1 difference: 1 missing"]
        ),
        (
            ["ip", "route", "add", "10.65.0.66/32", "dev", "cali1", "proto", "77", "scope", "link"],
            ["Routes", "- route 10.65.0.66/32 dev cali1", "1 difference: 1 unwanted"]
        ),
        (
            [
                "ip", "neighbour", "replace", "10.65.0.2", "dev", "cali1", "lladdr", "02:00:00:00:00:77", "nud",
                "permanent", "protocol", "77",
            ],
            [
                "Neighbours",
                "~ neighbour 10.65.0.2 dev cali1: lladdr 02:00:00:00:00:77, wanted lladdr 02:00:00:00:00:01",
                "1 difference: 1 altered",
            ]
        ),
        (
            ["sh", "-c", "echo 0 >/proc/sys/net/ipv4/conf/cali1/proxy_arp"],
            [
                "Kernel parameters", "~ sysctl net/ipv4/conf/cali1/proxy_arp: 0, wanted 1", "1 difference: 1 altered",
            ]
        ),
        (
            ["nft", "insert rule inet margay to-cali1 ip saddr 10.9.0.0/16 tcp dport 22 accept"],
            [
                "Chains", "~ chain inet margay to-cali1", "    - ip saddr 10.9.0.0/16 tcp dport 22 accept",
                "1 difference: 1 altered",
            ]
        ),
        (
            ["nft", "flush chain inet margay to-cali1"],
            [
                "Chains", "~ chain inet margay to-cali1", "    + counter goto group-1-open-ingress",
                "1 difference: 1 altered",
            ]
        ),
        (
            [
                "nft",
                "delete element inet margay to { \"cali1\" }; add element inet margay to { \"cali1\" : accept }",
            ],
            [
                "Elements",
                "~ element \"cali1\" of set inet margay to: accept, wanted jump to-cali1", "1 difference: 1 altered",
            ]
        ),
        (
            [
                "nft",
                "delete element inet margay nat-excluded4 { 10.0.0.0/8 }; "
                    + "add element inet margay nat-excluded4 { 10.0.0.0/9 }",
            ],
            [
                "Elements", "+ element 10.0.0.0/8 of set inet margay nat-excluded4",
                "- element 10.0.0.0/9 of set inet margay nat-excluded4", "2 differences: 1 missing, 1 unwanted",
            ]
        ),
        (
            ["nft", "add set inet margay s { type ipv4_addr; elements = { 10.0.0.1, 10.0.0.2 }; }"],
            ["Sets and maps", "- set inet margay s (2 elements)", "1 difference: 1 unwanted"]
        ),
    ]

    @Test(arguments: damages.indices)
    func everyKindOfDifferenceIsALine(index: Int) throws {
        let (command, lines) = Self.damages[index]
        let scene = try QuietScene(settings: Self.settings)
        #expect(try scene.installation.run("agent", "--once").exitCode == 0)
        try scene.host.command(command).succeed()
        let result = try scene.installation.run("diff", scene.installation.resources)
        #expect(result.exitCode == 1)
        #expect(result.output.split(separator: "\n").map(String.init) == lines, "\(result)")
    }

    @Test func theAgentsResourcesAreComparedWithoutAPath() throws {
        let scene = try QuietScene()
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        let same = try scene.installation.run("diff")
        #expect(same.exitCode == 0, "\(same)")
        _ = try agent.terminate()
        let unreachable = try scene.installation.run("diff")
        #expect(unreachable.exitCode == 3)
        #expect(unreachable.output == "")
        #expect(unreachable.errors.contains(scene.installation.socket))
    }

    @Test func whatCannotBeReadIsNoDifference() throws {
        let scene = try QuietScene()
        let installation = scene.installation
        #expect(try installation.run("agent", "--once").exitCode == 0)
        try installation.put("web.yaml", endpointText(mac: "x"))
        let rejected = try installation.run("diff", installation.resources)
        #expect(rejected.exitCode == 1)
        #expect(rejected.output == "")
        #expect(rejected.errors.contains("web.yaml:9:8: error: spec.mac: \"x\""), "\(rejected)")
        // A check tells what it can all the same, and is not content with it.
        try installation.put("web.yaml", endpointText())
        try installation.put("bad.yaml", endpointText("bad", mac: "x"))
        let check = try installation.run("check", installation.resources)
        #expect(check.exitCode == 1)
        #expect(check.output.contains("the kernel is as wanted, 1 of 1 endpoint up"), "\(check)")
        #expect(check.errors.contains("bad.yaml:9:8: error: "), "\(check)")
        #expect(try installation.run("check", "/no/such/folder").exitCode == 1)
    }

    @Test(arguments: ["diff", "check"])
    func withoutRightsTheyNameWhatIsMissing(command: String) throws {
        let scene = try QuietScene()
        try scene.host.command(["chmod", "-R", "a+rX", scene.installation.folder]).succeed()
        let result = try scene.installation.command(
            [command, scene.installation.resources],
            through: ["setpriv", "--reuid", "65534", "--clear-groups", "--bounding-set", "-all"]
        ).run()
        #expect(result.exitCode == 1)
        #expect(result.output == "")
        #expect(result.errors.contains("Operation not permitted (EPERM)"), "\(result)")
        #expect(result.errors.contains("run as root or with CAP_NET_ADMIN"), "\(result)")
    }
}
