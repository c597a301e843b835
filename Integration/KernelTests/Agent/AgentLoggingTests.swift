import Status
import Testing

/// A rule that logs is no other's trouble where the kernel cannot, and logs as soon as it can.
struct AgentLoggingTests {
    private let scene: QuietScene
    private let kernel: SilentKernel

    init() throws {
        scene = try QuietScene(interfaces: ["cali1", "cali2"], settings: "resyncInterval: 1s")
        kernel = try SilentKernel()
        try scene.installation.put("loud.yaml", profileText("loud", egress: "{action: Log}"))
        try scene.installation.put("web.yaml", endpointText(profiles: ["loud", "open"]))
    }

    private func chain() throws -> String {
        try scene.host.command(["nft", "list", "chain", "inet", "margay", "profile-loud-egress"]).succeed()
    }

    private func run(_ arguments: String...) throws -> CommandResult {
        try scene.installation.command(arguments, environment: kernel.environment).run()
    }

    private func putOther() throws {
        try scene.installation.put(
            "other.yaml",
            endpointText("other", interface: "cali2", mac: "02:00:00:00:00:02", addresses: ["10.65.0.3"]))
    }

    @Test func whatTheKernelCannotLogIsCountedAndStopsNobody() throws {
        let agent = try scene.installation.startAgent(environment: kernel.environment)
        try agent.waitUntilReady()
        try putOther()
        let report = try agent.wait(for: "the other endpoint") { $0.ready && $0.state("other") == .up }
        #expect(report.dataplane.state == .applied && report.dataplane.failures == 0)
        #expect(report.state("web") == .up)
        #expect(report.endpoint("web")?.reason == "profile loud logs nothing: this kernel cannot")
        #expect(report.endpoint("other")?.reason == "")
        #expect(report.dataplane.notices.count == 1)
        let notice = report.dataplane.notices.first ?? ""
        #expect(notice.contains("profile loud") && notice.contains("modprobe nf_log_syslog"), "\(notice)")
        #expect(agent.log.ranges(of: "This kernel cannot log").count == 1, "\(agent.log)")
        let chain = try chain()
        #expect(!chain.contains("log prefix"))
        #expect(chain.contains("counter packets 0 bytes 0 comment \"profile loud egress[0]\""), "\(chain)")
        #expect(try scene.routes().contains("10.65.0.3 dev cali2"))
        // Who compares with the kernel wants the same of it.
        for command in ["check", "diff"] {
            let result = try run(command)
            #expect(result.exitCode == 0, "\(command): \(result)")
        }
        #expect(try run("version").output.contains("logging   not available: modprobe nf_log_syslog"))
    }

    @Test func linesBeginWithTheNextResyncOnceTheKernelCan() throws {
        let agent = try scene.installation.startAgent(environment: kernel.environment)
        try agent.wait(for: "the notice") { $0.ready && $0.dataplane.notices.count == 1 }
        try kernel.load()
        let report = try agent.wait(for: "the notice to go") { $0.ready && $0.dataplane.notices == [] }
        #expect(report.endpoint("web")?.reason == "")
        #expect(report.dataplane.repairs == 0)
        #expect(try chain().contains("log prefix \"margay loud egress[0]: \""))
        #expect(agent.log.contains("This kernel can log now"), "\(agent.log)")
        #expect(try run("diff").exitCode == 0)
        #expect(try run("version").output.contains("logging   available\n"))
    }

    /// The rules in the kernel keep their modules; without them those may go, and nobody is told.
    @Test func aKernelThatCanLogNoMoreIsFoundOutByItsRefusal() throws {
        try kernel.load()
        let agent = try scene.installation.startAgent(environment: kernel.environment)
        #expect(try agent.waitUntilReady().dataplane.notices == [])
        try kernel.silence()
        try scene.host.nft("flush ruleset")
        try putOther()
        let report = try agent.wait(for: "the other endpoint") { $0.ready && $0.state("other") == .up }
        #expect(report.dataplane.notices.count == 1)
        #expect(try !chain().contains("log prefix"))
    }
}
