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

    private func exists(_ name: String) -> Bool { FileKind(path: folder.path(of: name)) != nil }

    @Test func whatIsWrittenIsReadAgain() throws {
        #expect(try LastGood(text: lastGood.text) == lastGood)
        var empty = lastGood
        empty.entries = []
        #expect(try LastGood(text: empty.text) == empty)
    }

    /// A person can validate it, and restore from it.
    @Test func theFileIsAFileOfResources() {
        let documents = ResourceReader(allowWideNetworks: true).documents(in: lastGood.text, file: "last-good.yaml")
        #expect(documents.map(\.outcome) == lastGood.entries.map { .accepted($0.resource) })
    }

    @Test func aFileThatIsCutShortAnywhereIsRefused() {
        let text = lastGood.text
        for length in 0..<text.count {
            #expect(throws: LastGoodError.self) { try LastGood(text: Array(text[..<length])) }
        }
    }

    @Test func aFlippedBitBelowTheHeaderIsNoticed() throws {
        let text = lastGood.text
        let start = try #require(text.indices.first { text[$0...].starts(with: "--- # ".utf8) })
        for index in start..<text.count {
            var damaged = text
            damaged[index] ^= 1
            #expect(throws: LastGoodError.self) { try LastGood(text: damaged) }
        }
    }

    @Test func anotherVersionIsRefusedByItsName() {
        let text = String(decoding: lastGood.text, as: UTF8.self).replacing("version 1\n", with: "version 2\n")
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
        try state.replace(with: Array("one".utf8))
        try state.replace(with: Array("two".utf8))
        #expect(try state.contents(limit: 3) == Array("two".utf8))
        #expect(throws: StateFileError.self) { try state.contents(limit: 2) }
        #expect(!exists("new/deep/.file.new"))
        #expect(try StateFile(path: folder.path(of: "none")).contents(limit: 1) == nil)
    }
}
