import SystemCalls
import Testing

@testable import Status

@Suite struct ReadinessTests {
    private let now = ContinuousClock.now
    private let awake = SuspendingClock.now

    private func readiness(
        _ overview: AgentOverview, heartbeat: Heartbeat? = nil
    ) -> Readiness {
        Readiness(
            overview, heartbeat ?? Heartbeat(latest: awake, step: nil, since: awake), sourceName: "directory /d",
            now: now, awake: awake)
    }

    @Test func allAsWantedIsReady() {
        #expect(readiness(.good).isReady)
        #expect(readiness(.good).reasons.isEmpty)
        #expect(readiness(.good).text(of: "readyz", isVerbose: false) == "ok\n")
        #expect(
            readiness(.good).text(of: "readyz", isVerbose: true) == """
                [+]loop ok
                [+]source ok
                [+]dataplane ok
                [+]removals ok
                readyz check passed

                """)
    }

    @Test func eachReasonHasItsLine() {
        var overview = AgentOverview(
            source: .init(
                state: .reconnecting, since: now - .seconds(7), lastInSync: now - .milliseconds(12_900),
                problem: "cannot open /d"),
            dataplane: .init(state: .degraded))
        overview.problem = "route 10.65.0.2/32: Operation not permitted"
        let stuck = Heartbeat(latest: awake - .seconds(31), step: .commit, since: awake - .seconds(40))
        let health = readiness(overview, heartbeat: stuck)
        #expect(
            health.text(of: "readyz", isVerbose: false) == """
                loop: the reconcile loop has not got on for 31 s while committing the nftables transaction
                source: directory /d is reconnecting for 7 s, last in sync 12 s ago: cannot open /d
                dataplane: not everything could be programmed: route 10.65.0.2/32: Operation not permitted

                """)
        #expect(health.text(of: "readyz", isVerbose: true).hasSuffix("[+]removals ok\nreadyz check failed\n"))
        #expect(!health.isReady)
    }

    @Test func aSourceThatWasNeverReadIsToldFromOneThatWas() {
        var overview = AgentOverview.good
        overview.source = .init(state: .syncing, since: now - .seconds(3))
        overview.dataplane.state = .applying
        #expect(
            readiness(overview).reasons == [
                "source: directory /d was never read completely, being read for 3 s",
                "dataplane: nothing was programmed yet",
            ])
    }

    @Test func whatIsHeldIsSaid() {
        var overview = AgentOverview.good
        overview.dataplane.state = .held
        overview.source.rejected = [.init(resource: "", location: "", message: "", lastGoodKept: false)]
        #expect(
            readiness(overview).reasons == [
                "removals: held: what nobody asks for stays in the kernel until every resource can be read, or margay confirm "
                    + "removes it (1 rejected)"
            ])
    }

    @Test func removalsThatAreHeldAreSaidWithWhatToDo() {
        var overview = AgentOverview.good
        overview.dataplane.state = .held
        overview.dataplane.held = .init(endpoints: 12, of: 20, until: Timestamp("2026-03-01T12:01:00.000Z"))
        #expect(
            readiness(overview).reasons == [
                "removals: held: the source lost 12 of 20 endpoints at once, which stay: if that is right, margay confirm "
                    + "removes them; otherwise they go at 2026-03-01T12:01:00.000Z if the source still says the same"
            ])
        overview.dataplane.held?.until = nil
        #expect(readiness(overview).reasons[0].hasSuffix("otherwise they stay while the source is out of reach"))
    }

    @Test func theLoopIsStuckAfterTheLimitAndNotBefore() {
        var heartbeat = Heartbeat(latest: awake - Heartbeat.limit, step: nil, since: awake)
        #expect(heartbeat.problem(at: awake) == nil)
        heartbeat.latest = heartbeat.latest - .milliseconds(1)
        #expect(heartbeat.problem(at: awake) == "the reconcile loop has not got on for 30 s")
        #expect(heartbeat.problem(at: awake, limit: .seconds(60)) == nil)
        // A sign of life within a step is enough, however long the step takes.
        heartbeat = Heartbeat(latest: awake - .seconds(1), step: .settle, since: awake - .seconds(600))
        #expect(heartbeat.problem(at: awake) == nil)
        #expect(Readiness(heartbeat, awake: awake).isReady)
    }
}
