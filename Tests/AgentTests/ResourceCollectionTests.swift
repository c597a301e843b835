import Datastore
import Resources
import SystemCalls
import Testing

@testable import Agent

/// What the source's events mean for what has to be programmed.
struct ResourceCollectionTests {
    /// `put a`, and `remove a` for what is lost and believed to be, sorted.
    private func changes(_ collection: inout ResourceCollection, _ events: DatastoreEvent...) -> [String] {
        let puts = events.flatMap { collection.take($0) }.map { "put \($0.key.name)" }
        let losses = collection.losses
        for key in losses { collection.remove(key) }
        return (puts + losses.map { "remove \($0.name)" }).sorted()
    }

    private func synced(_ resources: Resource...) -> ResourceCollection {
        var collection = ResourceCollection()
        for event in [.snapshotBegins] + resources.map(put) + [.inSync] {
            _ = collection.take(event)
        }
        return collection
    }

    @Test func nothingIsInSyncBeforeTheFirstSnapshotEnds() {
        var collection = ResourceCollection()
        #expect(collection.state == .syncing)
        #expect(changes(&collection, .snapshotBegins, put(endpoint("a"))) == ["put a"])
        #expect(collection.state == .syncing)
        #expect(!collection.hasBeenInSync)
        #expect(changes(&collection, .inSync) == [])
        #expect(collection.state == .inSync)
        #expect(collection.hasBeenInSync)
    }

    @Test func whatIsPutAgainUnchangedIsNoChange() {
        var collection = synced(endpoint("a"))
        #expect(changes(&collection, put(endpoint("a"))) == [])
        #expect(changes(&collection, put(endpoint("a", "10.65.0.3/32"))) == ["put a"])
        #expect(collection.resources[endpoint("a").key] == endpoint("a", "10.65.0.3/32"))
    }

    @Test func aDeletionOfWhatIsNotThereIsNoChange() {
        var collection = synced(endpoint("a"))
        #expect(changes(&collection, .delete(endpoint("b").key)) == [])
        #expect(changes(&collection, .delete(endpoint("a").key)) == ["remove a"])
        #expect(changes(&collection, .delete(endpoint("a").key)) == [])
        #expect(collection.resources.isEmpty)
    }

    @Test func whatALaterSnapshotLacksIsRemovedAtItsEndAndNotBefore() {
        var collection = synced(endpoint("a"), endpoint("b"), endpoint("c"))
        #expect(changes(&collection, .snapshotBegins, put(endpoint("b")), put(endpoint("d"))) == ["put d"])
        #expect(collection.resources.count == 4)
        #expect(changes(&collection, .inSync) == ["remove a", "remove c"])
        #expect(collection.resources.keys.map(\.name).sorted() == ["b", "d"])
    }

    @Test func afterALossDifferencesAreAsGoodAsASnapshot() {
        var collection = synced(endpoint("a"), endpoint("b"), endpoint("c"))
        #expect(changes(&collection, .lost(reason: "gone")) == [])
        #expect(changes(&collection, put(endpoint("b", "10.65.0.9/32")), put(endpoint("d"))) == ["put b", "put d"])
        #expect(collection.state == .lost(reason: "gone"))
        #expect(changes(&collection, .delete(endpoint("a").key), .inSync) == ["remove a"])
        #expect(collection.state == .inSync)
        #expect(collection.resources.keys.map(\.name).sorted() == ["b", "c", "d"])
        #expect(changes(&collection, .delete(endpoint("c").key)) == ["remove c"])
    }

    @Test func whatASnapshotPutsAndTakesBackIsGone() {
        var collection = synced(endpoint("a"))
        #expect(
            changes(&collection, .snapshotBegins, put(endpoint("a")), .delete(endpoint("a").key)) == ["remove a"])
        #expect(changes(&collection, .inSync) == [])
        #expect(collection.resources.isEmpty)
    }

    @Test func aSnapshotThatIsCutOffRemovesNothing() {
        var collection = synced(endpoint("a"), endpoint("b"))
        #expect(changes(&collection, .snapshotBegins, put(endpoint("a")), .lost(reason: "gone")) == [])
        #expect(collection.state == .lost(reason: "gone"))
        #expect(collection.resources.count == 2)
        // A complete one afterwards is believed.
        #expect(changes(&collection, .snapshotBegins) == [])
        #expect(collection.state == .syncing)
        #expect(changes(&collection, put(endpoint("b")), .inSync) == ["remove a"])
        #expect(collection.state == .inSync)
    }

    @Test func aLostSourceWasInSyncAllTheSame() {
        var collection = synced(endpoint("a"))
        #expect(changes(&collection, .lost(reason: "gone")) == [])
        #expect(collection.hasBeenInSync)
        var never = ResourceCollection()
        _ = never.take(.lost(reason: "gone"))
        #expect(!never.hasBeenInSync)
    }

    @Test func eachListOfRejectionsReplacesTheFormer() {
        var collection = synced(endpoint("a"))
        #expect(changes(&collection, .rejections([rejected])) == [])
        #expect(collection.rejections == [rejected])
        #expect(changes(&collection, .rejections([])) == [])
        #expect(collection.rejections == [])
        #expect(collection.resources.count == 1)
    }

    @Test func whatIsLostStaysUntilThatIsDecided() {
        var collection = synced(endpoint("a"), endpoint("b"))
        for key in [endpoint("a").key, endpoint("b").key] { #expect(collection.take(.delete(key)) == []) }
        #expect(collection.losses == [endpoint("a").key, endpoint("b").key])
        #expect(collection.resources.count == 2)
        collection.hold(endpoint("a"))
        collection.remove(endpoint("b").key)
        #expect(collection.losses == [])
        #expect(collection.resources == [endpoint("a").key: endpoint("a")])
        // What is held is not lost once more by the next snapshot, and told when it is back, the same as before.
        #expect(changes(&collection, .snapshotBegins, .inSync) == [])
        #expect(collection.resources.count == 1)
        #expect(changes(&collection, put(endpoint("a"))) == ["put a"])
        #expect(changes(&collection, put(endpoint("a"))) == [])
        #expect(changes(&collection, .snapshotBegins, .inSync) == ["remove a"])
    }

    @Test func whatComesBackBeforeThatIsDecidedIsNoLoss() {
        var collection = synced(endpoint("a"))
        #expect(changes(&collection, .delete(endpoint("a").key), put(endpoint("a"))) == [])
        #expect(collection.resources.count == 1)
    }

    private func restored(_ resources: Resource...) -> ResourceCollection {
        var collection = ResourceCollection()
        collection.restore(
            LastGood(
                origin: .init(node: "node1", source: "directory:/d"), savedAt: .now, boot: "",
                entries: resources.map { .init(resource: $0, place: "/d/in/\($0.key.name).yaml") }))
        return collection
    }

    private func rejection(_ resource: String) -> RejectedResource {
        RejectedResource(
            resource: resource, location: ResourceLocation(file: "/d/in/a.yaml", line: 1, column: 1),
            message: "not valid",
            lastGoodKept: false)
    }

    @Test func whatAnEarlierAgentAcceptedStandsInForASourceThatCannotBeHadAndForNoOther() {
        var collection = restored(endpoint("a"))
        #expect(!collection.isKnown && !collection.isStale)
        #expect(changes(&collection, .lost(reason: "gone")) == [])
        #expect(collection.isKnown && collection.isStale)
        #expect(changes(&collection, .snapshotBegins, put(endpoint("b"))) == ["put b"])
        #expect(collection.isStale)
        #expect(changes(&collection, .inSync) == ["remove a"])
        #expect(!collection.isStale && collection.isKnown)
        #expect(changes(&collection, .lost(reason: "gone")) == [])
        #expect(!collection.isStale)

        collection = restored(endpoint("a"))
        let (first, second) = (collection.standIn(), collection.standIn())
        #expect(first && !second && collection.isStale)
        var empty = ResourceCollection()
        let none = empty.standIn()
        #expect(!none)
        _ = empty.take(.lost(reason: "gone"))
        #expect(!empty.isKnown)
    }

    @Test(arguments: ["WorkloadEndpoint default/a", "/d/in/a.yaml", "/d/in", "/d"])
    func whatIsRejectedAtTheStartKeepsItsLastGoodVersion(named name: String) {
        var collection = restored(endpoint("a"))
        let rejections = DatastoreEvent.rejections([rejection(name)])
        #expect(changes(&collection, .snapshotBegins, rejections, .inSync) == [])
        #expect(collection.rejections.map(\.lastGoodKept) == [true])
        #expect(!collection.hasUnreadResources)
        #expect(collection.resources.count == 1)
        // As often as the source tells it anew.
        #expect(changes(&collection, .snapshotBegins, rejections, .inSync) == [])
        #expect(collection.rejections.map(\.lastGoodKept) == [true])
        // Its file goes; or it is mended, and then deleted.
        var mended = collection
        #expect(changes(&collection, .rejections([])) == ["remove a"])
        #expect(changes(&mended, put(endpoint("a", "10.65.0.9/32")), .rejections([])) == ["put a"])
        #expect(changes(&mended, .delete(endpoint("a").key)) == ["remove a"])
    }

    @Test func aRejectionOfSomethingElseKeepsNothing() {
        var collection = restored(endpoint("a"), endpoint("b"))
        #expect(
            changes(&collection, .snapshotBegins, put(endpoint("b")), .rejections([rejection("/d/i")]), .inSync)
                == ["remove a"])
        #expect(collection.rejections.map(\.lastGoodKept) == [false])
    }

    @Test func theVersionChangesWithWhatIsToBeKept() {
        var collection = synced(endpoint("a"))
        let version = collection.version
        _ = changes(&collection, put(endpoint("a")), .rejections([]), .lost(reason: "gone"), .snapshotBegins)
        #expect(collection.version == version)
        _ = changes(&collection, put(endpoint("b")))
        #expect(collection.version > version)
        let more = collection.version
        collection.remove(endpoint("b").key)
        #expect(collection.version > more)
    }
}
