import SystemCalls
import Testing

@testable import Status

@Suite struct StatusTableTests {
    @Test func theTableFitsEightyColumnsAndPutsProblemsFirst() {
        let text = StatusTable(.sample).table()
        #expect(
            text == """
                Node       node1
                Agent      ready: margay 0.1.0, pid 812, since 2026-03-01T12:00:00.250Z
                Source     in sync: directory /etc/margay/resources.d
                Dataplane  applied: 12 applies, 0 failures, 1 repair, last took 3.2 ms
                Endpoints  1 up, 1 pending, 1 conflict

                Rejected: 2 resources
                  WorkloadEndpoint default/web (the last good version stays programmed)
                    /etc/margay/resources.d/web.yaml:7:12: spec.mac: "ca:fe" is not a valid MAC
                    address: six octets (ca:fe:1d:52:bb:e9) or eight (EUI-64), separated by ':'
                    or '-'
                  /etc/margay/resources.d/db.yaml (not programmed)
                    /etc/margay/resources.d/db.yaml:3:1: not YAML: did not find expected key

                NAME                    INTERFACE        STATE     NETWORKS                DROPS
                default/twin            cali1            conflict  10.65.0.2/32                0
                    10.65.0.2 is claimed by default/web
                production/a-workload…  cali123456789ab  pending   2001:db8:1234:5678:9a…      0
                    the interface cali123456789ab does not exist; it is programmed as soon as it
                    appears
                default/web             cali0a1b2c3d     up        10.65.0.2/32                4

                """)
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }

    @Test func wideShowsEverythingWithinEightyColumnsAndCutsNothing() {
        #expect(
            StatusTable(.healthy).wide() == """
                Node       node1
                Agent      ready: margay 0.1.0, pid 812, since 2026-03-01T12:00:00.250Z
                Source     in sync: directory /etc/margay/resources.d
                Dataplane  applied: 12 applies, 0 failures, 1 repair, last took 3.2 ms
                Endpoints  1 up

                default/web  cali0a1b2c3d  up
                    Workload    frontend (k8s)
                    MAC filter  enforced ca:fe:1d:52:bb:e9
                    Networks    10.65.0.2/32
                    NATs        192.0.2.10 -> 10.65.0.2
                    Profiles    open
                    Policies    -
                    To          120 packets, 9000 bytes
                    From        118 packets, 8800 bytes
                    Drops       mac 3, ip 1
                    Programmed  2026-03-01T12:00:01.000Z after 4.5 ms

                Latest repairs
                  2026-03-01T12:01:00.000Z  deleted by nft (pid 4711)
                      route 10.65.0.2/32 dev cali0a1b2c3d

                """)
        var report = StatusReport.sample
        report.dataplane.lastRepairs[0].object = "element " + String(repeating: "\"cali1\" . ", count: 10) + "of set s"
        let wide = StatusTable(report).wide()
        #expect(wide.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(wide)")
        #expect(
            wide.contains(
                """
                production/a-workload-endpoint-with-a-very-long-name-as-openstack-makes-them
                    cali123456789ab  pending
                    the interface cali123456789ab does not exist; it is programmed as soon as it
                    appears
                    Workload    -
                    MAC filter  absent
                    Networks    2001:db8:1234:5678:9abc:def0:1234:5678/128 (pending),
                                10.65.0.3/32 (pending)
                    NATs        -

                """), "\(wide)")
    }

    @Test func noticesStandUnderTheDataplaneAndAreNoFailure() {
        var report = StatusReport.healthy
        report.dataplane.notices = [
            "IPv4 forwarding is off: nothing reaches the workloads from other hosts until net.ipv4.ip_forward is 1"
        ]
        let lines = """
            Dataplane  applied: 12 applies, 0 failures, 1 repair, last took 3.2 ms
                       IPv4 forwarding is off: nothing reaches the workloads from other
                       hosts until net.ipv4.ip_forward is 1
            Endpoints  1 up

            """
        #expect(StatusTable(report).table().contains(lines))
        #expect(StatusTable(report).wide().contains(lines))
        #expect(report.isHealthy)
        report.dataplane.notices = ["IPv4 forwarding is off"]
        #expect(
            StatusTable(report).brief()
                == "node1: healthy: 1 of 1 endpoint up, source in sync, dataplane applied, IPv4 forwarding is off\n")
    }

    @Test func rowsFromBeforeAnApplyBearTheirAge() {
        var report = StatusReport.healthy
        report.asOf = Timestamp(millisecondsSinceEpoch: 1_772_366_400_000)
        report.dataplane.state = .applying
        let table = StatusTable(report, now: Timestamp(millisecondsSinceEpoch: 1_772_366_403_900))
        #expect(table.table().contains("Endpoints  1 up (as of 3 s ago, an apply is under way)\n"))
        #expect(table.brief().contains("1 of 1 endpoint up (as of 3 s ago, an apply is under way), source in sync"))
        report.dataplane.state = .applied
        #expect(
            StatusTable(report, now: Timestamp(millisecondsSinceEpoch: 0)).table()
                .contains("Endpoints  1 up (as of 0 s ago)\n"))
    }

    @Test func aLostSourceAndAnUnreadyAgentSaySo() {
        var report = StatusReport.healthy
        report.ready = false
        report.source.state = .reconnecting
        report.source.ageSeconds = 12.9
        report.dataplane = .init(state: .applying)
        report.endpoints = []
        #expect(
            StatusTable(report).table() == """
                Node       node1
                Agent      not ready: margay 0.1.0, pid 812, since 2026-03-01T12:00:00.250Z
                Source     reconnecting for 12 s: directory /etc/margay/resources.d
                Dataplane  applying: 0 applies, 0 failures, 0 repairs
                Endpoints  none on this node

                """)
    }

    @Test func whyTheSourceIsOutOfReachStandsBelowItAndInTheWideTableAlsoOnceItIsBack() {
        var report = StatusReport.healthy
        report.source.kind = "etcd"
        report.source.location = "https://10.0.0.1:2379"
        report.source.reconnects = 1
        report.source.lastError = .init(
            at: Timestamp(millisecondsSinceEpoch: 1_772_366_340_000),
            message: "https://10.0.0.1:2379: cannot list /calico/: the connection was refused; is etcd running?")
        let lines = """
            Source     in sync: etcd https://10.0.0.1:2379, 1 reconnect
                       last error at 2026-03-01T11:59:00.000Z: https://10.0.0.1:2379: cannot
                       list /calico/: the connection was refused; is etcd running?
            Dataplane  applied
            """
        #expect(StatusTable(report).wide().contains(lines))
        #expect(!StatusTable(report).table().contains("last error"))
        #expect(!StatusTable(report).brief().contains("refused"))
        report.source.state = .reconnecting
        report.source.ageSeconds = 5
        let lost = lines.replacing("in sync:", with: "reconnecting for 5 s:")
        #expect(StatusTable(report).table().contains(lost))
        #expect(StatusTable(report).wide().contains(lost))
        #expect(
            StatusTable(report).brief().contains(
                "source reconnecting (https://10.0.0.1:2379: cannot list /calico/: the connection was refused; is etcd running?), "
            ))
    }

    @Test func briefIsOneLine() {
        #expect(
            StatusTable(.sample).brief()
                == "node1: degraded: 1 of 3 endpoints up, 2 rejected resources, source in sync, dataplane applied\n")
        #expect(
            StatusTable(.healthy).brief() == "node1: healthy: 1 of 1 endpoint up, source in sync, dataplane applied\n")
    }

    @Test func coloursChangeNothingButTheColour() {
        let coloured = StatusTable(.sample, text: TerminalText(isColoured: true)).table()
        #expect(coloured.contains("  \u{1b}[31mconflict\u{1b}[0m  10.65.0.2/32"))
        #expect(coloured.contains("\u{1b}[1mSource\u{1b}[0m     \u{1b}[32min sync\u{1b}[0m: directory"))
        #expect(coloured.replacing(/\u{1b}\[[0-9]+m/, with: "") == StatusTable(.sample).table())
    }

    @Test func whatAResourceSaysCannotCommandTheTerminal() {
        var report = StatusReport.sample
        report.source.rejected[0].message = "\u{1b}[2Jgone\u{7}"
        report.endpoints[0].name = "a\nb"
        for text in [StatusTable(report).table(), StatusTable(report).wide()] {
            #expect(!text.unicodeScalars.contains { $0.properties.generalCategory == .control && $0 != "\n" })
            #expect(text.contains(#"a\nb"#))
        }
    }

    @Test(arguments: [
        ("one two three", 7, ["one two", "three"]),
        ("abcdefghij kl", 4, ["abcd", "efgh", "ij", "kl"]),
        ("", 10, []),
    ])
    func wrappingBreaksAtBlanksAndInsideWordsOnlyWhenItMust(text: String, width: Int, lines: [String]) {
        #expect(text.wrapped(to: width, indent: "") == lines)
        #expect(text.wrapped(to: width + 2, indent: "  ") == lines.map { "  " + $0 })
    }

    @Test(arguments: [(0.000_04, "0.0"), (0.0032, "3.2"), (0.009_96, "10"), (0.0126, "13"), (2.0, "2000")])
    func millisecondsAreShort(seconds: Double, text: String) {
        #expect(milliseconds(seconds) == text)
    }
}
