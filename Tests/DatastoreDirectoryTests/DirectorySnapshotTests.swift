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

    @Test("A folder is read whole, without its sub-folders")
    func wholeFolder() async throws {
        folder.write(endpoint("x"), to: "a.yaml")
        folder.write(yaml(endpoint("x", version: 2), endpoint("y")), to: "b.yaml")
        folder.makeFolder("sub")
        folder.write(endpoint("z"), to: "sub/c.yaml")
        #expect(try await snapshot(folder.path) == ["begins", "put x 1", "put y 1", "rejected b.yaml:1 x", "in sync"])
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
}
