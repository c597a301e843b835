import Testing

@testable import DatastoreEtcd

@Suite struct WatchInboxTests {
    @Test("what comes while nobody looks is one batch, of each key the latest") func conflates() async {
        let inbox = WatchInbox()
        inbox.add([EtcdChange("a", "1"), EtcdChange("b", "1")])
        inbox.add([EtcdChange("a", "2")])
        inbox.add([EtcdChange("c", "1"), EtcdChange("b", nil)])
        #expect(await inbox.next() == [EtcdChange("a", "2"), EtcdChange("b", nil), EtcdChange("c", "1")])
        inbox.add([EtcdChange("a", "3")])
        #expect(await inbox.next() == [EtcdChange("a", "3")])
    }

    @Test("what came before the end is not lost by it") func end() async {
        let inbox = WatchInbox()
        inbox.add([EtcdChange("a", "1")])
        inbox.finish()
        #expect(await inbox.next() == [EtcdChange("a", "1")])
        #expect(await inbox.next() == nil)
    }

    @Test("whoever waits is woken by what comes, and by the end") func wakes() async {
        let inbox = WatchInbox()
        let reading = Task { [await inbox.next(), await inbox.next()] }
        await Task.yield()
        inbox.add([])
        inbox.add([EtcdChange("a", "1")])
        inbox.finish()
        #expect(await reading.value == [[EtcdChange("a", "1")], nil])
    }

    @Test("hundreds of writers lose nothing") func concurrent() async {
        let inbox = WatchInbox()
        let reading = Task {
            var seen: [[UInt8]: EtcdChange] = [:]
            while let batch = await inbox.next() {
                for change in batch { seen[change.key] = change }
            }
            return seen
        }
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<200 {
                group.addTask {
                    for value in 0..<20 { inbox.add([EtcdChange("k\(writer)", "\(value)")]) }
                }
            }
        }
        inbox.finish()
        let seen = await reading.value
        #expect(seen.count == 200)
        #expect(seen.values.allSatisfy { $0.value == Array("19".utf8) })
    }
}
