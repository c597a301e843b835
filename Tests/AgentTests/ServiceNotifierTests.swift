import ServiceLifecycle
import Status
import SystemCalls
import TestSupport
import Testing

@testable import Agent

@Suite(.timeLimit(.minutes(5))) struct ServiceNotifierTests {
    private let folder = TemporaryFolder()
    private let board = AgentBoard(source: ("directory", "/d"))

    private func overview(hasApplied: Bool) -> AgentOverview {
        var overview = AgentOverview(
            source: .init(state: .inSync, since: .now), dataplane: StatusReport.Dataplane(state: .applied))
        overview.hasApplied = hasApplied
        return overview
    }

    /// Runs the notifier while `body` reads what it tells; the receiver's waits are on a thread of their own.
    private func whileTelling(
        watchdog: Int? = nil, _ body: @escaping @Sendable (DatagramReceiver) async -> Void
    ) async throws {
        let receiver = DatagramReceiver(folder.path(of: "notify"))
        var environment = ["NOTIFY_SOCKET": folder.path(of: "notify")]
        environment["WATCHDOG_USEC"] = watchdog.map(String.init)
        let manager = try #require(ServiceManager(environment: environment))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await ServiceNotifier(manager: manager, board: board).run() }
            await Task.detached(executorPreference: BlockingExecutor(label: "receiver")) { await body(receiver) }.value
            group.cancelAll()
            try await group.waitForAll()
        }
        // What came before the end, and the end.
        var last: String?
        while let text = receiver.text(within: 100) { last = text }
        #expect(last == "STOPPING=1\nSTATUS=Stopping; the kernel stays as it is")
    }

    @Test func readyIsToldOnceAndOnlyWhenAllIsApplied() async throws {
        try await whileTelling { receiver in
            #expect(receiver.text() == "STATUS=no endpoints; source syncing; dataplane applying")
            board.post(overview(hasApplied: false))
            #expect(receiver.text() == "STATUS=no endpoints; source in sync")
            board.post(overview(hasApplied: true))
            #expect(receiver.text() == "READY=1\nSTATUS=no endpoints; source in sync")
            var lost = overview(hasApplied: true)
            lost.source.state = .reconnecting
            board.post(lost)
            #expect(receiver.text()?.hasPrefix("STATUS=no endpoints; source reconnecting") == true)
        }
    }

    /// Else the network would wait for the agent, and the agent for the network.
    @Test func aSourceBeyondTheNetworkThatIsOutOfReachIsNotWaitedFor() {
        for (kind, isStarted) in [("etcd", true), ("directory", false)] {
            let board = AgentBoard(source: (kind, "there"))
            #expect(!board.isStarted)
            var lost = overview(hasApplied: false)
            lost.source.state = .reconnecting
            board.post(lost)
            #expect(board.isStarted == isStarted)
            // What stands in for it is applied first.
            lost.source.state = .stale
            board.post(lost)
            #expect(!board.isStarted)
        }
    }

    @Test func aLivingLoopFeedsTheWatchdog() async throws {
        try await whileTelling(watchdog: 200_000_000) { receiver in
            var texts: Set<String> = []
            while !texts.contains("WATCHDOG=1"), let text = receiver.text() { texts.insert(text) }
            #expect(texts.contains("WATCHDOG=1"))
        }
    }

    @Test func aStuckLoopDoesNot() async throws {
        try await whileTelling(watchdog: 200_000) { receiver in
            // The board was given no sign of life since it was made: after half an interval it is too late for any.
            while receiver.text(within: 1000) != nil {}
            #expect(board.heartbeat.problem(at: .now, limit: .milliseconds(100)) != nil)
            // The first status line may come late on a busy machine.
            #expect(receiver.text(within: 500) != "WATCHDOG=1")
            repeat { board.beat() } while receiver.text(within: 50) != "WATCHDOG=1"
        }
    }
}
