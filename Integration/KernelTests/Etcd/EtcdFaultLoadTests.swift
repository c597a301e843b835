import Datastore
import DatastoreEtcd
import Glibc
import Resources
import Synchronization
import TestSupport
import Testing

/// Much at a time, and often.
@Suite(.serialized) struct EtcdFaultLoadTests {
    @Test("a receiver that is slow is told the latest of each key, not all of the past") func slowReceiver()
        async throws
    {
        let cluster = try EtcdCluster()
        let gate = Latch()
        gate.open()
        let observer = Observer(Hindered(base: cluster.datastore()) { _ in await gate.wait() })
        try await observer.wait(for: "the first listing") { $0.isInSync }
        gate.close()
        let names = (100..<200).map { "p\($0)" }
        for round in 0..<50 {
            try cluster.put(
                profiles: names.map { ($0, EtcdFaultTests.profile($0, action: round % 2 == 0 ? "Allow" : "Deny")) })
        }
        try cluster.delete("profiles/p150")
        gate.open()
        let expected = names.filter { $0 != "p150" }.map { "Profile \($0)" }
        try await observer.wait(for: "the last word") { view in
            view.names == expected
                && view.resources.values.allSatisfy {
                    guard case .profile(let profile) = $0 else { return false }
                    return "\(profile)".lowercased().contains("deny")
                }
        }
        #expect(observer.view.puts.count < 1000)
        #expect(observer.view.losses.isEmpty && observer.view.syncs == 1)
        await observer.stop()
    }

    @Test("a transaction of more than 4 MiB is told as a whole") func largeTransaction() async throws {
        let cluster = try EtcdCluster(arguments: ["--max-request-bytes", "\(16 << 20)"])
        let observer = Observer(cluster.datastore())
        try await observer.wait(for: "the first listing") { $0.isInSync }
        let names = (10..<16).map { "p\($0)" }
        try cluster.put(profiles: names.map { ($0, Self.large($0, bytes: 1 << 20)) })
        let view = try await observer.wait(for: "the change") { !$0.names.isEmpty }
        #expect(view.names == names.map { "Profile \($0)" } && view.rejections.isEmpty)
        #expect(view.losses.isEmpty && view.syncs == 1)
        await observer.stop()
    }

    /// What has happened before the watch comes in few answers, which etcd splits at its own limit for requests.
    @Test("answers that the server splits are told") func fragments() async throws {
        let cluster = try EtcdCluster()
        let names = (10..<16).map { "p\($0)" }
        let isFirst = Latch()
        let source = Hindered(base: cluster.datastore()) { events in
            guard events.contains(.inSync), isFirst.openFirst() else { return }
            for name in names { try? cluster.put(profiles: [(name, Self.large(name, bytes: 1 << 20))]) }
        }
        let observer = Observer(source)
        try await observer.wait(for: "the changes") { $0.names == names.map { "Profile \($0)" } }
        #expect(observer.view.losses.isEmpty && observer.view.syncs == 1)
        await observer.stop()
    }

    @Test("pages that are larger than a message may be are asked for in smaller ones") func largePages() async throws {
        let cluster = try EtcdCluster()
        let names = (10..<30).map { "p\($0)" }
        for name in names { try cluster.put(profiles: [(name, Self.large(name, bytes: 1 << 20))]) }
        let observer = Observer(cluster.datastore(EtcdTuning().with { $0.largestMessage = 5 << 20 }))
        try await observer.wait(for: "the first listing") { $0.isInSync }
        #expect(observer.view.names == names.map { "Profile \($0)" } && observer.view.losses.isEmpty)
        await observer.stop()
    }

    @Test("a value that is larger than a message may be is told as what keeps the source from being read, now and then")
    func valueTooLarge() async throws {
        let cluster = try EtcdCluster()
        let relay = try EtcdFaultRelay(in: cluster.namespace, to: EtcdCluster.clientPort(0))
        try cluster.put(profiles: [("a", Self.large("a", bytes: 1 << 20))])
        try cluster.put("profiles/b", EtcdFaultTests.profile("b"))
        let tuning = EtcdTuning.quick.with { $0.largestMessage = 1 << 19 }
        let observer = Observer(cluster.datastore(tuning, port: EtcdFaultRelay.port))
        let start = ContinuousClock.now
        try await until("several attempts") { relay.accepted >= 6 }
        // The pauses between them: 0.1, 0.2, 0.4, 0.4, 0.4 s, or half of that.
        #expect(ContinuousClock.now - start >= .milliseconds(750))
        #expect(!observer.view.isInSync && observer.view.losses.count == 1)
        try cluster.delete("profiles/a")
        try await observer.wait(for: "the listing") { $0.isInSync && $0.names == ["Profile b"] }
        await observer.stop()
    }

    @Test("a member that lists and then drops everybody is not asked in a hurry, and its listings are no noise")
    func dropsAtOnce() async throws {
        let cluster = try EtcdCluster()
        let relay = try EtcdFaultRelay(in: cluster.namespace, to: EtcdCluster.clientPort(0))
        try cluster.put("profiles/a", EtcdFaultTests.profile("a"))
        let tuning = EtcdTuning().with { $0.steady = .seconds(600) }
        let observer = Observer(cluster.datastore(tuning, port: EtcdFaultRelay.port))
        for times in 1...6 {
            try await observer.wait(for: "listing \(times)") { $0.syncs == times }
            // Before the watch has begun, its connection is merely replaced.
            let action = times % 2 == 0 ? "Allow" : "Deny"
            try cluster.put("profiles/b", EtcdFaultTests.profile("b", action: action))
            try await observer.wait(for: "change \(times)") { $0.puts.count == 1 + times }
            relay.dropAll()
        }
        try await observer.wait(for: "the last listing") { $0.syncs == 7 }
        // The last of 0.1, 0.2, 0.4, 0.8, 1.6, 3.2 s, or half of that.
        #expect(relay.lastPause >= .milliseconds(1600))
        #expect(observer.view.puts.count == 7)
        await observer.stop()
    }

    @Test("a hundred lost connections leave no descriptor behind") func leaks() async throws {
        let cluster = try EtcdCluster()
        let relay = try EtcdFaultRelay(in: cluster.namespace, to: EtcdCluster.clientPort(0))
        let others = try cluster.ownDescriptors()
        try cluster.put("profiles/a", EtcdFaultTests.profile("a"))
        let tuning = EtcdTuning().with { ($0.shortestPause, $0.longestPause) = (.milliseconds(1), .milliseconds(2)) }
        let observer = Observer(cluster.datastore(tuning, port: EtcdFaultRelay.port))
        for _ in 0..<100 {
            try await observer.wait(for: "a listing") { $0.isInSync }
            let accepted = relay.accepted
            relay.dropAll()
            // The source need not be lost by that: before the watch has begun, its connection is merely replaced.
            try await until("another connection") { relay.accepted > accepted }
        }
        try await observer.wait(for: "the last listing") { $0.isInSync }
        // The connection, and the relay's two ends of it.
        try await until("the descriptors to go") { try cluster.ownDescriptors() <= others + 3 }
        await observer.stop()
        try await until("the last descriptors to go") { try cluster.ownDescriptors() == others }
    }

    static func large(_ name: String, bytes: Int) -> String {
        EtcdFaultTests.profile(name) + String(repeating: " ", count: bytes)
    }
}

extension EtcdCluster {
    /// Sets several profiles in one transaction, of any size.
    func put(profiles: [(name: String, value: String)]) throws {
        let puts = profiles.map { name, value in
            """
            {"requestPut":{"key":"\(Self.base64(Self.prefix + "profiles/" + name))","value":"\(Self.base64(value))"}}
            """
        }
        let file = folder.path(of: "transaction.json")
        let text = "{\"success\":[\(puts.joined(separator: ","))]}"
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        defer { close(descriptor) }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw TestKitError("write \(file): errno \(errno)") }
            bytes = bytes.dropFirst(count)
        }
        let answer = try namespace.command(["curl", "-sS", endpoints[0] + "/v3/kv/txn", "-d", "@\(file)"]).succeed()
        guard answer.contains("\"succeeded\":true") else { throw TestKitError("transaction: \(answer)") }
    }

    private static func base64(_ text: String) -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        let bytes = Array(text.utf8)
        var encoded: [UInt8] = []
        encoded.reserveCapacity(bytes.count * 4 / 3 + 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for place in 0..<4 {
                encoded.append(place <= group.count ? letters[bits >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}
