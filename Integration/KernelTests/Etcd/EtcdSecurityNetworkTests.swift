import DatastoreEtcd
import Glibc
import TestSupport
import Testing

/// What is said of an endpoint where no etcd answers.
@Suite(.serialized) struct EtcdSecurityNetworkTests {
    private static let port = EtcdCluster.clientPort(0)

    private func expect(_ line: String, of endpoint: String, in cluster: EtcdCluster) async throws {
        let access = EtcdAccess(endpoints: [try #require(EtcdEndpoint(endpoint))])
        await cluster.expect("\(endpoint): cannot connect: \(line)", from: access)
    }

    @Test("nobody, nowhere, and somebody else") func elsewhere() async throws {
        let cluster = try EtcdCluster()
        try await expect(
            "connection refused; see that etcd runs and listens there (--listen-client-urls), or correct "
                + "source.etcd.endpoints", of: "http://127.0.0.1:1", in: cluster)
        for endpoint in ["http://192.0.2.1:2379", "https://[2001:db8::1]:2379"] {
            try await expect(
                "network is unreachable; see that this host has a route to it (ip route get)", of: endpoint,
                in: cluster)
        }
        try await expect(
            "it does not speak TLS; write http:// in source.etcd.endpoints, or give etcd a certificate (--cert-file, "
                + "--key-file)", of: "https://127.0.0.1:\(Self.port)", in: cluster)

        let web = try cluster.namespace.command(["python3", "-m", "http.server", "8000", "--bind", "127.0.0.1"]).start()
        try cluster.waitUntilListening(port: 8000)
        try await expect(
            "what answers there is not etcd v3; source.etcd.endpoints must name etcd's client port, often 2379",
            of: "http://127.0.0.1:8000", in: cluster)
        try await expect(
            "it does not speak TLS; write http:// in source.etcd.endpoints, or give etcd a certificate (--cert-file, "
                + "--key-file)", of: "https://127.0.0.1:8000", in: cluster)
        extendLifetime(web)
    }

    @Test("a black hole, and a host that is not there") func silence() async throws {
        let cluster = try EtcdCluster()
        try cluster.namespace.ip(
            "link add eth0 type veth peer name other", "link set other up", "address add 10.9.0.1/24 dev eth0",
            "link set eth0 up")
        try await expect(
            "no route to host; see that the member's host is up and no firewall refuses", of: "http://10.9.0.2:2379",
            in: cluster)
        try cluster.cut(Self.port)
        try await expect(
            "no answer within 5 s; see that the member is up and no firewall swallows the packets",
            of: "http://127.0.0.1:\(Self.port)", in: cluster)
    }

    @Test("a name that leads nowhere", arguments: ["nowhere.invalid", "300.0.0.1", "1.2.3.4.5"])
    func name(host: String) async throws {
        let cluster = try EtcdCluster()
        let endpoint = "http://\(host):2379"
        let line = await cluster.failure(EtcdAccess(endpoints: [try #require(EtcdEndpoint(endpoint))]))
        // The resolver is asked outside the namespace; what it says depends on whether there is one.
        let known = [
            "the name has no address; correct source.etcd.endpoints, or make the name known to this host's resolver",
            "the name server does not answer; see /etc/resolv.conf, or write an address in source.etcd.endpoints",
        ]
        #expect(known.map { "\(endpoint): cannot connect: \($0)" }.contains(line ?? ""), "\(line ?? "")")
    }

    @Test("a member that has lost the others") func alone() async throws {
        let cluster = try EtcdCluster(members: 3)
        for member in [1, 2] { try cluster.signal(member, SIGKILL) }
        await cluster.expect(
            """
            http://127.0.0.1:\(Self.port): cannot connect: it has no leader: most of the cluster's \
            members are down or out of its reach, or too slow
            """,
            from: EtcdAccess(endpoints: [EtcdEndpoint("http://127.0.0.1:\(Self.port)")].compactMap(\.self)))
    }
}
