import Glibc
import Status

/// A host with an uplink and one workload at `cali1`, an etcd of one member on the host's loopback, and an installation
/// that reads from it.
struct EtcdScene {
    let topology: Topology
    let workload: Workload
    let installation: Installation
    let cluster: EtcdCluster

    /// - Parameter settings: Lines of the configuration file besides node, source and socket.
    init(settings: String = "") throws {
        topology = try Topology()
        workload = try topology.addWorkload(
            interfaceName: "cali1", mac: "02:00:00:00:00:01", addresses: ["10.65.0.2"])
        installation = try Installation(in: topology.host)
        cluster = try EtcdCluster(in: topology.host)
        try configure(settings)
        try cluster.put("profiles/open", profileJSON())
        try cluster.put("workloadendpoints/default/web", endpointJSON())
    }

    var host: NetworkNamespace { topology.host }

    func configure(_ settings: String = "", etcd: String? = nil) throws {
        try writeFile(
            installation.configuration,
            """
            node: node1
            source: {type: etcd, etcd: {\(etcd ?? "endpoints: [\(cluster.endpoints.joined(separator: ", "))]")}}
            status: {socket: \(installation.socket)}
            \(settings)

            """)
    }

    /// Whether a packet from outside comes to the workload and its answer back.
    func isReached(_ address: String = "10.65.0.2") throws -> Bool { try topology.outside.pings(address) }

    func routes() throws -> String { try host.ip("-4 route show proto 77") }
}

/// A WorkloadEndpoint of `node1` as `calicoctl` writes it.
func endpointJSON(
    _ name: String = "web", interface: String = "cali1", networks: [String] = ["10.65.0.2/32"],
    profiles: [String] = ["open"], node: String = "node1"
) -> String {
    """
    {"kind":"WorkloadEndpoint","apiVersion":"projectcalico.org/v3","metadata":{"name":"\(name)","namespace":"default",\
    "uid":"8f0b9b0e-6b0c-4d3e-9d8a-3f2f5d0f6a11","creationTimestamp":"2026-01-02T03:04:05Z"},\
    "spec":{"orchestrator":"cni","workload":"\(name)","node":"\(node)","endpoint":"eth0",\
    "ipNetworks":\(networks),"profiles":\(profiles),"interfaceName":"\(interface)"}}
    """
}

/// A Profile as `calicoctl` writes it.
func profileJSON(_ name: String = "open", ingress: String = "Allow") -> String {
    """
    {"kind":"Profile","apiVersion":"projectcalico.org/v3","metadata":{"name":"\(name)"},\
    "spec":{"ingress":[{"action":"\(ingress)"}],"egress":[{"action":"Allow"}]}}
    """
}
