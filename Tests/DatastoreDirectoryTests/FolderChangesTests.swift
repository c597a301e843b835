import Glibc
import Testing

@testable import DatastoreDirectory

@Suite struct FolderChangesTests {
    struct Row: CustomTestStringConvertible {
        var testDescription: String
        var events: [(flags: Int32, name: String)]
        var due: Set<String> = []
        var created: Set<String> = []
        var folders: [String] = []
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
        Row(
            testDescription: "a folder of a file's name", events: [(IN_CREATE | IN_ISDIR, "a.yaml")],
            folders: ["a.yaml"]),
        Row(
            testDescription: "folders that come, go and are moved",
            events: [
                (IN_CREATE | IN_ISDIR, "a"), (IN_DELETE | IN_ISDIR, "b"), (IN_MOVED_FROM | IN_ISDIR, "c"),
                (IN_MOVED_TO | IN_ISDIR, "d"),
            ], folders: ["a", "b", "c", "d"]),
        Row(
            testDescription: "a hidden folder", events: [(IN_CREATE | IN_ISDIR, ".git"), (IN_DELETE | IN_ISDIR, "..1")]),
    ]

    private func changes(_ events: [(flags: Int32, name: String)], in folder: String = "") -> FolderChanges {
        var changes = FolderChanges()
        _ = changes.takeFolders()
        for event in events {
            changes.record(Self.event(event.flags, event.name), in: folder)
        }
        return changes
    }

    private static func event(_ flags: Int32, _ name: String = "") -> InotifyEvent {
        InotifyEvent(watch: 1, mask: UInt32(bitPattern: flags), name: name)
    }

    @Test("Events make files due", arguments: rows)
    func digest(_ row: Row) {
        var changes = changes(row.events)
        #expect(changes.due == row.due)
        #expect(changes.created == row.created)
        #expect(changes.takeFolders() == row.folders)
        #expect(changes.loss == nil)
    }

    @Test("What happens in a sub-folder is named from above", arguments: rows)
    func digestBelow(_ row: Row) {
        var changes = changes(row.events, in: "x/y")
        #expect(changes.due == Set(row.due.map { "x/y/" + $0 }))
        #expect(changes.created == Set(row.created.map { "x/y/" + $0 }))
        #expect(changes.takeFolders() == row.folders.map { "x/y/" + $0 })
    }

    @Test("Everything is due at first, and after an overflow")
    func rescan() {
        var changes = FolderChanges()
        #expect(!changes.isSettled)
        #expect(changes.takeFolders() == [""])
        changes.add(["a.yaml", "b.yaml"])
        #expect(changes.take(links: []) == ["a.yaml", "b.yaml"])
        #expect(changes.isSettled)
        changes.record(Self.event(IN_CREATE | IN_ISDIR, "sub"), in: "")
        changes.record(Self.event(IN_Q_OVERFLOW), in: "")
        #expect(!changes.isSettled)
        #expect(changes.takeFolders() == [""])
        #expect(changes.isSettled == false)
        _ = changes.take(links: [])
        #expect(changes.isSettled)
    }

    @Test("Of folders in each other only the outermost are looked through")
    func outermost() {
        var changes = FolderChanges()
        _ = changes.takeFolders()
        changes.addFolders(["a/b", "a", "a-b/c", "d/e", "d/e/f"])
        #expect(changes.takeFolders() == ["a", "a-b/c", "d/e"])
        #expect(changes.takeFolders() == [])
        #expect(FolderChanges.ancestors(of: "a/b/c.yaml") == ["a/b", "a", ""])
        #expect(FolderChanges.ancestors(of: "c.yaml") == [""])
        #expect(FolderChanges.ancestors(of: "") == [])
    }

    @Test("A file that was put off keeps the changes unsettled until it is read")
    func postponed() {
        var changes = changes([(IN_CREATE, "a.yaml")])
        #expect(changes.take(links: []) == ["a.yaml"])
        changes.postpone("a.yaml")
        #expect(!changes.isSettled)
        #expect(!changes.isReadable)
        changes.record(Self.event(IN_CLOSE_WRITE, "a.yaml"), in: "")
        #expect(changes.take(links: []) == ["a.yaml"])
        #expect(changes.isSettled)
    }

    @Test(
        "Whatever happens in the folder makes its symbolic links due", arguments: [IN_MOVED_TO, IN_CREATE, IN_DELETE])
    func links(flag: Int32) {
        var changes = changes([(flag | IN_ISDIR, "..data")])
        #expect(changes.take(links: ["b.yaml"]) == ["b.yaml"])
        changes = self.changes([(flag, "..data")])
        #expect(changes.take(links: ["b.yaml"]) == ["b.yaml"])
    }

    @Test(
        "Losing the folder is told with its reason", arguments: [IN_DELETE_SELF, IN_MOVE_SELF, IN_UNMOUNT, IN_IGNORED])
    func loss(flag: Int32) {
        let own = changes([(flag, "")])
        #expect(own.loss != nil)
        // A sub-folder is looked for where it was.
        var below = changes([(flag, "")], in: "sub")
        #expect(below.loss == nil)
        #expect(below.takeFolders() == ["sub"])
    }
}
