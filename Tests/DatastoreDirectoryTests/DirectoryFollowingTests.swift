import Datastore
import Resources
import TestSupport
import Testing

@testable import DatastoreDirectory

/// A real folder, followed through real inotify.
@Suite(.timeLimit(.minutes(5))) struct DirectoryFollowingTests {
    let folder = TemporaryFolder()
    /// Lets a test queue events while the follower waits for its first delivery.
    let stall = Stall()

    @Test("The first batch is a whole snapshot")
    func firstBatch() async throws {
        folder.write(endpoint("x"), to: "a.yaml")
        folder.write(endpoint("y"), to: "b.yml")
        folder.write("{\"kind\": \"WorkloadEndpoint\"}", to: "c.json")
        folder.write(endpoint("hidden"), to: ".d.yaml")
        folder.write(endpoint("other"), to: "e.yaml.bak")
        folder.write("", to: "f.yaml")
        try await Observation.of(folder.path) { observation in
            let first = try await observation.next()
            #expect(first.filter { !$0.hasPrefix("rejected") } == ["begins", "put x 1", "put y 1", "in sync"])
            #expect(observation.known.rejections.map(\.location.file) == [folder.path(of: "c.json")])
        }
    }

    @Test("An empty folder is in sync")
    func emptyFolder() async throws {
        try await Observation.of(folder.path) { observation in
            let first = try await observation.next()
            #expect(first == ["begins", "no rejections", "in sync"])
        }
    }

    @Test("A file renamed into the folder is put, one renamed over another replaces it, one renamed away is deleted")
    func rename() async throws {
        try await Observation.of(folder.path) { observation in
            try await observation.until(\.isInSync)
            folder.replace("a.yaml", with: endpoint("x"))
            #expect(try await observation.next() == ["put x 1"])
            folder.replace("a.yaml", with: endpoint("x", version: 2))
            #expect(try await observation.next() == ["put x 2"])
            folder.rename("a.yaml", to: "a.yaml.off")
            #expect(try await observation.next() == ["delete x"])
        }
    }

    @Test("A new file is read when its writer closes it, not before")
    func halfWrittenNewFile() async throws {
        try await Observation.of(folder.path) { observation in
            try await observation.until(\.isInSync)
            var writer: Writer? = Writer(folder.path(of: "a.yaml"))
            writer?.write(endpoint("x"))
            folder.write(endpoint("marker"), to: "m.yaml")
            try await observation.until { $0.versions["marker"] == 1 }
            #expect(observation.known.versions == ["marker": 1])
            writer?.write("---\n" + endpoint("y"))
            writer = nil
            #expect(try await observation.next() == ["put x 1", "put y 1"])
        }
    }

    @Test("A file that is being rewritten keeps what it said, even if everything else is read again")
    func halfWrittenOldFile() async throws {
        folder.write(yaml(endpoint("x"), endpoint("y")), to: "a.yaml")
        folder.link("link.yaml", to: "a.yaml")
        try await Observation.of(folder.path) { observation in
            try await observation.until(\.isInSync)
            var writer: Writer? = Writer(folder.path(of: "a.yaml"))
            writer?.write(endpoint("x", version: 2))
            folder.write(endpoint("marker"), to: "m.yaml")
            try await observation.until { $0.versions["marker"] == 1 }
            #expect(observation.known.versions == ["x": 1, "y": 1, "marker": 1])
            writer = nil
            try await observation.until { $0.versions["x"] == 2 }
            #expect(observation.known.versions["y"] == nil)
        }
    }

    @Test("A file that is rewritten in place again and again is never seen half")
    func rewrittenInPlace() async throws {
        folder.write(yaml(endpoint("x"), endpoint("y")), to: "a.yaml")
        try await Observation.of(folder.path) { observation in
            try await observation.until(\.isInSync)
            let folder = folder
            let rewriting = Task.detached {
                for number in 0..<2000 {
                    let writer = Writer(folder.path(of: "a.yaml"))
                    writer.write(endpoint("x", version: number % 9 + 1) + "---\n")
                    writer.write(endpoint("y", version: number % 9 + 1))
                }
                folder.write(endpoint("end"), to: "b.yaml")
            }
            while observation.known.versions["end"] == nil {
                try await observation.next()
                #expect(observation.known.versions["x"] != nil)
                #expect(observation.known.versions["x"] == observation.known.versions["y"])
            }
            await rewriting.value
        }
    }

    @Test("A file that was deleted and is being written anew keeps what it said")
    func rewrittenByDeletion() async throws {
        folder.write(endpoint("x"), to: "a.yaml")
        try await Observation.of(folder.path, beforeDelivery: stall.first) { observation in
            // Both events are queued before the follower looks.
            await stall.reached.pass()
            folder.remove("a.yaml")
            var writer: Writer? = Writer(folder.path(of: "a.yaml"))
            folder.write(endpoint("marker"), to: "m.yaml")
            stall.released.open()
            try await observation.until { $0.versions["marker"] == 1 }
            #expect(observation.known.versions["x"] == 1)
            writer?.write(endpoint("x", version: 2))
            writer = nil
            try await observation.until { $0.versions["x"] == 2 }
        }
    }

    @Test("An invalid edit keeps the last good version; the rejection goes with the mistake")
    func invalidEdit() async throws {
        folder.write(endpoint("x"), to: "a.yaml")
        try await Observation.of(folder.path) { observation in
            try await observation.until(\.isInSync)
            folder.write(invalidEndpoint("x"), to: "a.yaml")
            #expect(try await observation.next() == ["rejected a.yaml:9 x kept"])
            folder.write(unreadableDocument, to: "a.yaml")
            #expect(try await observation.next() == ["rejected a.yaml:1 ? kept"])
            folder.remove("a.yaml")
            #expect(try await observation.next() == ["delete x", "no rejections"])
        }
    }

    @Test("Five hundred files that come and go at once are all told")
    func burst() async throws {
        try await Observation.of(folder.path) { observation in
            try await observation.until(\.isInSync)
            for number in 0..<500 { folder.replace("\(number).yaml", with: endpoint("e\(number)")) }
            try await observation.until { $0.versions.count == 500 }
            for number in 0..<500 where number % 2 == 0 { folder.remove("\(number).yaml") }
            try await observation.until { $0.versions.count == 250 }
            #expect(observation.known.versions.keys.allSatisfy { Int($0.dropFirst())! % 2 == 1 })
        }
    }

    @Test("Events that overflow the kernel's queue are made up for by reading everything again")
    func overflow() async throws {
        folder.write(endpoint("old"), to: "old.yaml")
        folder.write(endpoint("x"), to: "x.yaml")
        let limit = try #require(Int(firstLine(of: "/proc/sys/fs/inotify/max_queued_events")))
        try await Observation.of(folder.path, beforeDelivery: stall.first) { observation in
            await stall.reached.pass()
            // Each rename leaves two events, and equal neighbours are merged only when nothing stands between.
            folder.write("", to: "noise")
            for number in 0...(limit / 4) {
                folder.rename("noise", to: "noise.\(number)")
                folder.rename("noise.\(number)", to: "noise")
            }
            folder.remove("old.yaml")
            folder.replace("x.yaml", with: endpoint("x", version: 2))
            folder.write(endpoint("new"), to: "new.yaml")
            stall.released.open()
            try await observation.until { $0.versions == ["x": 2, "new": 1] }
            #expect(observation.known.losses.isEmpty)
            folder.remove("new.yaml")
            try await observation.until { $0.versions == ["x": 2] }
        }
    }

    @Test("Following ends when its task is cancelled, also while the folder is missing")
    func cancellation() async throws {
        try await Observation.of(folder.path) { try await $0.until(\.isInSync) }
        try await Observation.of(folder.path(of: "missing")) { try await $0.until { !$0.losses.isEmpty } }
    }
}
