import Routing
import ServiceLifecycle
import Synchronization
import SystemCalls

/// Hands the kernel's announcements to the reconciler. What piles up meanwhile waits in the socket's buffer, and when
/// that overflows the reconciler is told so.
struct LinkFollower: Service {
    private let reconciler: Reconciler
    private let monitor: MonitorBox

    /// Opens the socket: whatever is read from the kernel after this is older than the first announcement missed.
    init(reconciler: Reconciler) throws {
        self.reconciler = reconciler
        monitor = MonitorBox(try RouteMonitor())
    }

    func run() async throws {
        let stop = try StopSignal()
        try await withTaskExecutorPreference(BlockingExecutor(label: "margay links")) {
            try await withTaskCancellationOrGracefulShutdownHandler {
                while stop.wait(for: monitor.descriptor) != .stop {
                    let events = try monitor.events()
                    if !events.isEmpty { await reconciler.handle(events) }
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
    private let monitor: Mutex<RouteMonitor>

    init(_ monitor: consuming RouteMonitor) {
        descriptor = monitor.fileDescriptor
        self.monitor = Mutex(monitor)
    }

    func events() throws -> [RoutingEvent] {
        try monitor.withLock { try $0.events() }
    }
}
