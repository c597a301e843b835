import NetworkValues
import Resources
import Testing

/// The samples of Calico's resource pages, exactly as printed there.
@Suite struct SampleTests {
    @Test("the v3 samples load as they are", arguments: ["workloadendpoint-v3.yaml", "workloadendpoint-v3-zh.yaml"])
    func v3(_ file: String) throws {
        let documents = ResourceReader().documents(in: try fixture(file), file: file)
        try #require(documents.count == 1)
        #expect(
            documents[0].warnings.map(\.description) == [
                "\(file):16:3: warning: spec.endpoint: given twice with the same value, first on line 13"
            ])
        let expected = WorkloadEndpoint(
            metadata: Metadata(
                name: "node1-k8s-my--nginx--b1337a-eth0", namespace: "default",
                labels: [
                    "app": "frontend", "projectcalico.org/namespace": "default",
                    "projectcalico.org/orchestrator": "k8s",
                ]),
            orchestrator: "k8s", node: "node1", containerID: "1337495556942031415926535", pod: "my-nginx-b1337a",
            endpoint: "eth0", ipNetworks: [try IPPrefix(parsing: "192.168.0.0/32")], profiles: ["profile1"],
            interfaceName: try InterfaceName(parsing: "cali0ef24ba"),
            mac: .eui48(MACAddress(rawValue: 0xcafe_1d52_bbe9)),
            ports: [
                EndpointPort(name: "some-port", protocol: .tcp, port: 1234),
                EndpointPort(name: "another-port", protocol: .udp, port: 5432),
            ])
        #expect(documents[0].outcome == .accepted(.workloadEndpoint(expected)))
        #expect(expected.calicoName == expected.metadata.name)
    }

    @Test("the older format's sample loads as it is, and is known by the name that Calico computes")
    func v1() throws {
        let documents = ResourceReader().documents(in: try fixture("workloadendpoint-v1.yaml"), file: "e.yaml")
        let expected = WorkloadEndpoint(
            format: .v1,
            metadata: Metadata(name: "eth0", labels: ["app": "frontend", "calico/k8s_ns": "default"]),
            namespace: "default", workload: "default.frontend-5gs43", orchestrator: "k8s", node: "rack1-host1",
            pod: "frontend-5gs43", endpoint: "eth0", ipNetworks: [try IPPrefix(parsing: "192.168.0.0/32")],
            profiles: ["profile1"], interfaceName: try InterfaceName(parsing: "cali0ef24ba"),
            mac: .eui48(MACAddress(rawValue: 0xcafe_1d52_bbe9)))
        #expect(documents.map(\.outcome) == [.accepted(.workloadEndpoint(expected))])
        #expect(documents.flatMap(\.warnings) == [])
        #expect(expected.key.description == "WorkloadEndpoint default/rack1--host1-k8s-frontend--5gs43-eth0")
    }
}
