public import Datastore
public import Logging
import Resources
import SystemCalls

/// The folder whose `*.yaml`, `*.yml` and `*.json` files hold the resources.
///
/// - Files count that stand in the folder or in the folders in it, up to ``maximumDepth``, where neither their names nor
///   those of the folders between start with `.`. A folder behind a symbolic link is not looked into.
/// - A sub-folder that appears, by being made or by being moved in, goes, or is moved is followed. One that cannot be
///   read or watched is told among the rejections; without a watch its files are read once, and again as soon as there
///   are watches, but their changes go unnoticed until then.
/// - A file is read when its writer closes it, or when it is renamed or linked into the folder; what somebody is
///   writing to is never read half, except by ``snapshot()`` and by a writer who takes more than two seconds at start.
/// - An invalid edit removes nothing: what a rejected document stood for before stays in force. Where a document does
///   not even tell its identity, everything that its file defined before and lacks now stays.
/// - Of two definitions of one resource the first one in the order of the files' paths counts; the other takes over when it goes.
/// - Symbolic links are followed, and read again whenever anything in the folder changes, as when a ConfigMap volume
///   exchanges `..data`. A change behind a link elsewhere is seen at the next change here.
public struct DirectoryDatastore: Datastore {
    public var kind: String { "directory" }
    public let location: String
    private let reader: ResourceReader
    private let logger: Logger
    private let maximumFolders: Int

    /// How many folders may lie in each other below the one that is named.
    public static let maximumDepth = FolderTree.maximumDepth

    /// - Parameter allowWideNetworks: whether `ipNetworks` may be wider than one address.
    public init(path: String, allowWideNetworks: Bool, logger: Logger) {
        self.init(
            path: path, allowWideNetworks: allowWideNetworks, logger: logger, maximumFolders: FolderTree.maximumFolders)
    }

    /// - Parameter maximumFolders: how many folders are watched; the others are read once.
    init(path: String, allowWideNetworks: Bool, logger: Logger, maximumFolders: Int) {
        location = path
        self.maximumFolders = maximumFolders
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
                    path: location, reader: reader, maximumFolders: maximumFolders, stop: stop, logger: logger,
                    deliver: deliver)
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
