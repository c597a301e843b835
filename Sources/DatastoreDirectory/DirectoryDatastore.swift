public import Datastore
public import Logging
import Resources
import SystemCalls

/// The folder whose `*.yaml`, `*.yml` and `*.json` files hold the resources.
///
/// - Files count that stand directly in the folder and whose names do not start with `.`. Sub-folders are not read.
/// - A file is read when its writer closes it, or when it is renamed or linked into the folder; what somebody is
///   writing to is never read half, except by ``snapshot()`` and by a writer who takes more than two seconds at start.
/// - An invalid edit removes nothing: what a rejected document stood for before stays in force. Where a document does
///   not even tell its identity, everything that its file defined before and lacks now stays.
/// - Of two definitions of one resource the first one in file name order counts; the other takes over when it goes.
/// - Symbolic links are followed, and read again whenever anything in the folder changes, as when a ConfigMap volume
///   exchanges `..data`. A change behind a link elsewhere is seen at the next change here.
public struct DirectoryDatastore: Datastore {
    public var kind: String { "directory" }
    public let location: String
    private let reader: ResourceReader
    private let logger: Logger

    /// - Parameter allowWideNetworks: whether `ipNetworks` may be wider than one address.
    public init(path: String, allowWideNetworks: Bool, logger: Logger) {
        location = path
        reader = ResourceReader(allowWideNetworks: allowWideNetworks)
        self.logger = logger
    }

    /// - Throws: when no descriptor is left to stop it by. Everything later is told as ``DatastoreEvent/lost(reason:)``
    ///   and tried again, after 0.1 s at first and every 5 s at last.
    public func run(_ deliver: @escaping @Sendable ([DatastoreEvent]) async -> Void) async throws {
        let stop = try StopSignal()
        await withTaskExecutorPreference(BlockingExecutor(label: "directory watch")) {
            await withTaskCancellationHandler {
                var follower = FolderFollower(
                    path: location, reader: reader, stop: stop, logger: logger, deliver: deliver)
                await follower.run()
            } onCancel: {
                stop.send()
            }
        }
    }

    /// Reads the folder once, as it is. `location` may also be a single file, whatever its name.
    /// - Throws: ``DirectoryError`` when the folder cannot be opened or listed. A file that cannot be read is among
    ///   the rejections.
    public func snapshot() async throws -> [DatastoreEvent] {
        var state = DirectoryState()
        var log = FolderLog(logger: logger)
        for file in try resourceFiles(at: location, reader: reader) {
            state.update(file.path, at: file.path, to: file.content)
            log.note(file.content, of: file.path)
        }
        return state.snapshot()
    }
}
