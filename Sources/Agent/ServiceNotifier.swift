import ServiceLifecycle
package import Status
package import SystemCalls

/// Tells the service manager when the agent is ready, how it fares, and that its loop is alive.
package struct ServiceNotifier: Service {
    private let manager: ServiceManager
    private let board: AgentBoard

    /// How often the status line may change: one that changes with each of a thousand endpoints is read by nobody.
    private static let statusGap = Duration.milliseconds(250)

    package init(manager: ServiceManager, board: AgentBoard) {
        self.manager = manager
        self.board = board
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await tellState() }
                group.addTask { await feedWatchdog() }
            }
        }
        manager.tell(.stopping, .status("Stopping; the kernel stays as it is"))
    }

    /// Ready is who has applied what the source holds and read it back, or cannot reach it and has nothing to stand in
    /// for it: interfaces are then as `margay guard` closed them. What becomes of the agent later is the status line's
    /// part, since readiness cannot be taken back.
    private func tellState() async {
        var isReady = false
        var told: String?
        for await _ in board.changes() {
            let summary = board.summary
            if !isReady, board.isStarted {
                isReady = true
                manager.tell(.ready, .status(summary))
            } else if summary != told {
                manager.tell(.status(summary))
            }
            told = summary
            // Until then, each change may be the one that everybody waits for.
            if isReady { try? await Task.sleep(for: Self.statusGap) }
        }
    }

    /// A loop that is stuck in a call gives no sign of life, and then neither does this: the manager restarts the agent
    /// at most one and a half intervals after the last sign.
    private func feedWatchdog() async {
        guard let interval = manager.watchdogInterval else { return }
        while !Task.isCancelled {
            if board.heartbeat.problem(at: .now, limit: interval / 2) == nil { manager.tell(.watchdog) }
            try? await Task.sleep(for: min(interval / 4, .seconds(5)))
        }
    }
}
