import Datastore
import DatastoreEtcd
import Glibc
import Resources
import Synchronization
import Testing

/// etcd forgets old revisions when it is told to: at any moment, and as often as somebody likes.
@Suite(.serialized) struct EtcdFaultCompactionTests {
    @Test("a compaction of what was told already is no loss and no reason to list again") func whileConnected()
        async throws
    {
        let cluster = try EtcdCluster()
        let observer = Observer(cluster.datastore())
        try await observer.wait(for: "the first listing") { $0.isInSync }
        for name in ["a", "b", "c"] {
            try cluster.put("profiles/\(name)", EtcdFaultTests.profile(name))
            try await observer.wait(for: "a change") { $0.names.last == "Profile \(name)" }
            try cluster.compact()
        }
        try cluster.delete("profiles/a")
        try await observer.wait(for: "a deletion") { $0.names == ["Profile b", "Profile c"] }
        #expect(observer.view.syncs == 1 && observer.view.losses.isEmpty)
        await observer.stop()
    }

    @Test("what changed and was compacted while nobody heard it is told as a difference") func whileCutOff()
        async throws
    {
        let cluster = try EtcdCluster()
        let relay = try EtcdFaultRelay(in: cluster.namespace, to: EtcdCluster.clientPort(0))
        for name in ["a", "b", "c"] { try cluster.put("profiles/\(name)", EtcdFaultTests.profile(name)) }
        let observer = Observer(cluster.datastore(.quick, port: EtcdFaultRelay.port))
        try await observer.wait(for: "the first listing") { $0.isInSync }

        try cluster.cut(EtcdFaultRelay.port)
        relay.dropAll()
        try cluster.delete("profiles/a")
        try cluster.put("profiles/b", EtcdFaultTests.profile("b", action: "Deny"))
        try cluster.put("profiles/d", EtcdFaultTests.profile("d"))
        try cluster.compact()
        try await observer.wait(for: "the loss") { !$0.isInSync }
        #expect(observer.view.names == ["Profile a", "Profile b", "Profile c"])
        try cluster.heal()
        let view = try await observer.wait(for: "the return") { $0.isInSync }
        #expect(view.names == ["Profile b", "Profile c", "Profile d"])
        #expect(view.puts == ["Profile a", "Profile b", "Profile b", "Profile c", "Profile d"])
        await observer.stop()
    }

    @Test("a listing that is compacted under way, each time anew, ends all the same") func duringListings() async throws
    {
        let cluster = try EtcdCluster()
        for number in 10..<40 { try cluster.put("profiles/p\(number)", EtcdFaultTests.profile("p\(number)")) }
        let changes = Atomic(0)
        let source = Hindered(base: cluster.datastore(EtcdTuning().with { $0.page = 5 })) { events in
            guard !events.contains(.inSync) else { return }
            let count = changes.add(1, ordering: .relaxed).newValue
            if count == 1 { try? cluster.delete("profiles/p39") }
            try? cluster.put(
                "profiles/x", EtcdFaultTests.profile("x", action: count.isMultiple(of: 2) ? "Deny" : "Allow"))
            try? cluster.compact()
        }
        let observer = Observer(source)
        let expected = (10..<39).map { "Profile p\($0)" } + ["Profile x"]
        try await observer.wait(for: "the listing", limit: .seconds(30)) { $0.isInSync && $0.names == expected }
        #expect(observer.view.losses.isEmpty)
        await observer.stop()
    }

    @Test(
        "what is compacted between the listing and the watch is listed again, no more often than needed, after a pause")
    func betweenListingAndWatch() async throws {
        let cluster = try EtcdCluster()
        try cluster.put("profiles/a", EtcdFaultTests.profile("a"))
        let times = 5
        let syncs = Atomic(0)
        let source = Hindered(base: cluster.datastore(EtcdTuning().with { $0.longestPause = .milliseconds(400) })) {
            events in
            guard events.contains(.inSync) else { return }
            let count = syncs.add(1, ordering: .relaxed).newValue
            guard count <= times else { return }
            try? cluster.put("profiles/x\(count)", EtcdFaultTests.profile("x\(count)"))
            try? cluster.put(
                "profiles/y", EtcdFaultTests.profile("y", action: count.isMultiple(of: 2) ? "Deny" : "Allow"))
            try? cluster.compact()
        }
        let observer = Observer(source)
        let expected = ["Profile a"] + (1...times).map { "Profile x\($0)" } + ["Profile y"]
        try await observer.wait(for: "everything") { $0.isInSync && $0.names == expected }
        try cluster.put("profiles/z", EtcdFaultTests.profile("z"))
        let view = try await observer.wait(for: "a change") { $0.names == expected + ["Profile z"] }
        #expect(view.losses.isEmpty && view.syncs == times + 1)
        await observer.stop()
    }
}
