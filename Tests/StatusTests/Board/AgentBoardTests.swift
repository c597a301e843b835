import Testing

@testable import Status

@Suite struct AgentBoardTests {
    private let board = AgentBoard(source: ("directory", "/d"))

    @Test func countsFollowEachChange() {
        board.post(.good, endpoints: [key("a"): standing("a", .up), key("b"): standing("b", .pending)])
        #expect(board.endpointCounts == [.up: 1, .pending: 1])
        board.post(.good, endpoints: [key("b"): standing("b", .up)])
        #expect(board.endpointCounts == [.up: 2])
        board.post(.good, endpoints: [key("a"): nil, key("nobody"): nil])
        #expect(board.endpointCounts == [.up: 1])
        #expect(board.endpoint(key("b"))?.state == .up)
    }

    @Test func endpointsAreFoundByNameQualifiedNameAndInterface() {
        board.post(.good, endpoints: [key("a"): standing("a", .up), key("b"): standing("b", .up, interface: "a")])
        #expect(board.endpoints(named: "a").map(\.name) == ["a", "b"])
        #expect(board.endpoints(named: "default/b").map(\.name) == ["b"])
        #expect(board.endpoints(named: "cali-a").map(\.name) == ["a"])
        #expect(board.endpoints(named: "default/cali-a").isEmpty)
    }

    @Test func whoeverFollowsIsToldAtOnceAndAfterEachChange() async {
        var changes = board.changes().makeAsyncIterator()
        await changes.next()
        // What comes while nobody looks is one change.
        board.post(.good)
        board.setNotice("no", about: "http")
        await changes.next()
        let next = Task { [changes] in
            var changes = changes
            await changes.next()
            return true
        }
        board.beat()
        board.post(.good)
        #expect(await next.value)
    }

    @Test func noticesStandUntilTheyAreTakenBack() {
        var overview = AgentOverview.good
        overview.dataplane.notices = ["forwarding is off"]
        board.post(overview)
        board.setNotice("restart", about: "settings")
        board.setNotice("port in use", about: "http")
        #expect(board.overview.dataplane.notices == ["forwarding is off", "port in use", "restart"])
        board.setNotice(nil, about: "http")
        #expect(board.notices == ["restart"])
    }

    @Test func theHeartbeatTellsTheStepAndSinceWhenTheLoopIsAtWork() {
        let start = board.heartbeat
        #expect(start.step == nil)
        board.begin(.commit)
        let commit = board.heartbeat
        #expect(commit.step == .commit)
        #expect(commit.since > start.since)
        board.begin(.verify)
        board.beat()
        let verify = board.heartbeat
        #expect(verify.step == .verify)
        #expect(verify.since == commit.since)
        #expect(verify.latest > commit.latest)
        board.rest()
        let rest = board.heartbeat
        #expect(rest.step == nil)
        #expect(rest.since > commit.since)
        board.rest()
        #expect(board.heartbeat.since == rest.since)
    }

    @Test func theSummaryIsOneLine() {
        board.post(.good)
        #expect(board.summary == "no endpoints; source in sync")
        board.post(.good, endpoints: [key("a"): standing("a", .up)])
        #expect(board.summary == "1 endpoint up; source in sync")
        var overview = AgentOverview.good
        overview.source.state = .reconnecting
        overview.source.rejected = [.init(resource: "", location: "", message: "", lastGoodKept: false)]
        overview.dataplane.state = .degraded
        board.post(
            overview,
            endpoints: [
                key("b"): standing("b", .up), key("c"): standing("c", .pending), key("d"): standing("d", .conflict),
            ])
        #expect(
            board.summary
                == "2 endpoints up, 1 pending, 1 conflict; 1 rejected; source reconnecting; dataplane degraded")
    }
}
