import NftablesNetlink
import ServiceLifecycle
import Synchronization
import SystemCalls

/// Hands others' transactions to the reconciler. What piles up meanwhile waits in the socket's buffer, and when that
/// overflows the reconciler is told so.
struct RulesetFollower: Service {
    private let reconciler: Reconciler
    private let monitor: MonitorBox

    /// While somebody is at our tables again and again, this long passes between two readings.
    private static let respite = Duration.milliseconds(200)

    /// Opens the socket: whatever is read from the kernel after this is older than the first transaction missed.
    init(reconciler: Reconciler) async throws {
        self.reconciler = reconciler
        monitor = MonitorBox(try await reconciler.rulesetMonitor())
    }

    func run() async throws {
        let stop = try StopSignal()
        try await withTaskExecutorPreference(BlockingExecutor(label: "margay ruleset")) {
            try await withTaskCancellationOrGracefulShutdownHandler {
                while stop.wait(for: monitor.descriptor) != .stop {
                    let change = try monitor.changes()
                    if !change.isEmpty, await reconciler.handle(change) {
                        try? await Task.sleep(for: Self.respite)
                    }
                }
            } onCancelOrGracefulShutdown: {
                stop.send()
            }
        }
    }
}

/// The monitor is used by one task only; the lock is for the compiler to know.
private final class MonitorBox: Sendable {
    let descriptor: Int32
    private let monitor: Mutex<NftablesMonitor>

    init(_ monitor: consuming sending NftablesMonitor) {
        descriptor = monitor.fileDescriptor
        self.monitor = Mutex(monitor)
    }

    func changes() throws -> RulesetChange {
        try monitor.withLock { try $0.changes() }
    }
}
