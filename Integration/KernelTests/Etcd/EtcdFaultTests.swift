import Datastore
import DatastoreEtcd
import Glibc
import Logging
import Resources
import Testing

/// A single member that ends, comes back, and forgets.
@Suite(.serialized) struct EtcdFaultTests {
    static func profile(_ name: String, action: String = "Allow") -> String {
        """
        {"kind":"Profile","apiVersion":"projectcalico.org/v3","metadata":{"name":"\(name)"},\
        "spec":{"ingress":[{"action":"\(action)"}],"egress":[{"action":"\(action)"}]}}
        """
    }

    @Test("what is put, changed and deleted is told, across a member's end and return", arguments: [SIGKILL, SIGTERM])
    func restart(signal: Int32) async throws {
        let cluster = try EtcdCluster()
        try cluster.put("profiles/a", Self.profile("a"))
        try cluster.put("profiles/b", Self.profile("b"))
        let observer = Observer(cluster.datastore(.quick))
        try await observer.wait(for: "the first listing") { $0.names == ["Profile a", "Profile b"] && $0.isInSync }

        try cluster.put("profiles/c", Self.profile("c"))
        try cluster.delete("profiles/a")
        try await observer.wait(for: "changes") { $0.names == ["Profile b", "Profile c"] }

        try cluster.signal(0, signal)
        try await observer.wait(for: "the loss") { !$0.isInSync }
        #expect(observer.view.names == ["Profile b", "Profile c"])

        try cluster.start(0)
        try await observer.wait(for: "the return") { $0.isInSync }
        try cluster.put("profiles/d", Self.profile("d"))
        try await observer.wait(for: "a change after it") { $0.names == ["Profile b", "Profile c", "Profile d"] }
        // Nothing is told twice.
        #expect(observer.view.puts == ["Profile a", "Profile b", "Profile c", "Profile d"])
        await observer.stop()
    }

    @Test("what a member has forgotten is gone, and its smaller revisions are believed") func forgetfulMember()
        async throws
    {
        let cluster = try EtcdCluster()
        for name in ["a", "b", "c"] { try cluster.put("profiles/\(name)", Self.profile(name)) }
        let observer = Observer(cluster.datastore(.quick))
        try await observer.wait(for: "the first listing") { $0.isInSync }

        try cluster.signal(0, SIGKILL)
        cluster.erase(0)
        try await observer.wait(for: "the loss") { !$0.isInSync }
        try cluster.start(0)
        try await observer.wait(for: "the return") { $0.isInSync && $0.names == [] }
        try cluster.put("profiles/b", Self.profile("b"))
        try await observer.wait(for: "a change after it") { $0.names == ["Profile b"] }
        await observer.stop()
    }

    /// A watch that begins with a revision of the future would wait for it in silence, and miss all changes until then.
    @Test("a member that forgets between the listing and the watch is noticed") func forgetsBeforeTheWatch()
        async throws
    {
        let cluster = try EtcdCluster()
        for name in ["a", "b", "c", "d", "e"] { try cluster.put("profiles/\(name)", Self.profile(name)) }
        let isForgotten = Latch()
        let source = Hindered(base: cluster.datastore(.quick)) { events in
            guard events.contains(.inSync), isForgotten.openFirst() else { return }
            try? cluster.signal(0, SIGKILL)
            cluster.erase(0)
            try? cluster.start(0)
            try? cluster.waitUntilHealthy()
            try? cluster.put("profiles/x", Self.profile("x"))
        }
        let observer = Observer(source)
        try await observer.wait(for: "what the member knows now", limit: .seconds(30)) { $0.names == ["Profile x"] }
        await observer.stop()
    }

    @Test("a member that is down at first is no loss while another answers") func oneOfTwo() async throws {
        let cluster = try EtcdCluster()
        let dead = try #require(EtcdEndpoint("http://127.0.0.1:1"))
        // Whichever is asked first.
        for _ in 0..<8 {
            let access = EtcdAccess(endpoints: [dead] + cluster.access.endpoints)
            let observer = Observer(cluster.datastore(access))
            try await observer.wait(for: "the first listing") { $0.isInSync }
            #expect(observer.view.losses.isEmpty)
            await observer.stop()
        }
    }

    @Test("each member that does not answer is named, once for the same reason") func nobodyAnswers() async throws {
        let cluster = try EtcdCluster()
        try cluster.signal(0, SIGKILL)
        let dead = try #require(EtcdEndpoint("http://127.0.0.1:1"))
        let source = EtcdDatastore(
            access: EtcdAccess(endpoints: cluster.access.endpoints + [dead]), allowWideNetworks: false,
            logger: Logger(label: "test"), executor: cluster.executor, tuning: .quick)
        let observer = Observer(source)
        let view = try await observer.wait(for: "the loss") { !$0.losses.isEmpty }
        #expect(view.losses[0].contains("127.0.0.1:23790") && view.losses[0].contains("127.0.0.1:1:"))
        try cluster.start(0)
        try await observer.wait(for: "the first listing") { $0.isInSync }
        let losses = observer.view.losses
        #expect(zip(losses, losses.dropFirst()).allSatisfy { $0 != $1 }, "\(losses)")
        await observer.stop()
    }
}

extension Observer.View {
    /// Every put that was told, sorted by name.
    var puts: [String] {
        history.compactMap { if case .put(let resource, _) = $0 { resource.key.description } else { nil } }.sorted()
    }
}

extension EtcdCluster {
    func datastore(_ access: EtcdAccess? = nil) -> EtcdDatastore {
        EtcdDatastore(
            access: access ?? self.access, allowWideNetworks: false, logger: Logger(label: "test"), executor: executor)
    }
}
