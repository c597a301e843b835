import Dataplane
import Testing

/// `margay render`: what it prints is what the agent programs.
struct RenderTests {
    /// The settings that stand for each of the interoperability tests' variants.
    static let settings = [
        "allowWideNetworks: true",
        """
        allowWideNetworks: true
        interfacePrefixes: [cali, tap, veth-]
        chainLayout: shared
        endpointToHost: accept
        nat: {excludedNetworks: [10.0.0.0/8, 192.168.0.0/16, 172.16.0.1/32, "2001:db8::/48", "fd00::/8"]}
        """,
        """
        allowWideNetworks: true
        unknownInterfaces: ignore
        nat: {outbound: false}
        sourceFilter: {arp: false, dhcp: false}
        """,
    ]

    /// Those of the interoperability tests' endpoints.
    static let interfaces = [
        "cali1", "cali2", "cali3", "cali4", "cali56789abcdef", "tap_7.100", "cali8", "cali9", "cali10", "cali11",
    ]

    /// In the same order in every namespace, so that the indices agree.
    private func hostWithInterfaces() throws -> NetworkNamespace {
        let host = try NetworkNamespace()
        for (number, name) in Self.interfaces.enumerated() {
            try host.ip("link add \(name) type veth peer name peer\(number)", "link set peer\(number) up")
            try host.ip("link set \(name) up")
        }
        return host
    }

    @Test(arguments: NftInteropTests.variants.indices)
    func whatIsRenderedAndLoadedIsWhatTheAgentPrograms(variant: Int) throws {
        let options = NftInteropTests.variants[variant]
        let (original, copy) = (try hostWithInterfaces(), try hostWithInterfaces())
        let programmed = try ProgrammedHost(original, options: options)
        try programmed.take(NftInteropTests.model)
        try programmed.update()

        let installation = try Installation(in: copy, settings: Self.settings[variant])
        for (number, text) in NftInteropTests.model.enumerated() {
            try installation.put("\(number).yaml", text)
        }
        let arguments = ["--node", "host", installation.resources]
        let rendered = try installation.command(["render"] + arguments).run()
        try #require(rendered.exitCode == 0, "\(rendered.errors)")
        #expect(
            rendered.output.hasPrefix(
                "table inet margay; delete table inet margay\ntable arp margay; delete table arp margay\n"))
        let file = "\(installation.folder)/margay.nft"
        try writeFile(file, rendered.output)
        try copy.command(["nft", "-c", "-f", file]).succeed()
        // Twice: loading replaces, it does not append.
        try copy.command(["nft", "-f", file]).succeed()
        try copy.command(["nft", "-f", file]).succeed()
        try copy.command(["sh", "-ec", "sed -n 's/^# //p' \(file) | sh -e"]).succeed()

        let ours = try programmed.snapshot()
        let theirs = try ProgrammedHost(copy, options: options).snapshot()
        #expect(ours.tables.chains.count > 20 && ours.tables.sets.count > 20 && ours.tables.elements.count > 20)
        #expect(ours.tables.states == theirs.tables.states)
        #expect(ours.tables.sets == theirs.tables.sets)
        #expect(Set(ours.tables.chains.keys) == Set(theirs.tables.chains.keys))
        for (id, chain) in ours.tables.chains {
            #expect(chain == theirs.tables.chains[id], "\(id)")
        }
        #expect(ours.tables.elements == theirs.tables.elements)
        #expect(!ours.routes.isEmpty && ours.routes == theirs.routes)
        #expect(!ours.neighbours.isEmpty && ours.neighbours == theirs.neighbours)

        // Kernel parameters included.
        let check = try installation.command(["check"] + arguments).run()
        #expect(check.output.contains("the kernel is as wanted"), "\(check)")
        // The same text every time.
        #expect(try installation.command(["render"] + arguments).run() == rendered)
    }

    @Test func aRejectedDocumentLeavesNothingToLoad() throws {
        let scene = try QuietScene(interfaces: [])
        try scene.installation.put("bad.yaml", endpointText("bad", interface: "cali2", mac: "x"))
        for format in ["nft", "json"] {
            let result = try scene.installation.run("render", scene.installation.resources, "-o", format)
            #expect(result.exitCode == 1)
            #expect(result.output == "")
            #expect(result.errors.contains("bad.yaml:9:8: error: spec.mac: \"x\""), "\(result)")
        }
        let absent = try scene.installation.run("render", scene.installation.resources, "/no/such.yaml")
        #expect(absent.exitCode == 1)
        #expect(absent.output == "")
        #expect(absent.errors.contains("/no/such.yaml"))
    }

    @Test func itNeedsNeitherRootNorInterfacesAndReadsSeveralPaths() throws {
        let scene = try QuietScene(interfaces: [])
        let installation = scene.installation
        try installation.put("far.yaml", endpointText("far", interface: "cali9", node: "node2"))
        let command = installation.command(
            ["render", "\(installation.resources)/web.yaml", "\(installation.resources)/open.yaml"],
            through: ["setpriv", "--reuid", "65534", "--clear-groups", "--bounding-set", "-all"])
        try scene.host.command(["chmod", "-R", "a+rX", installation.folder]).succeed()
        let result = try command.run()
        #expect(result.exitCode == 0, "\(result)")
        #expect(result.output.contains("# ip route replace 10.65.0.2/32 dev cali1 scope link proto 77\n"))
        #expect(!result.output.contains("cali9"))

        let elsewhere = try installation.run("render", installation.resources, "--node", "node3")
        #expect(elsewhere.exitCode == 0)
        #expect(elsewhere.errors.contains("no endpoint is of node node3, they are of node1, node2"), "\(elsewhere)")
        try installation.put("two.yaml", endpointText("two"))
        let conflict = try installation.run("render", installation.resources)
        #expect(conflict.exitCode == 0)
        #expect(conflict.errors.contains("note: default/web: conflict: "), "\(conflict)")
    }
}
