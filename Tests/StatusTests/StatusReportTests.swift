import FoundationEssentials
import Status
import SystemCalls
import Testing

@Suite struct StatusReportTests {
    /// The stable interface: `status -o json` field by field, with sample values.
    private static let document = """
        {
          "agent" : {
            "pid" : 812,
            "startedAt" : "2026-03-01T12:00:00.250Z",
            "version" : "0.1.0"
          },
          "asOf" : null,
          "dataplane" : {
            "applies" : 12,
            "failures" : 0,
            "foreignChains" : [
              {
                "chain" : "FORWARD",
                "devices" : [

                ],
                "effect" : "mayDrop",
                "hook" : "forward",
                "policy" : "drop",
                "priority" : 0,
                "table" : "ip filter"
              }
            ],
            "held" : null,
            "lastApplySeconds" : null,
            "lastRepairs" : [
              {
                "at" : "2026-03-01T12:01:00.000Z",
                "by" : "nft (pid 4711)",
                "change" : "deleted",
                "found" : "notification",
                "object" : "route 10.65.0.2/32 dev cali0a1b2c3d"
              }
            ],
            "notices" : [

            ],
            "repairs" : 1,
            "state" : "applied"
          },
          "endpoints" : [
            {
              "counters" : {
                "drops" : {
                  "arp" : 0,
                  "dhcp" : 0,
                  "host" : 0,
                  "ip" : 1,
                  "mac" : 3,
                  "nd" : 0,
                  "policy" : 0,
                  "ra" : 0
                },
                "fromWorkload" : {
                  "bytes" : 8800,
                  "packets" : 118
                },
                "toWorkload" : {
                  "bytes" : 9000,
                  "packets" : 120
                }
              },
              "heldSince" : null,
              "interfaceName" : "cali0a1b2c3d",
              "macFilter" : {
                "mac" : null,
                "state" : "absent"
              },
              "name" : "web",
              "namespace" : "default",
              "nats" : [
                {
                  "externalIP" : "192.0.2.10",
                  "internalIP" : "10.65.0.2",
                  "state" : "programmed"
                }
              ],
              "networks" : [
                {
                  "cidr" : "10.65.0.2/32",
                  "state" : "programmed"
                }
              ],
              "orchestrator" : null,
              "policies" : [

              ],
              "profiles" : [
                "open"
              ],
              "programmedAt" : null,
              "programmingSeconds" : 0.0045,
              "reason" : "",
              "state" : "up",
              "workload" : "frontend"
            }
          ],
          "node" : "node1",
          "policies" : [
            {
              "endpoints" : 1,
              "kind" : "NetworkPolicy",
              "name" : "default/web",
              "notes" : [
                "ingress[0].source.selector selects nothing"
              ],
              "order" : null,
              "state" : "enforced",
              "tier" : "default",
              "types" : [
                "Ingress"
              ]
            }
          ],
          "ready" : true,
          "source" : {
            "ageSeconds" : 0,
            "kind" : "directory",
            "lastError" : {
              "at" : "2026-03-01T11:59:00.000Z",
              "message" : "cannot open /etc/margay/resources.d: No such file or directory"
            },
            "location" : "/etc/margay/resources.d",
            "reconnects" : 2,
            "rejected" : [
              {
                "lastGoodKept" : false,
                "location" : "/etc/margay/resources.d/db.yaml:3:1",
                "message" : "not YAML: did not find expected key",
                "resource" : "/etc/margay/resources.d/db.yaml"
              }
            ],
            "state" : "inSync"
          }
        }
        """

    private static let foreignChain = StatusReport.ForeignChain(
        table: "ip filter", chain: "FORWARD", hook: "forward", priority: 0, policy: "drop", effect: .mayDrop)

    private var report: StatusReport {
        var report = StatusReport.sample
        report.source.rejected.removeFirst()
        report.source.reconnects = 2
        report.source.lastError = .init(
            at: Timestamp(millisecondsSinceEpoch: 1_772_366_340_000),
            message: "cannot open /etc/margay/resources.d: No such file or directory")
        report.policies = [
            .init(
                kind: "NetworkPolicy", name: "default/web", tier: "default", order: nil, types: ["Ingress"],
                state: .enforced, endpoints: 1, notes: ["ingress[0].source.selector selects nothing"])
        ]
        report.dataplane.lastApplySeconds = nil
        report.dataplane.foreignChains = [Self.foreignChain]
        report.endpoints.removeLast(2)
        report.endpoints[0].macFilter = .init(mac: nil, state: .absent)
        report.endpoints[0].orchestrator = nil
        report.endpoints[0].programmedAt = nil
        return report
    }

    @Test func everyFieldIsInTheDocumentAndUnknownValuesAreNull() throws {
        #expect(try report.json() == Self.document)
    }

    @Test func theDocumentReadsBack() throws {
        #expect(try StatusReport(json: Self.document.utf8) == report)
        #expect(try StatusReport(json: StatusReport.sample.json().utf8) == .sample)
    }

    @Test func whatCommandsATerminalIsEscapedAndReadAgain() throws {
        var report = StatusReport.sample
        report.source.rejected[0].location = "/x/\u{1b}[31m\u{9b}31m\u{202e}é.yaml:1:1"
        let json = try report.json()
        #expect(json.contains(#""/x/\u001b[31m\u009b31m\u202eé.yaml:1:1""#), "\(json)")
        #expect(try StatusReport(json: json.utf8) == report)
        #expect(!(try report.yaml()).unicodeScalars.contains { $0 == "\u{9b}" || $0 == "\u{202e}" })
    }

    @Test func fieldsOfANewerAgentAreSkippedAndNullableOnesOfAnOlderMayBeMissing() throws {
        let document = Self.document
            .replacing("\"node\" :", with: "\"zone\" : {\"a\": 1}, \"node\" :")
            .replacing("\"orchestrator\" : null,", with: "").replacing(/"notices" : \[\s*\],/, with: "")
            .replacing("\"reconnects\" : 2,", with: "")
        var report = report
        report.source.reconnects = 0
        #expect(try StatusReport(json: document.utf8) == report)
    }

    @Test func yamlSaysTheSame() throws {
        var report = StatusReport.healthy
        report.endpoints = []
        report.source.location = "a \"b\"\n"
        #expect(
            try report.yaml() == """
                agent:
                  pid: 812
                  startedAt: "2026-03-01T12:00:00.250Z"
                  version: "0.1.0"
                asOf: null
                dataplane:
                  applies: 12
                  failures: 0
                  foreignChains: []
                  held: null
                  lastApplySeconds: 0.00321
                  lastRepairs:
                    - at: "2026-03-01T12:01:00.000Z"
                      by: "nft (pid 4711)"
                      change: deleted
                      found: notification
                      object: route 10.65.0.2/32 dev cali0a1b2c3d
                  notices: []
                  repairs: 1
                  state: applied
                endpoints: []
                node: node1
                policies: []
                ready: true
                source:
                  ageSeconds: 0
                  kind: directory
                  lastError: null
                  location: "a \\"b\\"\\n"
                  reconnects: 0
                  rejected: []
                  state: inSync

                """)
    }

    @Test func healthNeedsEveryPart() {
        #expect(StatusReport.healthy.isHealthy)
        let faults: [(inout StatusReport) -> Void] = [
            { $0.endpoints[0].state = .down },
            { $0.source.rejected = StatusReport.sample.source.rejected },
            { $0.source.state = .stale },
            { $0.dataplane.state = .held }, { $0.asOf = $0.agent.startedAt },
        ]
        for fault in faults {
            var report = StatusReport.healthy
            fault(&report)
            #expect(!report.isHealthy)
        }
    }

    @Test(
        arguments: [
            (["web"], ["web"], 1, []),
            (["default/twin"], ["twin"], 0, []),
            (["cali0a1b2c3d", "cali1"], ["web", "twin"], 0, []),
            (["twin", "nobody"], ["twin"], 0, ["nobody"]),
            (["default"], [], 0, ["default"]),
        ] as [([String], [String], Int, [String])])
    func namesSelectByResourceNamespaceAndInterface(
        names: [String], endpoints: [String], rejected: Int, unknown: [String]
    ) {
        let filtered = StatusReport.sample.filtered(by: names)
        #expect(filtered.report.endpoints.map(\.name) == endpoints)
        #expect(filtered.report.source.rejected.count == rejected)
        #expect(filtered.unknown == unknown)
    }

    @Test func secondsKeepMicroseconds() {
        #expect(Duration.microseconds(1_234_567).statusSeconds == 1.234567)
        #expect(Duration.nanoseconds(1999).statusSeconds == 0.000001)
    }
}
