/// A source of resources that can be followed: a folder, etcd, the Kubernetes API.
public protocol Datastore: Sendable {
    /// The kind of source as `source.type` of the configuration spells it: `directory`, `etcd`, `kubernetes`.
    var kind: String { get }

    /// Where the source is: a path or a URL without secrets.
    var location: String { get }

    /// Follows the source until the task is cancelled, then returns.
    ///
    /// The first batch is a whole snapshot (``DatastoreEvent/snapshotBegins`` to ``DatastoreEvent/inSync``), or
    /// ``DatastoreEvent/lost(reason:)`` when the source cannot be reached; it is then tried again without end, and a
    /// whole snapshot follows once it answers. Batches come in order, and the next one is made only when `deliver` has
    /// returned: a slow receiver gets fewer, larger batches, never an unbounded queue.
    /// - Throws: what keeps the source from being followed at all, such as no file descriptor being left.
    func run(_ deliver: @escaping @Sendable ([DatastoreEvent]) async -> Void) async throws

    /// One consistent snapshot, from ``DatastoreEvent/snapshotBegins`` to ``DatastoreEvent/inSync``.
    /// - Throws: when the source cannot be read. Nothing is retried.
    func snapshot() async throws -> [DatastoreEvent]
}
