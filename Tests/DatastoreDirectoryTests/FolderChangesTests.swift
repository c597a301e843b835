import Glibc
import Testing

@testable import DatastoreDirectory

@Suite struct FolderChangesTests {
    struct Row: CustomTestStringConvertible {
        var testDescription: String
        var events: [(flags: Int32, name: String)]
        var due: Set<String> = []
        var created: Set<String> = []
    }

    static let rows: [Row] = [
        Row(testDescription: "closed", events: [(IN_CLOSE_WRITE, "a.yaml")], due: ["a.yaml"]),
        Row(testDescription: "created", events: [(IN_CREATE, "a.json")], due: ["a.json"], created: ["a.json"]),
        Row(
            testDescription: "created and closed", events: [(IN_CREATE, "a.yml"), (IN_CLOSE_WRITE, "a.yml")],
            due: ["a.yml"]),
        Row(
            testDescription: "deleted, then created again", events: [(IN_DELETE, "a.yaml"), (IN_CREATE, "a.yaml")],
            due: ["a.yaml"], created: ["a.yaml"]),
        Row(
            testDescription: "renamed", events: [(IN_MOVED_FROM, "a.yaml"), (IN_MOVED_TO, "b.yaml")],
            due: ["a.yaml", "b.yaml"]),
        Row(
            testDescription: "no resource file",
            events: [(IN_CLOSE_WRITE, ".a.yaml"), (IN_MOVED_TO, "a.yaml~"), (IN_CLOSE_WRITE, "yaml")]),
        Row(testDescription: "a folder of a file's name", events: [(IN_CREATE | IN_ISDIR, "a.yaml")]),
    ]

    private func changes(_ events: [(flags: Int32, name: String)]) -> FolderChanges {
        var changes = FolderChanges()
        _ = changes.take(all: [], links: [])
        for event in events {
            changes.record(InotifyEvent(mask: UInt32(bitPattern: event.flags), name: event.name))
        }
        return changes
    }

    @Test("Events make files due", arguments: rows)
    func digest(_ row: Row) {
        let changes = changes(row.events)
        #expect(changes.due == row.due)
        #expect(changes.created == row.created)
        #expect(changes.isRescanDue == false)
        #expect(changes.loss == nil)
    }

    @Test("Everything is due at first, and after an overflow")
    func rescan() {
        var changes = FolderChanges()
        #expect(changes.take(all: ["a.yaml", "b.yaml"], links: []) == ["a.yaml", "b.yaml"])
        #expect(changes.isSettled)
        changes.record(InotifyEvent(mask: UInt32(IN_Q_OVERFLOW), name: ""))
        #expect(!changes.isSettled)
        #expect(changes.take(all: ["b.yaml", "c.yaml"], links: []) == ["b.yaml", "c.yaml"])
    }

    @Test("A file that was put off keeps the changes unsettled until it is read")
    func postponed() {
        var changes = changes([(IN_CREATE, "a.yaml")])
        #expect(changes.take(all: [], links: []) == ["a.yaml"])
        changes.postpone("a.yaml")
        #expect(!changes.isSettled)
        #expect(!changes.isReadable)
        changes.record(InotifyEvent(mask: UInt32(IN_CLOSE_WRITE), name: "a.yaml"))
        #expect(changes.take(all: [], links: []) == ["a.yaml"])
        #expect(changes.isSettled)
    }

    @Test(
        "Whatever happens in the folder makes its symbolic links due", arguments: [IN_MOVED_TO, IN_CREATE, IN_DELETE])
    func links(flag: Int32) {
        var changes = changes([(flag | IN_ISDIR, "..data")])
        #expect(changes.take(all: ["a.yaml"], links: ["b.yaml"]) == ["b.yaml"])
        changes = self.changes([(flag, "..data")])
        #expect(changes.take(all: ["a.yaml"], links: ["b.yaml"]) == ["b.yaml"])
    }

    @Test(
        "Losing the folder is told with its reason", arguments: [IN_DELETE_SELF, IN_MOVE_SELF, IN_UNMOUNT, IN_IGNORED])
    func loss(flag: Int32) {
        var changes = FolderChanges()
        changes.record(InotifyEvent(mask: UInt32(flag), name: ""))
        #expect(changes.loss != nil)
    }
}
