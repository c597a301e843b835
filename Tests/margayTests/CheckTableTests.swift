import Agent
import DataplaneLinux
import NetworkValues
import Resources
import Status
import Testing

@testable import Dataplane
@testable import margay

struct CheckTableTests {
    private func row(
        _ name: String, _ filter: EndpointState.FilterState = .enforced, phase: EndpointState.Phase = .up,
        reason: String = "", drops: [DropReason: UInt64] = [:], probe: ProbeOutcome? = nil
    ) throws -> CheckResult.Row {
        let endpoint = WorkloadEndpoint(
            metadata: Metadata(name: name, namespace: "default"), node: "node1",
            ipNetworks: [try IPPrefix(parsing: "10.65.0.2/32")], interfaceName: try InterfaceName(parsing: "cali1"))
        return CheckResult.Row(
            key: Resource.workloadEndpoint(endpoint).key, endpoint: endpoint,
            state: EndpointState(
                phase: phase, reason: reason, filter: filter, networks: [.programmed], nats: [.pending]), drops: drops,
            probe: probe)
    }

    private func lines(_ rows: [CheckResult.Row], findings: [String] = []) -> [String] {
        CheckTable(
            CheckResult(rows: rows, findings: findings, notes: ["n"]), text: TerminalText(isColoured: false)
        ).lines
    }

    @Test func whatIsKnownOfAnEndpointStandsBelowItsRow() throws {
        let rows = [
            try row("a", drops: [.ip: 1, .mac: 3, .arp: 0], probe: .proven([.mac: 6])),
            try row(
                "b", .altered, phase: .error, reason: "source filter altered: chain c", probe: .failed(["IPv4", "ARP"])),
            try row("c", .absent, drops: [.arp: 0]),
        ]
        #expect(
            lines(rows, findings: ["altered: chain c"]) == [
                "ENDPOINT   INTERFACE  STATE  MAC FILTER  NETWORKS  NATS",
                "default/b  cali1      error  altered     1/1       0/1",
                "    source filter altered: chain c",
                "    probe: failed, not dropped by the source filter: IPv4, ARP",
                "default/a  cali1      up     enforced    1/1       0/1", "    drops: mac 3, ip 1",
                "    probe: proven, 6 frames dropped (mac 6)", "default/c  cali1      up     absent      1/1       0/1",
                "altered: chain c", "note: n", "differences in the kernel: 1, 2 of 3 endpoints up",
            ])
    }

    @Test func noRowIsWiderThanATerminal() throws {
        let reasons = Dictionary(uniqueKeysWithValues: DropReason.allCases.map { ($0, UInt64.max) })
        let rows = [
            try row(
                String(repeating: "n", count: 200), .unenforceable, reason: String(repeating: "why ", count: 60),
                drops: reasons, probe: .proven(reasons.mapValues { _ in 3_000_000 }))
        ]
        let result = lines(rows)
        #expect(result.count > 8 && result.allSatisfy { $0.count <= 80 })
    }
}
