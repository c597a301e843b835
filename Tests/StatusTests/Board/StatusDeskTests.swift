import Synchronization
import SystemCalls
import Testing

@testable import Status

/// An agent that is asked while it is at work for a long time.
@Suite struct StatusDeskTests {
    private let board = AgentBoard(source: ("directory", "/d"))
    private let provider = SlowProvider()

    private func desk(limit: Duration, idleLimit: Duration = .zero) -> StatusDesk {
        var first = StatusReport.healthy
        first.endpoints = []
        return StatusDesk(board: board, limit: limit, idleLimit: idleLimit, firstReport: first) { [provider] begins in
            await provider.make(begins)
        }
    }

    @Test func aReportInTimeIsNew() async throws {
        provider.open()
        board.setNotice("port in use", about: "http")
        let report = try await desk(limit: .seconds(600)).report()
        #expect(report.asOf == nil)
        #expect(report.endpoints == StatusReport.healthy.endpoints)
        #expect(report.dataplane.notices == ["port in use"])
    }

    @Test func anIdleLoopsReportIsWaitedForLonger() async throws {
        async let report = desk(limit: .milliseconds(1), idleLimit: .seconds(600)).report()
        await provider.until { $0 == 1 }
        // Well beyond the limit.
        try await Task.sleep(for: .milliseconds(20))
        provider.open()
        #expect(try await report.asOf == nil)
    }

    @Test func beforeAnyReportThereAreNoEndpointsAndTheStateIsApplying() async throws {
        board.begin(.commit)
        let report = try await desk(limit: .milliseconds(1)).report()
        #expect(report.endpoints.isEmpty)
        #expect(report.asOf == StatusReport.healthy.agent.startedAt)
        #expect(report.dataplane.state == .applying)
        let notice = try #require(report.dataplane.notices.first)
        // At work, or even stuck where the machine kept this test waiting.
        #expect(notice.hasPrefix("the reconcile loop has ") && notice.hasSuffix("committing the nftables transaction"))
        #expect(!report.ready)
        #expect(!report.isHealthy)
        provider.open()
    }

    @Test func duringALongApplyTheLatestReportIsGivenWithItsTime() async throws {
        provider.open()
        _ = try await desk(limit: .seconds(600)).report()
        provider.close()
        var overview = AgentOverview.good
        overview.dataplane.applies = 77
        overview.source.state = .reconnecting
        board.post(overview)
        board.begin(.commit)
        let report = try await desk(limit: .milliseconds(1)).report()
        #expect(report.asOf == SlowProvider.time)
        #expect(report.endpoints == StatusReport.healthy.endpoints)
        // What the loop has told since is not held back.
        #expect(report.dataplane.state == .applying)
        #expect(report.dataplane.applies == 77)
        #expect(report.source.state == .reconnecting)
        #expect(!report.ready)
        // An idle loop is not said to be applying, whatever else took so long.
        board.rest()
        #expect(try await desk(limit: .milliseconds(1)).report().dataplane.state == .applied)
        provider.open()
    }

    @Test func whoeverAsksBeforeTheWorkBeginsSharesItAndOthersGetTheirOwn() async throws {
        let desk = desk(limit: .seconds(600))
        provider.close()
        async let first = desk.report()
        await provider.until { $0 == 1 }
        // The first has begun and looked; these have not.
        async let second = desk.report()
        async let third = desk.report()
        await provider.until { $0 == 2 }
        provider.open()
        _ = try await (first, second, third)
        #expect(provider.begun <= 3)
        #expect(provider.begun >= 2)
    }

    @Test func aFailureReachesTheAskerAndTheNextOneIsTriedAnew() async throws {
        struct Failure: Error {}
        let calls = Mutex(0)
        let desk = StatusDesk(board: board, limit: .seconds(600), firstReport: .healthy) { _ in
            // Before it begins.
            if calls.withLock({
                $0 += 1
                return $0
            }) == 1 {
                throw Failure()
            }
            return (.healthy, SlowProvider.time)
        }
        await #expect(throws: Failure.self) { try await desk.report() }
        #expect(try await desk.report() == .healthy)
    }
}

/// Makes reports when it is let.
private final class SlowProvider: Sendable {
    static let time = Timestamp(millisecondsSinceEpoch: 1_772_366_400_000)

    private struct Gate {
        var isOpen = false
        var begun = 0
    }

    private let gate = Mutex(Gate())

    var begun: Int { gate.withLock { $0.begun } }

    func open() { gate.withLock { $0.isOpen = true } }
    func close() { gate.withLock { $0.isOpen = false } }

    func make(_ begins: () -> Void) async -> StatusDesk.Dated {
        begins()
        gate.withLock { $0.begun += 1 }
        while !gate.withLock({ $0.isOpen }) {
            try? await Task.sleep(for: .milliseconds(1))
        }
        return (.healthy, Self.time)
    }

    func until(_ condition: (Int) -> Bool) async {
        while !condition(begun) {
            try? await Task.sleep(for: .milliseconds(1))
        }
    }
}
