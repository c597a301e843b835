import Status
import Testing

/// What somebody else changes in the kernel is put right and reported.
struct AgentRepairTests {
    private func latest(_ report: StatusReport, _ words: String...) -> StatusReport.Repair? {
        report.dataplane.lastRepairs.first { repair in words.allSatisfy(repair.object.contains) }
    }

    /// With the resync of a minute only the kernel's own events can be what tells.
    @Test func routesAndNeighboursAreRepairedByEvent() throws {
        let scene = try Scene()
        let agent = try scene.installation.startAgent()
        #expect(try agent.waitUntilReady().dataplane.repairs == 0)

        try scene.host.ip("route delete 10.65.0.2 dev cali1")
        try agent.wait(for: "the route's repair") { latest($0, "route", "10.65.0.2", "cali1")?.change == .deleted }
        #expect(try scene.routes().contains("10.65.0.2 dev cali1"))

        // Replacing is announced as the coming of the other's route only.
        for other in ["dev eth0", "via 192.0.2.2"] {
            try scene.host.ip("route replace 10.65.0.2/32 \(other)")
            try eventually("the route's repair") { try scene.routes().contains("10.65.0.2 dev cali1") }
            #expect(try scene.isReached())
            try scene.host.ip("route delete 10.65.0.2/32 \(other)")
        }

        // With an interface's last address go its IPv4 routes, and nobody is told of them.
        try scene.host.ip("address add 10.66.0.1/32 dev cali1")
        try scene.host.ip("address delete 10.66.0.1/32 dev cali1")
        try eventually("the route's repair") { try scene.routes().contains("10.65.0.2 dev cali1") }
        #expect(try scene.isReached())

        try scene.host.ip("neighbour delete 10.65.0.2 dev cali1")
        try agent.wait(for: "the neighbour's repair") {
            latest($0, "neighbour", "10.65.0.2", "cali1")?.change == .deleted
        }
        let neighbours = "neighbour show 10.65.0.2 dev cali1 nud permanent"
        #expect(try scene.host.ip(neighbours).contains("02:00:00:00:00:01"))

        try scene.host.ip("neighbour replace 10.65.0.2 dev cali1 lladdr 02:00:00:00:00:66 nud permanent")
        try eventually("the neighbour's repair") { try scene.host.ip(neighbours).contains("02:00:00:00:00:01") }

        try scene.host.ip("route delete local 169.254.1.1 dev lo table main")
        try agent.wait(for: "the gateway's repair") { latest($0, "169.254.1.1")?.change == .deleted }

        try scene.host.ip("route add 10.65.0.66/32 dev cali1 scope link proto 77")
        try agent.wait(for: "the removal of a foreign route") { latest($0, "10.65.0.66")?.change == .foreign }
        #expect(try !scene.routes().contains("10.65.0.66"))

        let report = try agent.status()
        #expect(report.dataplane.repairs >= 5)
        #expect(report.state("web") == .up)
        #expect(try scene.isReached())
        #expect(try scene.workload.namespace.pings(scene.topology.outsideAddress))
        #expect(agent.log.contains("Found changed by somebody else"))
    }

    /// What somebody does to our tables, and how its repair is called.
    static let damages: [(command: String, object: String, change: StatusReport.Repair.Change)] = [
        (
            "delete element inet margay source4 { \"cali1\" . 02:00:00:00:00:01 . 10.65.0.2 }", "source4", .deleted
        ),
        ("delete element inet margay from { \"cali1\" }", "from", .deleted),
        ("add element inet margay source4 { \"cali1\" . 02:00:00:00:00:66 . 10.65.0.2 }", "source4", .foreign),
        ("flush chain inet margay from-cali1", "chain inet margay from-cali1", .altered),
        ("insert rule inet margay from-cali1 accept", "chain inet margay from-cali1", .altered),
        ("add chain inet margay intruder", "chain inet margay intruder", .foreign),
        ("add set inet margay intruder { type ipv4_addr; }", "intruder", .foreign),
        ("add table inet margay { flags dormant; }", "table inet margay", .altered),
        ("flush table inet margay", "chain inet margay source-filter", .altered),
        ("delete table inet margay", "table inet margay", .deleted),
        ("delete table arp margay", "table arp margay", .deleted),
        ("flush ruleset", "table inet margay", .deleted),
    ]

    /// With the resync of a minute only the kernel's own events can be what tells.
    @Test func ourTablesAreRepairedByEvent() throws {
        let scene = try Scene()
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        var repairs = 0
        for damage in Self.damages {
            try scene.host.nft(damage.command)
            let report = try agent.wait(for: "the repair after: \(damage.command)") {
                $0.dataplane.repairs > repairs && $0.ready
            }
            let added = report.dataplane.lastRepairs.prefix(report.dataplane.repairs - repairs)
            repairs = report.dataplane.repairs
            let isNamed = added.contains { $0.object.contains(damage.object) && $0.change == damage.change }
            // Of many repairs only the latest are kept.
            #expect(isNamed || added.count == 20, "\(damage.command): \(added)")
            #expect(
                added.allSatisfy { $0.found == .notification && $0.by?.hasPrefix("nft (pid ") == true }, "\(added)")
            let check = try scene.installation.run("check")
            #expect(check.exitCode == 0, "\(damage.command): \(check)")
        }
        let listing = try scene.host.execute("nft", "list", "ruleset").output
        #expect(!listing.contains("intruder"))
        #expect(try scene.isReached())
        #expect(try scene.workload.namespace.pings(scene.topology.outsideAddress))
    }

    private func expectRepair(
        of paths: [String], in scene: Scene, _ agent: RunningAgent, by event: String = ":"
    ) throws {
        for path in paths {
            let file = "/proc/sys/net/\(path)"
            let value = try scene.host.command(["cat", file]).succeed()
            try scene.host.command(["sh", "-ec", "echo 7 >\(file) || echo 0 >\(file); \(event)"]).succeed()
            try eventually("the repair of \(path)") { try scene.host.command(["cat", file]).succeed() == value }
            let report = try agent.wait(for: "the report of \(path)") { latest($0, path) != nil }
            #expect(latest(report, path)?.change == .altered)
        }
        #expect(try scene.isReached())
    }

    /// The kernel tells of these.
    @Test func announcedKernelParametersAreRepairedByEvent() throws {
        let scene = try Scene()
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        try expectRepair(
            of: ["ipv4/conf/cali1/proxy_arp", "ipv4/conf/cali1/forwarding", "ipv4/ip_forward"], in: scene, agent)
    }

    /// Of others it does not, but whoever sets them has often just done something to the link.
    @Test func kernelParametersAreLookedAtWhenTheirLinkChanges() throws {
        let scene = try Scene()
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        try expectRepair(
            of: ["ipv4/neigh/cali1/proxy_delay"], in: scene, agent, by: "ip link set cali1 alias touched")
    }

    @Test func kernelParametersAreRepairedAtTheResync() throws {
        let scene = try Scene(settings: "resyncInterval: 1s")
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        try expectRepair(of: ["ipv4/neigh/cali1/proxy_delay"], in: scene, agent)
        #expect(try agent.status().dataplane.lastRepairs.first?.found == .comparison)
    }

    @Test func whatBelongsToOthersIsLeftAlone() throws {
        let scene = try QuietScene(settings: "resyncInterval: 1s")
        let foreign = "table inet foreign { chain c { type filter hook input priority 5; policy accept; }; }"
        try scene.host.nft(foreign)
        try scene.host.ip(
            "address add 192.0.2.1/24 dev peer-cali1", "route add 198.51.100.0/24 dev peer-cali1 proto static",
            "neighbour add 192.0.2.9 dev peer-cali1 lladdr 02:00:00:00:00:77 nud permanent")
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        // A damage repaired shows that a resync has been since.
        try scene.host.nft("delete element inet margay from { \"cali1\" }")
        let report = try agent.wait(for: "a repair") { $0.dataplane.repairs > 0 && $0.ready }
        #expect(report.dataplane.repairs == 1)
        #expect(try scene.host.execute("nft", "list", "tables").output.contains("table inet foreign"))
        #expect(try scene.host.ip("route").contains("198.51.100.0/24"))
        #expect(try scene.host.ip("neighbour show nud permanent").contains("192.0.2.9"))
    }
}
