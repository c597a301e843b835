import Datastore
import Resources
import TestSupport
import Testing

/// What every source promises to whoever follows it, whatever it is made of.
@Suite(.serialized) struct SourceConformanceTests {
    private static func profile(_ name: String, action: String = "Allow") -> String {
        EtcdFaultTests.profile(name, action: action)
    }

    private static func endpoint(_ name: String, address: Int = 2) -> String {
        """
        {"kind":"WorkloadEndpoint","apiVersion":"projectcalico.org/v3",\
        "metadata":{"name":"\(name)","namespace":"default"},"spec":{"node":"n1","orchestrator":"k8s","pod":"\(name)",\
        "endpoint":"eth0","interfaceName":"cali\(name)","ipNetworks":["10.65.0.\(address)/32"],"profiles":["open"]}}
        """
    }

    @Test("the first thing told is a snapshot, complete and in order", arguments: SourceKind.allCases)
    func snapshot(kind: SourceKind) async throws {
        let source = try kind.make()
        try source.put(Self.profile("open"), as: "open", "profiles")
        try source.put(Self.endpoint("web"), as: "web", "workloadendpoints")
        let observer = Observer(source.datastore())
        let view = try await observer.wait(for: "the snapshot") { $0.isInSync }
        #expect(view.names == ["Profile open", "WorkloadEndpoint default/web"])
        #expect(view.history.first == .snapshotBegins)
        #expect(view.history.last == .inSync)
        #expect(view.history.filter { $0 == .snapshotBegins || $0 == .inSync }.count == 2)
        // Read once, it says the same.
        let once = try await source.datastore().snapshot()
        #expect(once.first == .snapshotBegins && once.last == .inSync)
        #expect(Set(once) == Set(view.history))
        await observer.stop()
    }

    @Test("an empty source is in sync, and holds nothing", arguments: SourceKind.allCases)
    func emptyAtFirst(kind: SourceKind) async throws {
        let source = try kind.make()
        let observer = Observer(source.datastore())
        #expect(try await observer.wait(for: "the snapshot") { $0.isInSync }.names == [])
        try source.put(Self.profile("open"), as: "open", "profiles")
        try await observer.wait(for: "the first resource") { $0.names == ["Profile open"] }
        await observer.stop()
    }

    @Test("what is added, changed and deleted is told", arguments: SourceKind.allCases)
    func changes(kind: SourceKind) async throws {
        let source = try kind.make()
        try source.put(Self.endpoint("web"), as: "web", "workloadendpoints")
        let observer = Observer(source.datastore())
        let before = try await observer.wait(for: "the snapshot") { $0.isInSync }
        try source.put(Self.endpoint("db", address: 3), as: "db", "workloadendpoints")
        try await observer.wait(for: "an addition") { $0.names.count == 2 }
        try source.put(Self.endpoint("web", address: 4), as: "web", "workloadendpoints")
        let key = ResourceKey(kind: .workloadEndpoint, namespace: "default", name: "web")
        let after = try await observer.wait(for: "a change") { $0.resources[key] != before.resources[key] }
        #expect(after.names.count == 2)
        try source.delete("db", "workloadendpoints")
        #expect(try await observer.wait(for: "a deletion") { $0.names.count == 1 }.names == [key.description])
        await observer.stop()
    }

    @Test("the order in which things come makes no difference", arguments: SourceKind.allCases)
    func order(kind: SourceKind) async throws {
        let documents = [
            (Self.profile("open"), "open", "profiles"), (Self.endpoint("web"), "web", "workloadendpoints"),
            (Self.endpoint("db", address: 3), "db", "workloadendpoints"), (Self.profile("shut"), "shut", "profiles"),
        ]
        var views: [[ResourceKey: Resource]] = []
        for order in [documents, documents.reversed()] {
            let source = try kind.make()
            let observer = Observer(source.datastore())
            try await observer.wait(for: "the snapshot") { $0.isInSync }
            for (text, name, plural) in order { try source.put(text, as: name, plural) }
            views.append(try await observer.wait(for: "everything") { $0.names.count == 4 }.resources)
            await observer.stop()
        }
        #expect(views[0] == views[1])
    }

    @Test("what is written again without a change is nothing new", arguments: SourceKind.allCases)
    func duplicates(kind: SourceKind) async throws {
        let source = try kind.make()
        try source.put(Self.profile("open"), as: "open", "profiles")
        let observer = Observer(source.datastore())
        let before = try await observer.wait(for: "the snapshot") { $0.isInSync }
        for _ in 0..<3 { try source.put(Self.profile("open"), as: "open", "profiles") }
        try source.put(Self.profile("last"), as: "last", "profiles")
        let after = try await observer.wait(for: "what came last") { $0.names.count == 2 }
        #expect(after.history.count == before.history.count + 1, "\(after.history.dropFirst(before.history.count))")
        await observer.stop()
    }

    @Test("a loss takes nothing away, and what changed meanwhile is told afterwards", arguments: SourceKind.allCases)
    func disconnection(kind: SourceKind) async throws {
        let source = try kind.make()
        for name in ["a", "b", "c"] { try source.put(Self.profile(name), as: name, "profiles") }
        let observer = Observer(source.datastore())
        let before = try await observer.wait(for: "the snapshot") { $0.isInSync }
        try source.disconnect()
        let lost = try await observer.wait(for: "the loss") { !$0.isInSync }
        #expect(lost.resources == before.resources)
        #expect(lost.losses.first?.isEmpty == false)
        try source.delete("a", "profiles")
        try source.put(Self.profile("b", action: "Deny"), as: "b", "profiles")
        try source.put(Self.profile("d"), as: "d", "profiles")
        try source.reconnect()
        let after = try await observer.wait(for: "the return") { $0.isInSync }
        #expect(after.names == ["Profile b", "Profile c", "Profile d"])
        let key = ResourceKey(kind: .profile, namespace: nil, name: "b")
        #expect(after.resources[key] != before.resources[key])
        // And it is followed again.
        try source.delete("c", "profiles")
        try await observer.wait(for: "a change after the return") { $0.names == ["Profile b", "Profile d"] }
        await observer.stop()
    }

    @Test("a source that comes back empty holds nothing any more", arguments: SourceKind.allCases)
    func emptyRelist(kind: SourceKind) async throws {
        let source = try kind.make()
        for name in ["a", "b"] { try source.put(Self.profile(name), as: name, "profiles") }
        let observer = Observer(source.datastore())
        try await observer.wait(for: "the snapshot") { $0.isInSync }
        try source.disconnect()
        try await observer.wait(for: "the loss") { !$0.isInSync }
        for name in ["a", "b"] { try source.delete(name, "profiles") }
        try source.reconnect()
        #expect(try await observer.wait(for: "the return") { $0.isInSync }.names == [])
        await observer.stop()
    }

    @Test("all at once may go", arguments: SourceKind.allCases)
    func massDelete(kind: SourceKind) async throws {
        let source = try kind.make()
        let names = (0..<40).map { "p\($0)" }
        for name in names { try source.put(Self.profile(name), as: name, "profiles") }
        let observer = Observer(source.datastore())
        #expect(try await observer.wait(for: "the snapshot") { $0.isInSync }.names.count == 40)
        for name in names { try source.delete(name, "profiles") }
        try await observer.wait(for: "the deletions") { $0.names == [] }
        #expect(observer.view.isInSync)
        await observer.stop()
    }

    @Test("garbage harms its own resource alone, whose last good version stays", arguments: SourceKind.allCases)
    func garbage(kind: SourceKind) async throws {
        let source = try kind.make()
        try source.put(Self.profile("good"), as: "good", "profiles")
        try source.put("{\"kind\":\"Profile\",", as: "never", "profiles")
        let observer = Observer(source.datastore())
        let before = try await observer.wait(for: "the snapshot") { $0.isInSync }
        #expect(before.names == ["Profile good"])
        #expect(before.rejections.map(\.lastGoodKept) == [false])
        #expect(
            before.rejections.allSatisfy {
                !$0.message.isEmpty && $0.location.file.hasSuffix("never") || $0.location.file.contains("never")
            })

        try source.put("\u{0}\u{1}garbage", as: "good", "profiles")
        let broken = try await observer.wait(for: "the rejection") { $0.rejections.count == 2 }
        #expect(broken.resources == before.resources)
        #expect(Set(broken.rejections.map(\.lastGoodKept)) == [true, false])
        try source.put(Self.profile("other"), as: "other", "profiles")
        try await observer.wait(for: "another resource") { $0.names == ["Profile good", "Profile other"] }

        // What is kept survives a loss, too.
        try source.disconnect()
        try await observer.wait(for: "the loss") { !$0.isInSync }
        try source.reconnect()
        let after = try await observer.wait(for: "the return") { $0.isInSync }
        #expect(after.names == ["Profile good", "Profile other"] && after.rejections.count == 2)

        try source.put(Self.profile("good", action: "Deny"), as: "good", "profiles")
        try source.put(Self.profile("never"), as: "never", "profiles")
        let mended = try await observer.wait(for: "the repair") { $0.rejections.isEmpty && $0.names.count == 3 }
        #expect(mended.resources != before.resources)
        await observer.stop()
    }

    @Test("garbage that is deleted takes its last good version with it", arguments: SourceKind.allCases)
    func deletedGarbage(kind: SourceKind) async throws {
        let source = try kind.make()
        try source.put(Self.profile("open"), as: "open", "profiles")
        let observer = Observer(source.datastore())
        try await observer.wait(for: "the snapshot") { $0.isInSync }
        try source.put("{", as: "open", "profiles")
        try await observer.wait(for: "the rejection") { $0.rejections.count == 1 && $0.names.count == 1 }
        try source.delete("open", "profiles")
        try await observer.wait(for: "the deletion") { $0.rejections.isEmpty && $0.names.isEmpty }
        await observer.stop()
    }

    @Test(
        "a source that is not there at first is told as lost, and followed when it comes",
        arguments: SourceKind.allCases)
    func absentAtFirst(kind: SourceKind) async throws {
        let source = try kind.make()
        try source.put(Self.profile("open"), as: "open", "profiles")
        try source.disconnect()
        await #expect(throws: (any Error).self) { try await source.datastore().snapshot() }
        let observer = Observer(source.datastore())
        let lost = try await observer.wait(for: "the loss") { !$0.losses.isEmpty }
        #expect(lost.names == [] && lost.syncs == 0)
        try source.reconnect()
        #expect(try await observer.wait(for: "the snapshot") { $0.isInSync }.names == ["Profile open"])
        #expect(observer.view.history.contains(.snapshotBegins))
        await observer.stop()
    }

    /// The test that finds what nobody thought of.
    @Test("changes, losses and garbage in any order end in what the source holds", arguments: SourceKind.allCases)
    func convergence(kind: SourceKind) async throws {
        let source = try kind.make()
        var random = SplitMix(seed: 8)
        let observer = Observer(source.datastore())
        try await observer.wait(for: "the snapshot") { $0.isInSync }
        var good: [String: String] = [:]
        var isConnected = true
        for step in 0..<120 {
            let name = "p\(Int.random(in: 0..<8, using: &random))"
            switch Int.random(in: 0..<12, using: &random) {
            case 0, 1:
                try source.delete(name, "profiles")
                good[name] = nil
            case 2: try source.put("{garbage", as: name, "profiles")
            case 3 where step % 3 == 0:
                if isConnected { try source.disconnect() } else { try source.reconnect() }
                isConnected.toggle()
            default:
                let text = Self.profile(name, action: Bool.random(using: &random) ? "Allow" : "Deny")
                try source.put(text, as: name, "profiles")
                good[name] = text
            }
        }
        if !isConnected { try source.reconnect() }
        // What is garbage now is mended: which version it kept depends on what was seen of it.
        for name in (0..<8).map({ "p\($0)" }) where good[name] == nil { try source.delete(name, "profiles") }
        for (name, text) in good { try source.put(text, as: name, "profiles") }
        try source.put(Self.profile("end"), as: "end", "profiles")
        let names = (good.keys.map { "Profile \($0)" } + ["Profile end"]).sorted()
        let view = try await observer.wait(for: "the end") { $0.isInSync && $0.names == names && $0.rejections.isEmpty }
        let once = try await source.datastore().snapshot()
        let held = once.reduce(into: [ResourceKey: Resource]()) { held, event in
            if case .put(let resource, _) = event { held[resource.key] = resource }
        }
        #expect(view.resources == held)
        await observer.stop()
    }

    @Test("whoever follows may stop at any moment", arguments: SourceKind.allCases)
    func stop(kind: SourceKind) async throws {
        let source = try kind.make()
        try source.put(Self.profile("open"), as: "open", "profiles")
        await Observer(source.datastore()).stop()
        let observer = Observer(source.datastore())
        try await observer.wait(for: "the snapshot") { $0.isInSync }
        await observer.stop()
        try source.disconnect()
        let lonely = Observer(source.datastore())
        try await lonely.wait(for: "the loss") { !$0.losses.isEmpty }
        await lonely.stop()
    }
}
