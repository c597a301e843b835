import Datastore
import DatastoreEtcd
import Glibc
import Resources
import Synchronization
import Testing

/// Connections over which nothing comes any more, and nobody says so.
@Suite(.serialized) struct EtcdFaultSilenceTests {
    @Test("a member that is stopped is lost, and found again when it goes on") func stopped() async throws {
        let cluster = try EtcdCluster()
        let observer = Observer(cluster.datastore(.quick))
        try await observer.wait(for: "the first listing") { $0.isInSync }
        try cluster.signal(0, SIGSTOP)
        try await observer.wait(for: "the loss") { !$0.isInSync }
        try cluster.signal(0, SIGCONT)
        try cluster.put("profiles/a", EtcdFaultTests.profile("a"))
        try await observer.wait(for: "the return") { $0.isInSync && $0.names == ["Profile a"] }
        await observer.stop()
    }

    /// Which of the two notices.
    enum Watchman: CaseIterable { case questions, keepalive }

    @Test("a cable that is cut under a watch is noticed", arguments: Watchman.allCases)
    func cutWhileWatching(by watchman: Watchman) async throws {
        let cluster = try EtcdCluster(arguments: ["--grpc-keepalive-min-time", "100ms"])
        try cluster.put("profiles/a", EtcdFaultTests.profile("a"))
        let tuning = EtcdTuning.quick.with {
            switch watchman {
            case .questions: ($0.keepalive, $0.keepaliveAnswer) = (.seconds(600), .seconds(600))
            case .keepalive: ($0.question, $0.keepalive, $0.keepaliveAnswer) = (.seconds(600), .seconds(1), .seconds(1))
            }
        }
        let observer = Observer(cluster.datastore(tuning))
        try await observer.wait(for: "the first listing") { $0.isInSync }
        try cluster.cut(EtcdCluster.clientPort(0))
        try await observer.wait(for: "the loss") { !$0.isInSync }
        #expect(observer.view.names == ["Profile a"])
        try cluster.heal()
        try cluster.put("profiles/b", EtcdFaultTests.profile("b"))
        try await observer.wait(for: "the return") { $0.isInSync && $0.names == ["Profile a", "Profile b"] }
        // The connection that was cut is closed, and those of the attempts meanwhile.
        try await until("the old sockets to go") { try cluster.ownDescriptors() <= 1 }
        await observer.stop()
        try await until("the last socket to go") { try cluster.ownDescriptors() == 0 }
    }

    @Test("a cable that is cut under a listing is noticed, and half a listing deletes nothing") func cutWhileListing()
        async throws
    {
        let cluster = try EtcdCluster()
        for number in 10..<40 { try cluster.put("profiles/p\(number)", EtcdFaultTests.profile("p\(number)")) }
        let expected = (10..<40).map { "Profile p\($0)" }
        let isCut = Latch()
        let source = Hindered(base: cluster.datastore(.quick.with { $0.page = 5 })) { events in
            guard !events.contains(.inSync), isCut.openFirst() else { return }
            try? cluster.cut(EtcdCluster.clientPort(0))
        }
        let observer = Observer(source)
        try await observer.wait(for: "the loss") { !$0.losses.isEmpty }
        #expect(observer.view.names.count < expected.count)
        try cluster.heal()
        try await observer.wait(for: "the listing") { $0.isInSync && $0.names == expected }
        await observer.stop()
    }

    @Test("a cable that is cut from the start is told, and the source is found when it is mended") func cutAtFirst()
        async throws
    {
        let cluster = try EtcdCluster()
        try cluster.put("profiles/a", EtcdFaultTests.profile("a"))
        try cluster.cut(EtcdCluster.clientPort(0))
        let observer = Observer(cluster.datastore(.quick))
        try await observer.wait(for: "the loss") { !$0.losses.isEmpty }
        try cluster.heal()
        try await observer.wait(for: "the listing") { $0.isInSync && $0.names == ["Profile a"] }
        await observer.stop()
    }

    /// What the follower is at when it is told to end.
    enum Phase: CaseIterable { case watching, listing, connecting, greeting, pausing, watchingSilence, listingSilence }

    /// Nothing else than the cancellation ends anything here within minutes, but the kernel's connecting after 10 s.
    @Test("the end comes at once, whatever is under way", arguments: Phase.allCases) func end(while phase: Phase)
        async throws
    {
        let cluster = try EtcdCluster()
        for number in 10..<40 { try cluster.put("profiles/p\(number)", EtcdFaultTests.profile("p\(number)")) }
        let isReached = Latch()
        switch phase {
        case .connecting: try cluster.cut(EtcdCluster.clientPort(0))
        case .greeting: try cluster.signal(0, SIGSTOP)
        case .pausing: try cluster.signal(0, SIGKILL)
        default: break
        }
        let source = Hindered(base: cluster.datastore(.patient.with { $0.page = 5 })) { events in
            switch phase {
            case .watching, .watchingSilence: if events.contains(.inSync) { isReached.open() }
            case .listing where isReached.openFirst(): try? cluster.signal(0, SIGSTOP)
            case .listingSilence where isReached.openFirst(): try? cluster.cut(EtcdCluster.clientPort(0))
            case .pausing: isReached.open()
            default: break
            }
        }
        let hasEnded = Latch()
        // On a thread of its own: the pool's may all be waiting for programs of other tests.
        let task = Task(executorPreference: cluster.executor) {
            try? await source.run { _ in }
            hasEnded.open()
        }
        switch phase {
        case .connecting: try await until("a connection") { try !cluster.sockets("state", "syn-sent").isEmpty }
        case .greeting: try await until("a connection") { try !cluster.sockets("state", "established").isEmpty }
        default: try await until("the phase") { isReached.isOpen }
        }
        if phase == .watchingSilence { try cluster.cut(EtcdCluster.clientPort(0)) }
        task.cancel()
        try await until("the end", limit: .seconds(8)) { hasEnded.isOpen }
        if phase != .connecting { try await until("the sockets to go") { try cluster.ownDescriptors() == 0 } }
        try cluster.signal(0, SIGCONT)
    }

    @Test("the end comes at once at any moment of the beginning too") func earlyEnd() async throws {
        let cluster = try EtcdCluster()
        try cluster.signal(0, SIGSTOP)
        for round in 0..<60 {
            let source = cluster.datastore(.patient)
            let hasEnded = Latch()
            let task = Task(executorPreference: cluster.executor) {
                try? await source.run { _ in }
                hasEnded.open()
            }
            try await Task.sleep(for: .microseconds(100 * round))
            task.cancel()
            try await until("the end", limit: .seconds(8)) { hasEnded.isOpen }
        }
        try cluster.signal(0, SIGCONT)
    }
}
