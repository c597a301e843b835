import NftablesNetlink
import Routing
import ServiceLifecycle
import Synchronization
import SystemCalls

/// Hands what the kernel announces to the reconciler. What piles up meanwhile waits in the socket's buffer, and when that
/// overflows the reconciler is told so.
///
/// Made from an open socket: whatever is read from the kernel afterwards is older than the first announcement missed.
struct KernelFollower: Service {
    private let label: String
    private let descriptor: Int32
    /// Takes what is queued; returns whether it pays to wait a little before the next.
    private let take: @Sendable () async throws -> Bool

    /// While somebody is at our tables again and again, this long passes between two readings.
    private static let respite = Duration.milliseconds(200)

    /// Links, their parameters, addresses, routes and neighbours.
    static func links(_ reconciler: Reconciler) throws -> Self {
        let monitor = try RouteMonitor()
        let descriptor = monitor.fileDescriptor
        let kept = Kept(monitor)
        return Self(label: "margay links", descriptor: descriptor) {
            let events = try kept.value.withLock { try $0.events() }
            if !events.isEmpty { await reconciler.handle(events) }
            return false
        }
    }

    /// Others' transactions.
    static func ruleset(_ reconciler: Reconciler) async throws -> Self {
        let monitor = try await reconciler.rulesetMonitor()
        let descriptor = monitor.fileDescriptor
        let kept = Kept(monitor)
        return Self(label: "margay ruleset", descriptor: descriptor) {
            let change = try kept.value.withLock { try $0.changes() }
            return if change.isEmpty { false } else { await reconciler.handle(change) }
        }
    }

    func run() async throws {
        let stop = try StopSignal()
        try await withTaskExecutorPreference(BlockingExecutor(label: label)) {
            try await withTaskCancellationOrGracefulShutdownHandler {
                while stop.wait(for: descriptor) != .stop {
                    if try await take() { try? await Task.sleep(for: Self.respite) }
                }
            } onCancelOrGracefulShutdown: {
                stop.send()
            }
        }
    }
}

/// The monitor is used by one task only; the lock is for the compiler to know.
private final class Kept<Monitor: ~Copyable & Sendable>: Sendable {
    let value: Mutex<Monitor>

    init(_ monitor: consuming sending Monitor) { value = Mutex(monitor) }
}
