/// A source of resources that can be followed: a folder, etcd, the Kubernetes API.
public protocol Datastore: Sendable {
    /// The kind of source as `source.type` of the configuration spells it: `directory`, `etcd`, `kubernetes`.
    var kind: String { get }

    /// Where the source is: a path or a URL without secrets.
    var location: String { get }

    /// Follows the source until the task is cancelled, then returns.
    ///
    /// First comes a whole snapshot (``DatastoreEvent/snapshotBegins`` to ``DatastoreEvent/inSync``) in one batch or
    /// several. When the source cannot be reached, ``DatastoreEvent/lost(reason:)`` comes, again for each new reason, and
    /// it is tried again without end; once it answers, either another whole snapshot follows or what differs from what was
    /// told before, ended by ``DatastoreEvent/inSync``. Batches come in order, and the next one is made only when `deliver`
    /// has returned: a slow receiver gets fewer, larger batches, never an unbounded queue.
    /// - Throws: what keeps the source from being followed at all, such as no file descriptor being left.
    func run(_ deliver: @escaping @Sendable ([DatastoreEvent]) async -> Void) async throws

    /// One consistent snapshot, from ``DatastoreEvent/snapshotBegins`` to ``DatastoreEvent/inSync``.
    /// - Throws: when the source cannot be read. Nothing is retried.
    func snapshot() async throws -> [DatastoreEvent]
}
