import Logging
import NetworkValues
import Resources
import Settings
import SystemCalls
import TestSupport
import Testing

@testable import Agent

/// What is kept of accepted resources, and what is made of a file that is not as it was written.
struct LastGoodTests {
    private let folder = TemporaryFolder()
    private let origin = LastGood.Origin(node: "node1", source: "directory:/etc/margay/resources.d")

    private var lastGood: LastGood {
        LastGood(
            origin: origin, savedAt: Timestamp(millisecondsSinceEpoch: 1_772_366_460_000), boot: "b",
            entries: [
                .init(resource: endpoint("a"), place: "/etc/margay/resources.d/a.yaml"),
                .init(resource: endpoint("b", "10.65.0.0/24"), place: "/etc/margay/resources.d/b c.yaml"),
                .init(
                    resource: .profile(
                        Profile(metadata: Metadata(name: "open", annotations: ["note": "--- # a\n---\n"]))),
                    place: "/etc/margay/resources.d/a.yaml"),
            ])
    }

    private func file(_ node: String = "node1") -> LastGoodFile {
        var origin = origin
        origin.node = node
        return LastGoodFile(
            file: StateFile(path: folder.path(of: "state/last-good.yaml")), origin: origin,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private func text(of lastGood: LastGood) throws -> [UInt8] {
        let file = StateFile(path: folder.path(of: "text"))
        try file.replace { writer throws(StateFileError) in try lastGood.write(to: &writer) }
        return try #require(try file.contents(limit: 1 << 20))
    }

    private func exists(_ name: String) -> Bool { FileKind(path: folder.path(of: name)) != nil }

    @Test func whatIsWrittenIsReadAgain() throws {
        #expect(try LastGood(text: text(of: lastGood)) == lastGood)
        var empty = lastGood
        empty.entries = []
        #expect(try LastGood(text: text(of: empty)) == empty)
    }

    /// A person can validate it, and restore from it.
    @Test func theFileIsAFileOfResources() throws {
        let documents = ResourceReader(allowWideNetworks: true).documents(
            in: try text(of: lastGood), file: "last-good.yaml")
        #expect(documents.map(\.outcome) == lastGood.entries.map { .accepted($0.resource) })
    }

    /// More than is written at a time.
    @Test func aFileOfManyResourcesIsReadAgain() throws {
        var many = lastGood
        many.entries = (0..<2_000).map {
            .init(resource: endpoint("w\($0)"), place: "/etc/margay/resources.d/\($0).yaml")
        }
        #expect(try LastGood(text: text(of: many)) == many)
    }

    @Test func aFileThatIsCutShortAnywhereIsRefused() throws {
        let text = try text(of: lastGood)
        for length in 0..<text.count {
            #expect(throws: LastGoodError.self) { try LastGood(text: Array(text[..<length])) }
        }
    }

    @Test func aFlippedBitBelowTheHeaderIsNoticed() throws {
        let text = try text(of: lastGood)
        let start = try #require(text.indices.first { text[$0...].starts(with: "--- # ".utf8) })
        for index in start..<text.count {
            var damaged = text
            damaged[index] ^= 1
            #expect(throws: LastGoodError.self) { try LastGood(text: damaged) }
        }
    }

    @Test func anotherVersionIsRefusedByItsName() throws {
        let text = String(decoding: try text(of: lastGood), as: UTF8.self).replacing("version 1\n", with: "version 2\n")
        #expect(throws: LastGoodError("it is of version 2, and this agent reads version 1")) {
            try LastGood(text: Array(text.utf8))
        }
    }

    @Test func whatCannotBeUsedIsSetAside() throws {
        #expect(file().load() == nil)
        try file().save(lastGood.entries)
        #expect(file().load()?.entries == lastGood.entries)
        #expect(file("node2").load() == nil)
        #expect(!exists("state/last-good.yaml") && exists("state/last-good.yaml.unusable"))
        // It is written anew over nothing, and over what is set aside.
        for text in ["", "garbage", "# margay last good, version 1\n", "# margay last good, version 7\n"] {
            folder.write(text, to: "state/last-good.yaml")
            #expect(file().load() == nil)
            #expect(!exists("state/last-good.yaml"))
        }
        folder.makeFolder("state/last-good.yaml")
        #expect(file().load() == nil)
        #expect(throws: StateFileError.self) { try file().save([]) }
    }

    @Test func whatOthersMayHaveWrittenIsNotBelieved() throws {
        try file().save(lastGood.entries)
        let path = folder.path(of: "state/last-good.yaml")
        #expect(try permissions(path) == 0o600)
        setPermissions(0o602, path)
        #expect(file().load() == nil)
    }

    @Test func aFileThatIsReplacedLeavesNothingElseBehind() throws {
        let state = StateFile(path: folder.path(of: "new/deep/file"))
        folder.makeFolder("new/deep")
        folder.write("left by a killed writer", to: "new/deep/.file.new")
        try state.replace { writer throws(StateFileError) in try writer.append("one".utf8) }
        try state.replace { writer throws(StateFileError) in
            try writer.append("too".utf8)
            try writer.overwriteStart(with: Array("tw".utf8))
        }
        #expect(try state.contents(limit: 3) == Array("two".utf8))
        #expect(throws: StateFileError.self) { try state.contents(limit: 2) }
        #expect(!exists("new/deep/.file.new"))
        #expect(try StateFile(path: folder.path(of: "none")).contents(limit: 1) == nil)
    }
}
