import Dataplane
import Testing

@testable import Agent

struct CheckResultTests {
    private func result(_ phase: EndpointState.Phase, findings: [String] = [], notes: [String] = []) -> CheckResult {
        CheckResult(
            rows: [.init(endpoint: "default/a", interface: "cali1", state: state(phase))], findings: findings,
            notes: notes)
    }

    @Test func onlyWithoutFindingsAndWithEveryEndpointUpAllIsWell() {
        #expect(result(.up).isClean)
        #expect(!result(.up, findings: ["missing: route"]).isClean)
        for phase: EndpointState.Phase in [.down, .pending, .blocked, .conflict, .error] {
            #expect(!result(phase).isClean)
        }
        #expect(CheckResult(rows: [], findings: [], notes: []).isClean)
    }

    @Test func aNoteIsNothingWrong() {
        #expect(result(.up, notes: ["interface cali9 has no endpoint: closed"]).isClean)
    }

    @Test func anErrorTellsItsRemedyAfterWhatHappened() {
        #expect(AgentError("no folder").description == "no folder")
        #expect(AgentError("no folder", remedy: "create it").description == "no folder; create it")
    }
}
