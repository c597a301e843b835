import DatastoreEtcd
import Glibc
import TestSupport
import Testing

/// TLS against a real etcd: who is believed, and the line that says why somebody is not.
@Suite(.serialized) struct EtcdSecurityTLSTests {
    private let authority: CertificateAuthority
    private static let port = EtcdCluster.clientPort(0)
    private static let byName = "https://localhost:\(port)"
    private static let byAddress = "https://127.0.0.1:\(port)"
    private static let byAddress6 = "https://[::1]:\(port)"

    init() throws { authority = try CertificateAuthority() }

    /// The day before tests began, which is that on which a certificate with -1 days has expired.
    private func yesterday() throws -> String {
        String(try Command(["date", "-u", "-d", "yesterday", "+%F"]).succeed().prefix(10))
    }

    @Test("an address is believed by an IP SAN, a name by a DNS SAN, and neither by another's") func names()
        async throws
    {
        let server = try authority.issue("server", for: ["IP:127.0.0.1"])
        let cluster = try EtcdCluster.secured(by: server)
        let address = cluster.access(trusting: authority)
        let name = cluster.access(at: Self.byName, trusting: authority)
        await cluster.expect(nil, from: address)

        // etcd, too, reads its certificate anew for each connection.
        try authority.issue("server", for: ["DNS:localhost"])
        await cluster.expect(nil, from: name)
        await cluster.expect(
            """
            \(Self.byAddress): cannot connect: its certificate is not for 127.0.0.1, but for localhost; it must name the \
            host as source.etcd.endpoints does, among its subject alternative names
            """, from: address)

        try authority.issue("server", for: ["DNS:other.example", "IP:10.9.9.9", "IP:2001:db8::9"])
        for (endpoint, host, access) in [(Self.byAddress, "127.0.0.1", address), (Self.byName, "localhost", name)] {
            await cluster.expect(
                """
                \(endpoint): cannot connect: its certificate is not for \(host), but for other.example, 10.9.9.9, \
                2001:db8::9; it must name the host as source.etcd.endpoints does, among its subject alternative names
                """, from: access)
        }
    }

    @Test("an IPv6 address is believed by its SAN") func address6() async throws {
        let server = try authority.issue("server", for: ["IP:::1", "IP:127.0.0.1"])
        let cluster = try EtcdCluster.secured(
            by: server, arguments: ["--listen-client-urls", "\(Self.byAddress),\(Self.byAddress6)"])
        await cluster.expect(nil, from: cluster.access(at: Self.byAddress6, trusting: authority))
        try authority.issue("server", for: ["IP:::2", "IP:127.0.0.1"])
        await cluster.expect(
            """
            \(Self.byAddress6): cannot connect: its certificate is not for ::1, but for ::2, 127.0.0.1; it must name the \
            host as source.etcd.endpoints does, among its subject alternative names
            """, from: cluster.access(at: Self.byAddress6, trusting: authority))
    }

    @Test("who is signed by another authority, or has expired, is not believed") func unbelieved() async throws {
        let cluster = try EtcdCluster.secured(by: authority.issue("server", for: ["IP:127.0.0.1"]))
        let other = try CertificateAuthority()
        await cluster.expect(
            """
            \(Self.byAddress): cannot connect: no authority in source.etcd.caFile has signed its certificate; \
            source.etcd.caFile must hold the certificate of the authority that has signed it
            """, from: cluster.access(trusting: other))
        await cluster.expect(
            """
            \(Self.byAddress): cannot connect: no authority that this host trusts has signed its certificate; set \
            source.etcd.caFile to the certificate of the authority that has
            """, from: cluster.access)
        try authority.issue("server", for: ["IP:127.0.0.1"], days: -1)
        await cluster.expect(
            """
            \(Self.byAddress): cannot connect: its certificate has expired on \(try yesterday()); renew etcd's \
            certificate, or see that this host's clock is right
            """, from: cluster.access(trusting: authority))
        await cluster.expect(
            """
            http://127.0.0.1:\(Self.port): cannot connect: it ends the connection at once; if it speaks TLS, write \
            https:// in source.etcd.endpoints
            """, from: EtcdAccess(endpoints: [EtcdEndpoint("http://127.0.0.1:\(Self.port)")].compactMap(\.self)))
        #expect(await cluster.failure(cluster.access(trusting: authority)) != nil)
    }

    @Test("where clients need certificates, only good ones do") func clients() async throws {
        let cluster = try EtcdCluster.secured(
            by: authority.issue("server", for: ["IP:127.0.0.1"]), clients: authority)
        let other = try CertificateAuthority()
        try await cluster.expect(nil, from: cluster.access(trusting: authority, as: authority.issue("client")))
        await cluster.expect(
            """
            \(Self.byAddress): cannot connect: it wants a client certificate; set source.etcd.certFile and \
            source.etcd.keyFile
            """, from: cluster.access(trusting: authority))
        try await cluster.expect(
            """
            \(Self.byAddress): cannot connect: it does not accept the certificate in source.etcd.certFile; an authority \
            in etcd's --trusted-ca-file must have signed it; etcd's log may say more
            """, from: cluster.access(trusting: authority, as: other.issue("client")))
        try await cluster.expect(
            """
            \(Self.byAddress): cannot connect: the certificate in source.etcd.certFile has expired on \
            \(try yesterday()); renew it; the file is read anew for each connection
            """, from: cluster.access(trusting: authority, as: authority.issue("old", days: -1)))
    }

    @Test("files that do not do are named, with the setting") func files() async throws {
        let cluster = try EtcdCluster()
        let folder = TemporaryFolder()
        let (one, two) = (try authority.issue("one"), try authority.issue("two"))
        let encrypted = folder.path(of: "encrypted.key")
        try Command([
            "openssl", "pkcs8", "-topk8", "-in", one.keyFile, "-passout", "pass:secret", "-out", encrypted,
        ]).succeed()
        let garbage = folder.write("secret", to: "garbage")
        let needed = "source.etcd.keyFile must hold the key of source.etcd.certFile, without a password"
        let cases: [(ca: String, cert: String, key: String, line: String)] = [
            ("/nowhere", one.certFile, one.keyFile, "read source.etcd.caFile: /nowhere: No such file or directory"),
            (
                garbage, one.certFile, one.keyFile,
                "use \(garbage): it holds no certificate in PEM; source.etcd.caFile must name one that does"
            ),
            (
                authority.file, folder.path, one.keyFile,
                "read source.etcd.certFile: \(folder.path): Is a directory"
            ),
            (
                authority.file, one.keyFile, one.keyFile,
                "use \(one.keyFile): it holds no certificate in PEM; source.etcd.certFile must name one that does"
            ),
            (authority.file, one.certFile, "/nowhere", "read source.etcd.keyFile: /nowhere: No such file or directory"),
            (authority.file, one.certFile, garbage, "use \(garbage): it holds no private key in PEM; \(needed)"),
            (authority.file, one.certFile, encrypted, "use \(encrypted): it is encrypted; \(needed)"),
            (
                authority.file, one.certFile, two.keyFile,
                "use \(two.keyFile): it is not the key of \(one.certFile); source.etcd.certFile and source.etcd.keyFile "
                    + "must belong together"
            ),
        ]
        for (ca, cert, key, line) in cases {
            let access = EtcdAccess(
                endpoints: [EtcdEndpoint(Self.byAddress)].compactMap(\.self), caFile: ca, certFile: cert, keyFile: key)
            await cluster.expect("\(Self.byAddress): cannot \(line)", from: access)
        }
        // Nobody reads what is not used.
        #expect(
            await cluster.failure(EtcdAccess(endpoints: cluster.access.endpoints, caFile: "/nowhere")) == nil)
    }

    @Test("files that are replaced count at the next attempt") func replaced() async throws {
        let cluster = try EtcdCluster.secured(
            by: authority.issue("server", for: ["IP:127.0.0.1"]), clients: authority)
        let operatorsOwn = try authority.issue("operator")
        cluster.credentials = [
            "--cacert", authority.file, "--cert", operatorsOwn.certFile, "--key", operatorsOwn.keyFile,
        ]
        try cluster.waitUntilHealthy()
        try cluster.put("profiles/a", EtcdFaultTests.profile("a"))
        let client = try authority.issue("client", days: -1)
        let observer = Observer(cluster.datastore(cluster.access(trusting: authority, as: client)))
        try await observer.wait(for: "the refusal") {
            $0.losses.contains { $0.contains("the certificate in source.etcd.certFile has expired") }
        }
        #expect(observer.view.syncs == 0)
        try authority.issue("client")
        try await observer.wait(for: "the listing") { $0.isInSync && $0.names == ["Profile a"] }
        // A connection that stands is not asked again; the next one is.
        try authority.issue("client", days: -1)
        try cluster.put("profiles/b", EtcdFaultTests.profile("b"))
        try await observer.wait(for: "a change") { $0.names == ["Profile a", "Profile b"] }
        try cluster.signal(0, SIGKILL)
        try await observer.wait(for: "the loss") { !$0.isInSync }
        try cluster.start(0)
        try await observer.wait(for: "the refusal") { $0.losses.last?.contains("has expired") == true }
        try authority.issue("client")
        try await observer.wait(for: "the return") { $0.isInSync }
        await observer.stop()
    }
}
