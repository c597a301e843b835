import Dataplane
import DataplaneLinux
import Resources
import Status
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

    /// The status report's documented states know no alteration.
    @Test func whatIsAlteredIsMissingInAStatusReport() throws {
        guard case .workloadEndpoint(let resource) = endpoint("a") else { return }
        for (filter, expected) in [
            (.enforced, .enforced), (.absent, .absent), (.unenforceable, .unenforceable), (.missing, .missing),
            (.altered, .missing),
        ] as [(EndpointState.FilterState, StatusReport.Endpoint.MACFilter.State)] {
            var state = state(.up)
            state.filter = filter
            #expect(StatusReport.Endpoint(resource, endpoint("a").key, state).macFilter.state == expected)
        }
    }

    @Test func theDocumentHasAllThatIsKnown() throws {
        guard case .workloadEndpoint(let resource) = endpoint("a") else { return }
        var state = state(.error)
        (state.filter, state.reason, state.networks) = (.altered, "why", [.programmed])
        func row(_ probe: ProbeOutcome?) -> CheckResult.Row {
            .init(key: endpoint("a").key, endpoint: resource, state: state, drops: [.mac: 2], probe: probe)
        }
        let result = CheckResult(
            rows: [row(nil), row(.failed(["ARP"])), row(.notProbed("no"))], findings: ["f"], notes: ["n"])
        let text = try result.json()
        #expect(text.contains("\"clean\" : false") && text.contains("\"state\" : \"altered\""))
        #expect(text.contains("\"cidr\" : \"10.65.0.2/32\"") && text.contains("\"reason\" : \"why\""))
        #expect(text.contains("\"mac\" : 2") && text.contains("\"nd\" : 0"))
        #expect(text.contains("\"state\" : \"failed\"") && text.contains("\"state\" : \"notProbed\""))
        #expect(text.ranges(of: "\"probe\"").count == 2)
    }
}
