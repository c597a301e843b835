import Resources
import Testing

@testable import Status

@Suite struct WaitQuestionTests {
    private let board = AgentBoard(source: ("directory", "/d"))

    private func answer(_ names: String..., goal: WaitGoal = .up) -> WaitAnswer {
        WaitQuestion(names: names, goal: goal, limit: .zero).answerNow(from: board)
    }

    private func rejection(of name: String) -> StatusReport.Rejected {
        .init(
            resource: "WorkloadEndpoint default/\(name)", location: "/d/\(name).yaml:3:4", message: "spec.mac: no",
            lastGoodKept: false)
    }

    @Test func upIsSatisfiedOnceEveryNameIs() {
        board.post(.good, endpoints: [key("a"): standing("a", .up), key("b"): standing("b", .up)])
        #expect(answer("a", "default/b", "cali-a").isSatisfied)
        #expect(answer("a", "c").obstacles.map(\.name) == ["c"])
    }

    @Test func whatIsMissingIsSaidWithItsReason() {
        board.post(
            .good,
            endpoints: [
                key("a"): standing("a", .pending, reason: "interface cali-a does not exist"),
                key("b"): standing("b", .conflict, reason: "10.65.0.2 belongs to default/a"),
            ])
        #expect(
            answer("cali-a").obstacles
                == [.init(name: "default/a", reason: "pending: interface cali-a does not exist")])
        #expect(
            answer("b").obstacles
                == [
                    .init(name: "default/b", reason: "conflict: 10.65.0.2 belongs to default/a", needsAttention: true)
                ])
    }

    @Test func aRejectedResourceIsNamedWithItsPlace() {
        var overview = AgentOverview.good
        overview.source.rejected = [rejection(of: "a"), rejection(of: "b")]
        board.post(overview, endpoints: [key("b"): standing("b", .up), key("c"): standing("c", .up)])
        #expect(
            answer("a").obstacles
                == [.init(name: "a", reason: "rejected: /d/a.yaml:3:4: spec.mac: no", needsAttention: true)])
        // Its last good version is up, which is what was asked; the later one is not kept quiet.
        #expect(answer("b").isSatisfied)
        #expect(
            answer("b").notes == [
                "b is in force in its last good version; the present one is rejected: /d/b.yaml:3:4: spec.mac: no"
            ])
        #expect(answer("c").notes.isEmpty)
    }

    @Test func anAbsentNameIsJudgedByTheSource() {
        #expect(answer("a").obstacles.first?.reason == "the source is being read")
        var overview = AgentOverview.good
        overview.source.state = .reconnecting
        overview.source.problem = "no /d"
        board.post(overview)
        #expect(answer("a").obstacles.first?.reason == "the source is out of reach: no /d")
        board.post(.good)
        #expect(
            answer("a").obstacles.first?.reason == "the source has no endpoint of this node by that name or interface")
    }

    @Test func goneMeansFromTheSourceAndFromTheKernel() {
        // An earlier agent may have left it there.
        #expect(!answer("a", goal: .gone).isSatisfied)
        board.post(.good, endpoints: [key("a"): standing("a", .down)])
        #expect(answer("a", goal: .gone).obstacles.first?.reason == "the source still has it; it is down")
        #expect(answer("b", goal: .gone).isSatisfied)

        var overview = AgentOverview.good
        overview.dataplane.state = .degraded
        overview.leaving = [standing("a", .up)]
        overview.problem = "Device or resource busy"
        board.post(overview, endpoints: [key("a"): nil])
        #expect(
            answer("cali-a", goal: .gone).obstacles
                == [
                    .init(
                        name: "default/a", reason: "it is still in the kernel: Device or resource busy",
                        needsAttention: true)
                ])
        // Another endpoint's trouble keeps nobody waiting.
        overview.leaving = []
        board.post(overview)
        #expect(answer("a", goal: .gone).isSatisfied)
        overview.dataplane.state = .held
        board.post(overview)
        #expect(answer("a", goal: .gone).obstacles.first?.needsAttention == true)
        // Removals of others that are held are not its.
        overview.dataplane.held = .init(endpoints: 12, of: 20, until: nil)
        board.post(overview)
        #expect(answer("a", goal: .gone).isSatisfied)
        var held = EndpointStanding(name: "a", namespace: "default", interfaceName: "cali1", state: .up)
        held.isHeld = true
        board.post(overview, endpoints: [ResourceKey(kind: .workloadEndpoint, namespace: "default", name: "a"): held])
        #expect(answer("a", goal: .gone).obstacles.first?.reason.contains("margay confirm") == true)
    }

    @Test func theAnswerComesAsSoonAsItIsSo() async {
        let question = WaitQuestion(names: ["a"], goal: .up, limit: .seconds(600))
        async let answer = question.answer(from: board)
        board.post(.good)
        board.post(.good, endpoints: [key("a"): standing("a", .pending)])
        board.post(.good, endpoints: [key("a"): standing("a", .up)])
        #expect(await answer.isSatisfied)
    }

    @Test func theAnswerIsNotPutOffForeverNorWithoutBeingAsked() async {
        for limit in [Duration.milliseconds(1), .zero] {
            #expect(await !WaitQuestion(names: ["a"], goal: .up, limit: limit).answer(from: board).isSatisfied)
        }
    }
}
