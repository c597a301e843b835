import DatastoreEtcd
import Glibc
import Resources
import Testing

/// Three members, of which some fail.
@Suite(.serialized) struct EtcdFaultClusterTests {
    @Test("the followed member, the leader, all of them: killed and back") func killed() async throws {
        let cluster = try EtcdCluster(members: 3)
        let observer = Observer(cluster.datastore(.quick))
        try await observer.wait(for: "the first listing") { $0.isInSync }

        let followed = try #require(try cluster.followed())
        try cluster.signal(followed, SIGKILL)
        try await until("a leader") { (try? cluster.put("profiles/a", EtcdFaultTests.profile("a"))) != nil }
        try await observer.wait(for: "a change through another") { $0.isInSync && $0.names == ["Profile a"] }
        #expect(try cluster.followed() != followed)
        try cluster.start(followed)
        try cluster.waitUntilHealthy()

        try cluster.signal(try cluster.leader(), SIGKILL)
        try await until("a new leader") { (try? cluster.put("profiles/b", EtcdFaultTests.profile("b"))) != nil }
        try await observer.wait(for: "a change by the new leader") {
            $0.isInSync && $0.names == ["Profile a", "Profile b"]
        }

        for member in 0..<3 { try cluster.signal(member, SIGKILL) }
        try await observer.wait(for: "the loss") { !$0.isInSync }
        #expect(observer.view.names == ["Profile a", "Profile b"])
        for member in 0..<3 { try cluster.start(member) }
        try await observer.wait(for: "the return") { $0.isInSync }
        try cluster.put("profiles/c", EtcdFaultTests.profile("c"))
        try await observer.wait(for: "a change after it") { $0.names == ["Profile a", "Profile b", "Profile c"] }
        #expect(observer.view.puts == ["Profile a", "Profile b", "Profile c"])
        await observer.stop()
    }

    @Test("a member without its cluster is left: for another, or counted as lost") func cutFromItsPeers() async throws {
        let cluster = try EtcdCluster(members: 3, ownUsers: true)
        // A member that has no leader still answers; nothing else here would notice.
        let tuning = EtcdTuning().with { $0.longestPause = .milliseconds(400) }
        let observer = Observer(cluster.datastore(tuning))
        try await observer.wait(for: "the first listing") { $0.isInSync }

        let followed = try #require(try cluster.followed())
        try cluster.partition(followed)
        try await observer.wait(for: "the loss") { !$0.losses.isEmpty }
        try await observer.wait(for: "another member") { $0.isInSync }
        #expect(try cluster.followed() != followed)
        let other = (followed + 1) % 3
        try await until("a new leader") {
            (try? cluster.put("profiles/a", EtcdFaultTests.profile("a"), through: other)) != nil
        }
        try await observer.wait(for: "a change") { $0.names == ["Profile a"] }
        try cluster.heal()
        try cluster.waitUntilHealthy()

        // Healing may have cost the observer its connection once more.
        try await until("a member is followed") { (try? cluster.followed()) != nil }
        let survivor = try #require(try cluster.followed())
        for member in 0..<3 where member != survivor { try cluster.signal(member, SIGKILL) }
        let view = try await observer.wait(for: "the loss of the cluster") { !$0.isInSync }
        #expect(view.names == ["Profile a"])
        #expect(view.losses.last?.contains("no leader") == true, "\(view.losses)")
        for member in 0..<3 where member != survivor { try cluster.start(member) }
        try await until("a leader") { (try? cluster.put("profiles/b", EtcdFaultTests.profile("b"))) != nil }
        try await observer.wait(for: "the return") { $0.isInSync && $0.names == ["Profile a", "Profile b"] }
        await observer.stop()
    }
}

extension EtcdCluster {
    func leader() throws -> Int {
        let lines = try ctl("endpoint", "status").output.split(separator: "\n")
        // ENDPOINT, ID, VERSION, DB SIZE, IS LEADER, …
        let leader = lines.first { $0.split(separator: ", ").dropFirst(4).first == "true" }
        guard let leader, let member = endpoints.firstIndex(where: { leader.hasPrefix($0 + ",") }) else {
            throw TestKitError("no leader: \(lines)")
        }
        return member
    }

    /// Keeps a member of its own user's from its peers, and from nobody else.
    func partition(_ member: Int) throws {
        let ports = (0..<3).map { "\(Self.peerPort($0))" }.joined(separator: ", ")
        try namespace.nft(
            """
            add table inet cut
            add chain inet cut output { type filter hook output priority 0; }
            add rule inet cut output meta skuid \(Self.user(of: member)) tcp dport { \(ports) } drop
            add rule inet cut output meta skuid \(Self.user(of: member)) tcp sport { \(ports) } drop
            """)
    }

    func put(_ path: String, _ value: String, through member: Int) throws {
        let result = try namespace.command(
            ["env", "ETCDCTL_API=3", "etcdctl", "--endpoints", endpoints[member], "put", Self.prefix + path, value]
        ).run()
        guard result.exitCode == 0 else { throw TestKitError("put \(path): \(result)") }
    }
}
