import Resources
import SystemCalls
import Testing

@testable import Status

struct StatusBriefTests {
    private let board = AgentBoard(
        source: ("directory", "/d"), node: "node1", awake: .now)

    private func post(_ states: [StatusReport.Endpoint.State], _ overview: AgentOverview = .good) {
        var endpoints: [ResourceKey: EndpointStanding?] = [:]
        for (number, state) in states.enumerated() {
            let name = "w\(number)"
            endpoints[ResourceKey(kind: .workloadEndpoint, namespace: "default", name: name)] = EndpointStanding(
                name: name, namespace: "default", interfaceName: "cali\(number)", state: state, reason: "")
        }
        board.post(overview, endpoints: endpoints)
    }

    @Test func theBoardTellsWhatTheReportWould() {
        post([.up, .up, .pending])
        #expect(
            StatusBrief(board).line()
                == "node1: degraded: 2 of 3 endpoints up, source in sync, dataplane applied\n")
        #expect(!StatusBrief(board).isHealthy)
    }

    @Test func workThatHasJustBegunIsNoNews() {
        post([.up])
        board.begin(.commit)
        #expect(StatusBrief(board).isHealthy)
        #expect(StatusBrief(board).line() == "node1: healthy: 1 of 1 endpoint up, source in sync, dataplane applied\n")
    }

    @Test func whatIsWrongCountsWithoutAnyEndpoint() {
        var overview = AgentOverview.good
        overview.source.rejected = [.init(resource: "r", location: "l", message: "m", lastGoodKept: true)]
        overview.dataplane.state = .held
        post([], overview)
        let brief = StatusBrief(board)
        #expect(!brief.isHealthy)
        #expect(brief.line().hasSuffix("0 of 0 endpoints up, 1 rejected resource, source in sync, dataplane held\n"))
    }

    @Test func whyTheSourceIsOutOfReachIsSaidWhileItIs() throws {
        var overview = AgentOverview.good
        overview.source.state = .reconnecting
        overview.source.lastError = .init(at: .now, message: "https://h:2379: cannot connect")
        post([.up], overview)
        #expect(
            StatusBrief(board).line().hasSuffix(
                ": 1 of 1 endpoint up, source reconnecting (https://h:2379: cannot connect), dataplane applied\n"))
        #expect(try StatusBrief(board).json().contains("\"sourceError\" : \"https://h:2379: cannot connect\""))
        overview.source.state = .inSync
        post([.up], overview)
        #expect(StatusBrief(board).line().contains(": 1 of 1 endpoint up, source in sync, "))
        #expect(try StatusBrief(board).json().contains("\"sourceError\" : null"))
    }

    @Test func theDocumentReadsBack() throws {
        post([.up, .blocked])
        let text = try StatusBrief(board).json()
        #expect(text.contains("\"blocked\" : 1"))
        #expect(text.contains("\"node\" : \"node1\""))
    }
}
