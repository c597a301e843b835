import Datastore

/// Holds back the first delivery until it is released.
struct Stall: Sendable {
    let reached = Gate()
    let released = Gate()

    @Sendable func first(_: [DatastoreEvent]) async {
        reached.open()
        await released.pass()
    }
}
