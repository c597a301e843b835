import Datastore
import Glibc
import Resources
import TestSupport
import Testing

@testable import DatastoreDirectory

/// Folders in the folder: they come, go, move and change as files do.
@Suite(.timeLimit(.minutes(5))) struct DirectoryTreeTests {
    let folder = TemporaryFolder()
    let elsewhere = TemporaryFolder()

    @Test("Files of folders at any depth are read; hidden and linked folders are not looked into")
    func atStart() async throws {
        folder.makeFolder("a/b/c")
        folder.makeFolder(".hidden")
        folder.makeFolder("a/..data")
        folder.write(endpoint("x"), to: "a/b/c/x.yaml")
        folder.write(endpoint("y"), to: "a/y.json")
        folder.write(endpoint("h"), to: ".hidden/h.yaml")
        folder.write(endpoint("h"), to: "a/..data/h.yaml")
        elsewhere.write(endpoint("l"), to: "l.yaml")
        folder.link("linked", to: elsewhere.path)
        folder.link("a/up", to: "..")
        folder.link("a/linked.yaml", to: elsewhere.path)
        try await Observation.of(folder.path) { observation in
            let first = try await observation.next()
            #expect(first == ["begins", "put x 1", "put y 1", "no rejections", "in sync"])
            folder.replace("a/b/c/x.yaml", with: endpoint("x", version: 2))
            #expect(try await observation.next() == ["put x 2"])
            folder.write(invalidEndpoint("y"), to: "a/y.json")
            #expect(try await observation.next() == ["rejected y.json:9 y kept"])
            #expect(observation.known.rejections[0].location.file == folder.path(of: "a/y.json"))
            folder.remove("a/b/c/x.yaml")
            #expect(try await observation.next() == ["delete x"])
        }
    }

    @Test("A folder that is made and filled at once is read, however deep")
    func made() async throws {
        try await Observation.of(folder.path) { observation in
            try await observation.until(\.isInSync)
            for number in 0..<50 {
                folder.makeFolder("\(number)/a/b")
                folder.write(endpoint("x\(number)"), to: "\(number)/x.yaml")
                folder.write(endpoint("y\(number)"), to: "\(number)/a/b/y.yaml")
            }
            try await observation.until { $0.versions.count == 100 }
            TemporaryFolder.removeTree(folder.path(of: "7"))
            try await observation.until { $0.versions.count == 98 }
            #expect(observation.known.versions["x7"] == nil && observation.known.versions["y7"] == nil)
        }
    }

    @Test("A folder that is moved in is read whole, and one that is moved out is left alone")
    func movedInAndOut() async throws {
        elsewhere.makeFolder("sub/deeper")
        elsewhere.write(endpoint("x"), to: "sub/x.yaml")
        elsewhere.write(endpoint("y"), to: "sub/deeper/y.yaml")
        try await Observation.of(folder.path) { observation in
            try await observation.until(\.isInSync)
            #expect(rename(elsewhere.path(of: "sub"), folder.path(of: "sub")) == 0)
            #expect(try await observation.next() == ["put x 1", "put y 1"])
            #expect(rename(folder.path(of: "sub"), elsewhere.path(of: "sub")) == 0)
            #expect(try await observation.next() == ["delete x", "delete y"])
            // Nobody watches it there.
            elsewhere.write(endpoint("z"), to: "sub/deeper/z.yaml")
            folder.write(endpoint("marker"), to: "m.yaml")
            #expect(try await observation.next() == ["put marker 1"])
            #expect(rename(elsewhere.path(of: "sub"), folder.path(of: "again")) == 0)
            #expect(try await observation.next() == ["put x 1", "put y 1", "put z 1"])
        }
    }

    @Test("A folder that is renamed keeps what it holds in force, and is followed by its new name")
    func renamed() async throws {
        folder.makeFolder("a/deeper")
        folder.write(endpoint("x"), to: "a/deeper/x.yaml")
        try await Observation.of(folder.path) { observation in
            try await observation.until(\.isInSync)
            folder.rename("a", to: "b")
            folder.write(endpoint("marker"), to: "m.yaml")
            #expect(try await observation.next() == ["put marker 1"])
            folder.makeFolder("c")
            folder.rename("b/deeper", to: "c/deeper")
            folder.replace("c/deeper/x.yaml", with: endpoint("x", version: 2))
            try await observation.until { $0.versions["x"] == 2 }
            #expect(observation.known.deletions == [])
            folder.write(unreadableDocument, to: "c/deeper/x.yaml")
            try await observation.until { !$0.rejections.isEmpty }
            #expect(observation.known.rejections[0].location.file == folder.path(of: "c/deeper/x.yaml"))
        }
    }

    @Test("A folder that takes another's place is the one that is followed")
    func exchanged() async throws {
        folder.makeFolder("current")
        folder.write(yaml(endpoint("x"), endpoint("y")), to: "current/a.yaml")
        try await Observation.of(folder.path) { observation in
            try await observation.until(\.isInSync)
            folder.makeFolder(".next")
            folder.write(endpoint("x", version: 2), to: ".next/a.yaml")
            folder.rename("current", to: ".old")
            folder.rename(".next", to: "current")
            try await observation.until { $0.versions == ["x": 2] }
            // The old folder's watch has ended, the new one's has not.
            folder.write(endpoint("x", version: 9), to: ".old/a.yaml")
            folder.write(endpoint("x", version: 3), to: "current/a.yaml")
            #expect(try await observation.next() == ["put x 3"])
        }
    }

    @Test("A file of a sub-folder that is being written is awaited, and keeps what it said")
    func halfWritten() async throws {
        folder.makeFolder("sub")
        folder.write(yaml(endpoint("x"), endpoint("y")), to: "sub/a.yaml")
        try await Observation.of(folder.path) { observation in
            try await observation.until(\.isInSync)
            var writer: Writer? = Writer(folder.path(of: "sub/a.yaml"))
            writer?.write(endpoint("x", version: 2))
            folder.makeFolder("new")
            var second: Writer? = Writer(folder.path(of: "new/b.yaml"))
            second?.write(endpoint("z"))
            folder.write(endpoint("marker"), to: "m.yaml")
            try await observation.until { $0.versions["marker"] == 1 }
            #expect(observation.known.versions == ["x": 1, "y": 1, "marker": 1])
            // The folder's new name changes nothing about who is writing.
            folder.rename("new", to: "newer")
            folder.replace("m.yaml", with: endpoint("marker", version: 2))
            try await observation.until { $0.versions["marker"] == 2 }
            #expect(observation.known.versions["z"] == nil)
            second = nil
            try await observation.until { $0.versions["z"] == 1 }
            writer = nil
            try await observation.until { $0.versions["x"] == 2 && $0.versions["y"] == nil }
        }
    }

    @Test("A ConfigMap volume below the folder is followed through its exchanges")
    func configMap() async throws {
        folder.makeFolder("volume/..1")
        folder.write(endpoint("x"), to: "volume/..1/a.yaml")
        folder.link("volume/..data", to: "..1")
        folder.link("volume/a.yaml", to: "..data/a.yaml")
        try await Observation.of(folder.path) { observation in
            try await observation.until { $0.versions == ["x": 1] }
            folder.makeFolder("volume/..2")
            folder.write(endpoint("x", version: 2), to: "volume/..2/a.yaml")
            folder.link("volume/..data_tmp", to: "..2")
            folder.rename("volume/..data_tmp", to: "volume/..data")
            #expect(try await observation.next() == ["put x 2"])
        }
    }

    @Test("Of two definitions the one with the lesser path counts")
    func order() async throws {
        folder.makeFolder("b")
        folder.write(endpoint("x", version: 2), to: "b/a.yaml")
        folder.write(endpoint("x", version: 3), to: "c.yaml")
        try await Observation.of(folder.path) { observation in
            try await observation.until { $0.versions == ["x": 2] }
            #expect(observation.known.rejections.map(\.location.file) == [folder.path(of: "c.yaml")])
            #expect(observation.known.rejections[0].message.contains(folder.path(of: "b/a.yaml") + ":1:1"))
            folder.makeFolder("a")
            folder.write(endpoint("x", version: 1), to: "a/z.yaml")
            try await observation.until { $0.versions == ["x": 1] && $0.rejections.count == 2 }
            TemporaryFolder.removeTree(folder.path(of: "a"))
            TemporaryFolder.removeTree(folder.path(of: "b"))
            try await observation.until { $0.versions == ["x": 3] && $0.rejections.isEmpty }
        }
    }

    @Test("Where watches are lacking a folder is read once, and said to be; it is followed when there are some again")
    func limit() async throws {
        folder.makeFolder("a")
        folder.makeFolder("b/deeper")
        folder.write(endpoint("x"), to: "a/x.yaml")
        folder.write(endpoint("y"), to: "b/y.yaml")
        folder.write(endpoint("z"), to: "b/deeper/z.yaml")
        // One for the folder itself and one for `a`.
        try await Observation.of(folder.path, maximumFolders: 2) { observation in
            try await observation.until(\.isInSync)
            #expect(observation.known.versions == ["x": 1, "y": 1, "z": 1])
            let unwatched = [folder.path(of: "b"), folder.path(of: "b/deeper")]
            #expect(observation.known.rejections.map(\.resource) == unwatched)
            #expect(observation.known.rejections.map(\.lastGoodKept) == [true, true])
            #expect(
                observation.known.rejections[0].message
                    == "changes in this folder are not noticed: cannot watch \(unwatched[0]): "
                    + "these are more than 2 folders; put the files into fewer")
            folder.write(endpoint("y", version: 2), to: "b/y.yaml")
            folder.replace("a/x.yaml", with: endpoint("x", version: 2))
            #expect(try await observation.next() == ["put x 2"])
            #expect(observation.known.versions["y"] == 1)
            // A watch becomes free, which nothing tells: it is tried again.
            TemporaryFolder.removeTree(folder.path(of: "a"))
            try await observation.until { $0.versions["y"] == 2 && $0.versions["x"] == nil }
            try await observation.until { $0.rejections.map(\.resource) == [unwatched[1]] }
            folder.write(endpoint("y", version: 3), to: "b/y.yaml")
            try await observation.until { $0.versions["y"] == 3 }
        }
    }

    @Test("A folder too deep is said not to be read, until it is moved up")
    func depth() async throws {
        let deepest = Array(repeating: "d", count: DirectoryDatastore.maximumDepth).joined(separator: "/")
        folder.makeFolder(deepest + "/e/f")
        folder.write(endpoint("x"), to: deepest + "/x.yaml")
        folder.write(endpoint("y"), to: deepest + "/e/y.yaml")
        try await Observation.of(folder.path) { observation in
            try await observation.until { $0.versions == ["x": 1] && $0.rejections.count == 1 }
            #expect(observation.known.rejections[0].resource == folder.path(of: deepest + "/e"))
            #expect(
                observation.known.rejections[0].message == "is not read: more than 16 folders lie in each other")
            #expect(!observation.known.rejections[0].lastGoodKept)
            folder.rename(deepest + "/e", to: "e")
            try await observation.until { $0.versions == ["x": 1, "y": 1] && $0.rejections.isEmpty }
        }
    }

    @Test("Events lost in a sub-folder are made up for")
    func overflow() async throws {
        let stall = Stall()
        folder.makeFolder("sub")
        folder.write(endpoint("old"), to: "sub/old.yaml")
        folder.write(endpoint("x"), to: "sub/x.yaml")
        let limit = try #require(Int(firstLine(of: "/proc/sys/fs/inotify/max_queued_events")))
        try await Observation.of(folder.path, beforeDelivery: stall.first) { observation in
            await stall.reached.pass()
            folder.write("", to: "sub/noise")
            for number in 0...(limit / 4) {
                folder.rename("sub/noise", to: "sub/noise.\(number)")
                folder.rename("sub/noise.\(number)", to: "sub/noise")
            }
            folder.remove("sub/old.yaml")
            folder.replace("sub/x.yaml", with: endpoint("x", version: 2))
            folder.makeFolder("other/deeper")
            folder.write(endpoint("new"), to: "other/deeper/new.yaml")
            stall.released.open()
            try await observation.until { $0.versions == ["x": 2, "new": 1] }
            folder.remove("other/deeper/new.yaml")
            try await observation.until { $0.versions == ["x": 2] }
        }
    }
}
