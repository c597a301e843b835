import Foundation
import Testing

/// The agent keeps no right of root but those to the network, in any of its threads.
struct AgentPrivilegeTests {
    private let scene: QuietScene

    init() throws {
        scene = try QuietScene(interfaces: ["cali1"])
        try scene.installation.put("web.yaml", endpointText())
    }

    /// CAP_NET_ADMIN, 12, and CAP_NET_RAW, 13, of linux/capability.h.
    private static let kept = "0000000000003000"
    private static let none = "0000000000000000"

    /// A field of `/proc/PID/task/*/status` in every thread (proc_pid_status(5)).
    private func field(_ name: String, of process: pid_t) throws -> Set<String> {
        let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")
        #expect(threads.count > 3)
        return Set(
            threads.compactMap { thread in
                // A thread may have ended meanwhile.
                let text = try? String(contentsOfFile: "/proc/\(process)/task/\(thread)/status", encoding: .utf8)
                let line = text?.split(separator: "\n").first { $0.hasPrefix("\(name):") }
                return line?.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces)
            })
    }

    private func expectRestricted(_ agent: RunningAgent, bounding: String = kept) throws {
        for (name, value) in [
            ("CapEff", Self.kept), ("CapPrm", Self.kept), ("CapInh", Self.none), ("CapAmb", Self.none),
            ("CapBnd", bounding), ("NoNewPrivs", "1"),
        ] {
            #expect(try field(name, of: agent.pid) == [value], "\(name)")
        }
        #expect(!agent.log.contains("could not be given up"), "\(agent.log)")
    }

    /// Without the others it does all that it has to do.
    @Test func rootsAgentKeepsTheNetworkAloneAndDoesItsWork() throws {
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        try expectRestricted(agent)
        // A resource that changes, a repair of route and sysctl, a reload: all after the rights were given up.
        try scene.installation.put("web.yaml", endpointText(addresses: ["10.65.0.9"]))
        try agent.wait(for: "the new address") { _ in try scene.routes().contains("10.65.0.9 dev cali1") }
        try scene.host.ip("route delete 10.65.0.9 dev cali1")
        try eventually("the route") { try scene.routes().contains("10.65.0.9 dev cali1") }
        try agent.reload()
        try agent.waitUntilReady()
        try expectRestricted(agent)
        #expect(try field("Name", of: agent.pid).contains("margay"))
    }

    /// As the unit bounds it: with CAP_SETGID, 6, and CAP_SETPCAP, 8, at the start and no CAP_CHOWN.
    @Test func theUnitsRightsAreEnoughToGiveTheSocketToItsGroup() throws {
        try scene.installation.configure("")
        let agent = try scene.installation.startAgent(
            environment: ["MARGAY_STATUS_GROUP": "nogroup"],
            preparation: "set -- setpriv --bounding-set=-all,+net_admin,+net_raw,+setgid,+setpcap \"$@\"")
        try agent.waitUntilReady()
        try expectRestricted(agent)
        let owner = try Command(["stat", "-c", "%a %U %G", scene.installation.socket]).succeed()
        #expect(owner.trimmingCharacters(in: .whitespacesAndNewlines) == "660 root nogroup")
    }

    @Test func withoutMoreThanTheNetworkTheSocketIsRootsAlone() throws {
        let agent = try scene.installation.startAgent(
            environment: ["MARGAY_STATUS_GROUP": "nogroup"],
            preparation: "set -- setpriv --bounding-set=-all,+net_admin,+net_raw \"$@\"")
        try agent.waitUntilReady()
        try expectRestricted(agent)
        let owner = try Command(["stat", "-c", "%a %U %G", scene.installation.socket]).succeed()
        #expect(owner.trimmingCharacters(in: .whitespacesAndNewlines) == "600 root root")
        #expect(agent.log.contains("only its owner can ask"), "\(agent.log)")
    }

    /// A configuration that can be read once is read by the agent, not by what becomes it.
    @Test func aConfigurationFromAPipeArrives() throws {
        let installation = scene.installation
        let result = try scene.host.command([
            "bash", "-ec", "env -i \(Installation.program) --config <(cat \(installation.configuration)) agent --once",
        ]).run()
        #expect(result.exitCode == 0, "\(result)")
        #expect(try scene.routes().contains("10.65.0.2 dev cali1"))
    }
}
