import ServiceLifecycle

/// Compares everything with the kernel now and then.
struct ResyncTimer: Service {
    private let reconciler: Reconciler
    private let intervals: AsyncStream<Duration>
    private let continuation: AsyncStream<Duration>.Continuation

    init(interval: Duration, reconciler: Reconciler) {
        self.reconciler = reconciler
        (intervals, continuation) = AsyncStream.makeStream()
        continuation.yield(interval)
    }

    /// Begins a new interval, which the present one does not delay.
    func setInterval(_ interval: Duration) {
        continuation.yield(interval)
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var timer: Task<Void, Never>?
            for await interval in intervals {
                timer?.cancel()
                timer = Task { [reconciler] in
                    while (try? await Task.sleep(for: interval)) != nil {
                        await reconciler.resync()
                    }
                }
            }
            timer?.cancel()
        }
    }
}
