import Datastore
import Resources
import TestSupport
import Testing

@testable import DatastoreDirectory

/// The folder itself goes, comes, and is exchanged.
@Suite(.timeLimit(.minutes(5))) struct DirectoryLossTests {
    let parent = TemporaryFolder()
    var path: String { parent.path(of: "resources.d") }

    @Test("A folder that is missing at start is waited for")
    func missingAtStart() async throws {
        try await Observation.of(path) { observation in
            #expect(try await observation.next() == ["lost"])
            #expect(observation.known.losses[0].contains(path))
            #expect(observation.known.losses[0].contains("ENOENT"))
            parent.makeFolder("resources.d")
            parent.write(endpoint("x"), to: "resources.d/a.yaml")
            try await observation.until { $0.versions == ["x": 1] }
            #expect(observation.known.isInSync)
        }
    }

    @Test("A folder that is removed and made again comes back with a whole snapshot")
    func removedAndMadeAgain() async throws {
        parent.makeFolder("resources.d")
        parent.write(endpoint("x"), to: "resources.d/a.yaml")
        parent.write(endpoint("y"), to: "resources.d/b.yaml")
        try await Observation.of(path) { observation in
            try await observation.until(\.isInSync)
            parent.rename("resources.d", to: "elsewhere")
            try await observation.until { !$0.isInSync }
            #expect(observation.known.versions == ["x": 1, "y": 1])
            TemporaryFolder.removeTree(parent.path(of: "elsewhere"))
            parent.makeFolder("staged")
            parent.write(endpoint("y", version: 2), to: "staged/b.yaml")
            parent.rename("staged", to: "resources.d")
            try await observation.until { $0.snapshots == 2 }
            #expect(observation.known.versions == ["y": 2])
            parent.write(endpoint("z"), to: "resources.d/c.yaml")
            try await observation.until { $0.versions["z"] == 1 }
        }
    }

    @Test("Removing the folder with everything in it is a loss")
    func removed() async throws {
        parent.makeFolder("resources.d")
        try await Observation.of(path) { observation in
            try await observation.until(\.isInSync)
            TemporaryFolder.removeTree(path)
            #expect(try await observation.next() == ["lost"])
        }
    }

    @Test("What an invalid edit left in force outlives the loss of the folder")
    func lastGoodOutlivesLoss() async throws {
        parent.makeFolder("resources.d")
        parent.write(endpoint("x"), to: "resources.d/a.yaml")
        try await Observation.of(path) { observation in
            try await observation.until(\.isInSync)
            parent.write(invalidEndpoint("x"), to: "resources.d/a.yaml")
            try await observation.until { !$0.rejections.isEmpty }
            parent.rename("resources.d", to: "elsewhere")
            try await observation.until { !$0.isInSync }
            parent.rename("elsewhere", to: "resources.d")
            try await observation.until { $0.snapshots == 2 }
            #expect(observation.known.versions == ["x": 1])
            #expect(observation.known.rejections.map(\.lastGoodKept) == [true])
        }
    }

    @Test("A link to the folder that is made to lead elsewhere is followed there")
    func linkedFolder() async throws {
        parent.makeFolder("one")
        parent.makeFolder("two")
        parent.write(endpoint("x"), to: "one/a.yaml")
        parent.write(endpoint("x", version: 2), to: "two/a.yaml")
        parent.link("resources.d", to: "one")
        try await Observation.of(path) { observation in
            try await observation.until { $0.versions == ["x": 1] }
            parent.link("next", to: "two")
            parent.rename("next", to: "resources.d")
            try await observation.until { $0.versions == ["x": 2] }
        }
    }
}
