import Dataplane
import Resources
import Testing

@testable import Agent

struct CheckResultTests {
    private func result(_ phase: EndpointState.Phase, findings: [String] = [], notes: [String] = []) -> CheckResult {
        guard case .workloadEndpoint(let resource) = endpoint("a") else { preconditionFailure("it is one") }
        return CheckResult(
            rows: [.init(key: endpoint("a").key, endpoint: resource, state: state(phase))], findings: findings,
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
