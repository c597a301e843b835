import Glibc
import Status
import Testing

/// What keeps the agent from starting, each told with its remedy and with nothing programmed.
struct AgentErrorsTests {
    private func isUntouched(_ host: NetworkNamespace) throws -> Bool {
        try host.execute("nft", "list", "tables").output == "" && host.ip("-4 route show proto 77") == ""
    }

    /// Runs the program as somebody who may do nothing, wherever it was built.
    private func runAsNobody(_ installation: Installation, _ arguments: [String]) throws -> CommandResult {
        let script = """
            touch "$0" && mount --bind "$1" "$0" && program=$0 && shift
            exec setpriv --reuid=65534 --regid=65534 --clear-groups "$program" "$@"
            """
        return try installation.command(
            arguments, through: ["sh", "-ec", script, "\(installation.folder)/margay"]
        ).run()
    }

    @Test func whoeverIsNotRootIsToldSo() throws {
        let scene = try QuietScene()
        let socket = "/tmp/margay-test-nobody-\(getpid()).sock"
        for arguments in [["agent"], ["agent", "--once"], ["cleanup"], ["check", scene.installation.resources]] {
            let result = try runAsNobody(scene.installation, ["--socket", socket] + arguments)
            #expect(result.exitCode == 1, "\(arguments): \(result)")
            #expect(result.errors.contains("root"), "\(arguments): \(result)")
            #expect(result.errors.contains("CAP_NET_ADMIN"), "\(arguments): \(result)")
            #expect(try isUntouched(scene.host))
        }
        let validation = try runAsNobody(scene.installation, ["validate", scene.installation.resources])
        #expect(validation.exitCode == 0, "\(validation)")
        #expect(try scene.installation.run("agent", "--once").exitCode == 0)
        // Nor may just anybody look at what is programmed.
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        let status = try runAsNobody(scene.installation, ["status"])
        #expect(status.exitCode == 3)
        #expect(status.errors.contains("Permission denied"), "\(status)")
    }

    /// A hook takes 1024 chains (`MAX_HOOK_COUNT`, net/netfilter/core.c): a namespace whose ARP hook is full refuses
    /// ours as a kernel without that hook does.
    @Test func aMissingKernelFeatureIsNamedBeforeAnythingIsProgrammed() throws {
        let scene = try QuietScene()
        let chains = (1...1024).map { "chain c\($0) { type filter hook input priority \($0); }" }
        try writeFile(
            "\(scene.installation.folder)/full.nft", "table arp full {\n\(chains.joined(separator: "\n"))\n}\n")
        try scene.host.command(["nft", "-f", "\(scene.installation.folder)/full.nft"]).succeed()
        for arguments in [["agent"], ["agent", "--once"]] {
            let result = try scene.installation.command(arguments).run()
            #expect(result.exitCode == 1)
            #expect(result.errors.contains("this kernel lacks arp tables"), "\(result)")
            #expect(result.errors.contains("set sourceFilter.arp to false"), "\(result)")
            #expect(try scene.host.execute("nft", "list", "tables").output == "table arp full\n")
            #expect(try scene.routes() == "")
        }
        // The remedy works.
        try scene.installation.configure("sourceFilter: {arp: false}")
        let result = try scene.installation.run("agent", "--once")
        #expect(result.exitCode == 0, "\(result)")
        let tables = try scene.host.execute("nft", "list", "tables").output
        #expect(tables.contains("table inet margay"))
    }

    @Test func aVariableOverridesTheFileAndAnOptionOverridesBoth() throws {
        let scene = try QuietScene()
        for number in 2...3 {
            try scene.installation.put(
                "node\(number).yaml",
                endpointText("n\(number)", addresses: ["10.65.0.\(number)0"], node: "node\(number)"))
        }
        func routes(_ arguments: [String], _ environment: [String: String]) throws -> String {
            let result = try scene.installation.command(["agent", "--once"] + arguments, environment: environment).run()
            #expect(result.exitCode == 0, "\(result)")
            return try scene.routes()
        }
        for (arguments, environment, address) in [
            ([], [:], "10.65.0.2 "), ([], ["MARGAY_NODE": "node2"], "10.65.0.20 "),
            (["--node", "node3"], ["MARGAY_NODE": "node2"], "10.65.0.30 "),
        ] {
            let routes = try routes(arguments, environment)
            #expect(routes.contains(address), "\(arguments) \(environment): \(routes)")
            #expect(routes.split(separator: "\n").count { $0.contains("10.65.") } == 1)
        }
        let empty = "\(scene.installation.folder)/empty"
        #expect(mkdir(empty, 0o755) == 0)
        #expect(try routes(["--source", "directory:\(empty)"], [:]) == "")
    }

    @Test func aWrongSettingIsToldWithItsPlaceAndTheAgentDoesNotStart() throws {
        let scene = try QuietScene()
        let file = scene.installation.configuration
        for (settings, complaint) in [
            ("resyncIntervall: 5s", "\(file):4:1: error: resyncIntervall: "),
            ("routes: {protocol: 3}", "\(file):4:20: error: routes.protocol: "),
            ("nat: [1]", "\(file):4:6: error: nat: "), ("a: [", "\(file):"),
        ] {
            try scene.installation.configure(settings)
            for arguments in [["agent"], ["agent", "--once"], ["cleanup"]] {
                let result = try scene.installation.command(arguments).run()
                #expect(result.exitCode == 1)
                #expect(result.errors.hasPrefix(complaint), "\(settings): \(result)")
            }
        }
        try scene.installation.configure("")
        let variable = try scene.installation.command(["agent", "--once"], environment: ["MARGAY_NODES": "a"]).run()
        #expect(variable.exitCode == 1)
        #expect(variable.errors.contains("MARGAY_NODES: error: "), "\(variable)")
        #expect(variable.errors.contains("MARGAY_NODE?"), "\(variable)")
        let option = try scene.installation.run("agent", "--once", "--source", "ftp://there")
        #expect(option.exitCode == 1)
        #expect(option.errors.contains("--source: error: "), "\(option)")
        let source = try scene.installation.run("agent", "--once", "--source", "kubernetes:")
        #expect(source.exitCode == 1)
        #expect(source.errors.contains("cannot read from kubernetes; use etcd, or a folder"), "\(source)")
        let silent = try scene.installation.run("agent", "--once", "--source", "etcd:http://127.0.0.1:2379")
        #expect(silent.exitCode == 1)
        #expect(silent.errors.contains("http://127.0.0.1:2379: cannot "), "\(silent)")
        let absent = try Command([Installation.program, "--config", "/no/such.yaml", "agent", "--once"]).run()
        #expect(absent.exitCode == 1)
        #expect(absent.errors.contains("/no/such.yaml"), "\(absent)")
        #expect(try isUntouched(scene.host))
    }

    /// The kernel adds up the page faults of every child that a process has waited for (`cminflt`, proc_pid_stat(5)),
    /// and lists those that it has not.
    @Test func theAgentRunsNoOtherProgram() throws {
        let scene = try Scene(settings: "resyncInterval: 1s")
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        try scene.host.ip("link set cali1 down", "link set cali1 up")
        try scene.host.nft("delete element inet margay from { \"cali1\" }")
        try agent.wait(for: "a repair") { $0.dataplane.repairs > 0 && $0.state("web") == .up && $0.ready }

        func faultsOfChildren(_ line: String) throws -> Int {
            let fields = line.drop { $0 != ")" }.split(separator: " ")
            return try #require(Int(fields[9]))
        }
        #expect(try faultsOfChildren(try readFile("/proc/\(agent.pid)/stat")) == 0)
        let children = try Command(["sh", "-c", "cat /proc/\(agent.pid)/task/*/children"]).succeed()
        #expect(children == "")
        // A process that did would show.
        let shell = try Command(["sh", "-c", "ip -V >/dev/null; read line </proc/$$/stat; echo \"$line\""]).succeed()
        #expect(try faultsOfChildren(shell) > 0)
    }

    @Test func theProgramLinksTheNetlinkLibraries() throws {
        let libraries = try Command(["ldd", Installation.program]).succeed()
        #expect(libraries.contains("libmnl.so"))
        #expect(libraries.contains("libnftnl.so"))
        #expect(!libraries.contains("libnftables.so"))
        #expect(!libraries.contains("not found"))
    }
}
