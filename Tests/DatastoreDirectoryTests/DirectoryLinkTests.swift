import Datastore
import Glibc
import Resources
import TestSupport
import Testing

@testable import DatastoreDirectory

/// Files that do not come by being written: symbolic links, hard links, and what cannot be read.
@Suite(.timeLimit(.minutes(5))) struct DirectoryLinkTests {
    let folder = TemporaryFolder()
    let elsewhere = TemporaryFolder()

    @Test("A ConfigMap volume's exchange of ..data is followed")
    func configMap() async throws {
        folder.makeFolder("..1")
        folder.write(endpoint("x"), to: "..1/a.yaml")
        folder.write(endpoint("y"), to: "..1/b.yaml")
        folder.link("..data", to: "..1")
        folder.link("a.yaml", to: "..data/a.yaml")
        folder.link("b.yaml", to: "..data/b.yaml")
        try await Observation.of(folder.path) { observation in
            try await observation.until(\.isInSync)
            #expect(observation.known.versions == ["x": 1, "y": 1])
            folder.makeFolder("..2")
            folder.write(endpoint("x", version: 2), to: "..2/a.yaml")
            folder.link("..data_tmp", to: "..2")
            folder.rename("..data_tmp", to: "..data")
            // Both are waited for: a reading that the exchange overtakes may find one file before it and one after.
            try await observation.until { $0.versions["x"] == 2 && !$0.rejections.isEmpty }
            // The volume removes the links of keys that went only after the exchange.
            #expect(observation.known.versions["y"] == 1)
            #expect(observation.known.rejections.map(\.lastGoodKept) == [true])
            folder.remove("b.yaml")
            try await observation.until { $0.versions == ["x": 2] && $0.rejections.isEmpty }
        }
    }

    @Test("A symbolic link that leads nowhere keeps what it led to, and is read when it leads somewhere again")
    func danglingLink() async throws {
        elsewhere.write(endpoint("x"), to: "a")
        folder.link("a.yaml", to: elsewhere.path(of: "a"))
        try await Observation.of(folder.path) { observation in
            try await observation.until { $0.versions == ["x": 1] }
            elsewhere.remove("a")
            folder.write(endpoint("y"), to: "b.yaml")
            try await observation.until { $0.versions["y"] == 1 && !$0.rejections.isEmpty }
            #expect(observation.known.versions == ["x": 1, "y": 1])
            #expect(observation.known.rejections[0].resource == folder.path(of: "a.yaml"))
            // Nothing happens in the folder: the file is looked at again because it could not be read.
            elsewhere.write(endpoint("x", version: 2), to: "a")
            try await observation.until { $0.versions["x"] == 2 && $0.rejections.isEmpty }
        }
    }

    @Test("A symbolic and a hard link into the folder are read at once")
    func links() async throws {
        elsewhere.write(endpoint("x"), to: "a")
        elsewhere.write(endpoint("y"), to: "b")
        try await Observation.of(folder.path) { observation in
            try await observation.until(\.isInSync)
            folder.link("a.yaml", to: elsewhere.path(of: "a"))
            #expect(try await observation.next() == ["put x 1"])
            #expect(link(elsewhere.path(of: "b"), folder.path(of: "b.yaml")) == 0)
            #expect(try await observation.next() == ["put y 1"])
        }
    }

    @Test("A file that was linked into the folder and lost its other name is read")
    func linkedThenUnlinked() async throws {
        let stall = Stall()
        elsewhere.write(endpoint("x"), to: "a")
        try await Observation.of(folder.path, beforeDelivery: stall.first) { observation in
            await stall.reached.pass()
            #expect(link(elsewhere.path(of: "a"), folder.path(of: "a.yaml")) == 0)
            elsewhere.remove("a")
            stall.released.open()
            try await observation.until { $0.versions == ["x": 1] }
        }
    }

    @Test("A named pipe, a loop of links and a file beyond the size limit are each rejected by name")
    func unreadableFiles() async throws {
        #expect(mkfifo(folder.path(of: "pipe.yaml"), 0o600) == 0)
        folder.link("loop.yaml", to: "loop.yaml")
        folder.write("", to: "large.yaml")
        #expect(truncate(folder.path(of: "large.yaml"), off_t(Folder.largestFile + 1)) == 0)
        folder.write(endpoint("x"), to: "x.yaml")
        folder.makeFolder("folder.yaml")
        try await Observation.of(folder.path) { observation in
            try await observation.until(\.isInSync)
            #expect(observation.known.versions == ["x": 1])
            let messages = observation.known.rejections.map { "\($0.location.file): \($0.message)" }
            #expect(
                messages == [
                    "\(folder.path(of: "large.yaml")): is larger than 16 MiB: split it",
                    "\(folder.path(of: "loop.yaml")): the link leads to itself: Too many levels of symbolic links (ELOOP)",
                    "\(folder.path(of: "pipe.yaml")): is not a regular file: remove it, or give it another ending",
                ])
        }
    }
}
