import Datastore
import Logging
import TestSupport
import Testing

@testable import DatastoreDirectory

@Suite struct DirectorySnapshotTests {
    let folder = TemporaryFolder()

    private func snapshot(_ path: String) async throws -> [String] {
        let datastore = DirectoryDatastore(path: path, allowWideNetworks: false, logger: Logger(label: "test"))
        return summary(try await datastore.snapshot())
    }

    @Test("A folder is read whole, with those in it, in the order of the paths")
    func wholeFolder() async throws {
        folder.write(yaml(endpoint("x", version: 2), endpoint("y")), to: "b.yaml")
        folder.makeFolder("a/deeper")
        folder.makeFolder(".hidden")
        folder.write(endpoint("x"), to: "a/x.yaml")
        folder.write(endpoint("z"), to: "a/deeper/z.json")
        folder.write(unreadableDocument, to: ".hidden/c.yaml")
        #expect(
            try await snapshot(folder.path) == [
                "begins", "put x 1", "put y 1", "put z 1", "rejected b.yaml:1 x", "in sync",
            ])
    }

    @Test("Folders in each other are read down to a bound, and what lies below is told")
    func depth() async throws {
        let deepest = Array(repeating: "d", count: DirectoryDatastore.maximumDepth).joined(separator: "/")
        folder.makeFolder(deepest + "/e")
        folder.write(endpoint("x"), to: deepest + "/a.yaml")
        folder.write(endpoint("y"), to: deepest + "/e/a.yaml")
        #expect(try await snapshot(folder.path) == ["begins", "put x 1", "rejected e:1 ?", "in sync"])
    }

    @Test("A single file is read whatever its name")
    func singleFile() async throws {
        folder.write(endpoint("x"), to: "a.txt")
        folder.write(endpoint("y"), to: "b.yaml")
        #expect(try await snapshot(folder.path(of: "a.txt")) == ["begins", "put x 1", "no rejections", "in sync"])
    }

    @Test("A path that does not exist is an error that names it")
    func missing() async throws {
        let path = folder.path(of: "missing")
        let error = try await #require(throws: DirectoryError.self) { try await snapshot(path) }
        #expect(error.path == path)
        #expect(error.description.contains("No such file or directory (ENOENT)"))
    }

    @Test("A file of nothing but mistakes is summed up, and the others are read")
    func manyMistakes() async throws {
        folder.write("[\(String(repeating: "1, ", count: 1499))1]", to: "a.yaml")
        folder.write(endpoint("x"), to: "b.yaml")
        let datastore = DirectoryDatastore(path: folder.path, allowWideNetworks: false, logger: Logger(label: "test"))
        let events = try await datastore.snapshot()
        #expect(summary(events).contains("put x 1"))
        for case .rejections(let rejections) in events {
            #expect(rejections.count == 1001)
            #expect(rejections.last?.message.hasPrefix("here and below 500 more documents are rejected") == true)
        }
    }
}
