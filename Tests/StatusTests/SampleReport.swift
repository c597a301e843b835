import Status
import SystemCalls

extension StatusReport {
    /// One endpoint of each state, a rejected resource of each fate, and long names.
    static let sample = StatusReport(
        node: "node1", ready: true,
        agent: Agent(version: "0.1.0", pid: 812, startedAt: Timestamp(millisecondsSinceEpoch: 1_772_366_400_250)),
        source: Source(
            kind: "directory", location: "/etc/margay/resources.d", state: .inSync,
            rejected: [
                Rejected(
                    resource: "WorkloadEndpoint default/web",
                    location: "/etc/margay/resources.d/web.yaml:7:12",
                    message: "spec.mac: \"ca:fe\" is not a valid MAC address: six octets (ca:fe:1d:52:bb:e9) or eight "
                        + "(EUI-64), separated by ':' or '-'",
                    lastGoodKept: true),
                Rejected(
                    resource: "/etc/margay/resources.d/db.yaml", location: "/etc/margay/resources.d/db.yaml:3:1",
                    message: "not YAML: did not find expected key", lastGoodKept: false),
            ]),
        dataplane: Dataplane(
            state: .applied, lastApplySeconds: 0.003_21, applies: 12, failures: 0, repairs: 1,
            lastRepairs: [
                Repair(
                    at: Timestamp(millisecondsSinceEpoch: 1_772_366_460_000),
                    object: "route 10.65.0.2/32 dev cali0a1b2c3d", change: .deleted, found: .notification,
                    by: "nft (pid 4711)")
            ]),
        endpoints: [
            Endpoint(
                name: "web", namespace: "default", workload: "frontend", orchestrator: "k8s",
                interfaceName: "cali0a1b2c3d", state: .up,
                macFilter: .init(mac: "ca:fe:1d:52:bb:e9", state: .enforced),
                networks: [.init(cidr: "10.65.0.2/32", state: .programmed)],
                nats: [.init(internalIP: "10.65.0.2", externalIP: "192.0.2.10", state: .programmed)],
                profiles: ["open"],
                counters: .init(
                    toWorkload: .init(packets: 120, bytes: 9000), fromWorkload: .init(packets: 118, bytes: 8800),
                    drops: .init(mac: 3, ip: 1)),
                programmedAt: Timestamp(millisecondsSinceEpoch: 1_772_366_401_000), programmingSeconds: 0.0045),
            Endpoint(
                name: "a-workload-endpoint-with-a-very-long-name-as-openstack-makes-them", namespace: "production",
                interfaceName: "cali123456789ab", state: .pending,
                reason: "the interface cali123456789ab does not exist; it is programmed as soon as it appears",
                macFilter: .init(mac: nil, state: .absent),
                networks: [
                    .init(cidr: "2001:db8:1234:5678:9abc:def0:1234:5678/128", state: .pending),
                    .init(cidr: "10.65.0.3/32", state: .pending),
                ]),
            Endpoint(
                name: "twin", namespace: "default", interfaceName: "cali1", state: .conflict,
                reason: "10.65.0.2 is claimed by default/web", macFilter: .init(mac: nil, state: .absent),
                networks: [.init(cidr: "10.65.0.2/32", state: .conflict)]),
        ])

    /// Nothing wrong.
    static var healthy: StatusReport {
        var report = sample
        report.source.rejected = []
        report.endpoints.removeAll { $0.state != .up }
        return report
    }
}
