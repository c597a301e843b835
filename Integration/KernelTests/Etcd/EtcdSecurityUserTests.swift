import DatastoreEtcd
import Glibc
import TestSupport
import Testing

/// Users, passwords and roles of a real etcd.
@Suite(.serialized) struct EtcdSecurityUserTests {
    private let folder = TemporaryFolder()
    private static let endpoint = "http://127.0.0.1:\(EtcdCluster.clientPort(0))"
    private static let grant = "etcdctl role grant-permission --prefix=true ROLE read \(EtcdCluster.prefix)"
    private static let prefix = EtcdCluster.prefix

    /// As a user whose password is what a file holds.
    private func access(_ user: String?, _ password: String? = nil, endpoint: String = Self.endpoint) -> EtcdAccess {
        EtcdAccess(
            endpoints: [EtcdEndpoint(endpoint)].compactMap(\.self), username: user,
            passwordFile: password.map { folder.write($0, to: "password-\(user ?? "")") })
    }

    private static let wrong =
        "wrong user or password; see source.etcd.username, and the first line of source.etcd.passwordFile"

    @Test("a user with the right to read the prefix reads it, and nobody else does") func users() async throws {
        let cluster = try EtcdCluster()
        try cluster.put("profiles/a", EtcdFaultTests.profile("a"))
        // Where nobody is asked who he is, he may say it all the same.
        await cluster.expect(nil, from: access("reader", "whatever"))

        try cluster.addReader()
        for line in [["user", "add", "some:word"], ["role", "add", "some"], ["user", "grant-role", "some", "some"]] {
            try cluster.succeed(line)
        }
        try cluster.succeed(["role", "grant-permission", "some", "read", "\(Self.prefix)profiles/a"])
        try cluster.enableUsers()

        // What follows the first line does not count.
        await cluster.expect(nil, from: access("reader", "pass word\nsecond line\n"))
        let view = try await cluster.datastore(access("reader", "pass word")).snapshot()
        #expect("\(view)".contains("Profile a") || view.count > 2)
        for password in ["wrong", "pass word ", "", nil] {
            await cluster.expect(
                "\(Self.endpoint): cannot authenticate as reader: \(Self.wrong)", from: access("reader", password))
        }
        await cluster.expect(
            "\(Self.endpoint): cannot authenticate as nobody: \(Self.wrong)", from: access("nobody", "pass word"))
        await cluster.expect(
            "\(Self.endpoint): cannot list \(Self.prefix): permission denied; \(Self.grant)",
            from: access("some", "word"))
        await cluster.expect(
            """
            \(Self.endpoint): cannot list \(Self.prefix): it wants a user; set source.etcd.username and \
            source.etcd.passwordFile, or a certificate whose common name is the user
            """, from: access(nil))
        var missing = access("reader")
        missing.passwordFile = "/nowhere"
        await cluster.expect(
            "\(Self.endpoint): cannot read source.etcd.passwordFile: /nowhere: No such file or directory", from: missing
        )
    }

    @Test("a connection that stands goes on when users are introduced or lose their role; the next one does not")
    func changed() async throws {
        let cluster = try EtcdCluster()
        try cluster.addReader()
        let anonymous = Observer(cluster.datastore(access(nil)))
        try await anonymous.wait(for: "the listing") { $0.isInSync }
        try cluster.enableUsers()
        let reader = Observer(cluster.datastore(access("reader", "pass word")))
        try await reader.wait(for: "the listing") { $0.isInSync }
        try cluster.succeed(["user", "revoke-role", "reader", "reader"])
        try cluster.put("profiles/a", EtcdFaultTests.profile("a"))
        try await reader.wait(for: "a change without a role") { $0.names == ["Profile a"] }
        try await anonymous.wait(for: "a change without a user") { $0.names == ["Profile a"] }

        try cluster.signal(0, SIGKILL)
        try cluster.start(0)
        try cluster.waitUntilHealthy()
        try await anonymous.wait(for: "the refusal") { $0.losses.last?.contains("it wants a user") == true }
        try await reader.wait(for: "the refusal") { $0.losses.last?.contains("permission denied") == true }
        #expect(reader.view.names == ["Profile a"] && anonymous.view.names == ["Profile a"])
        try cluster.succeed(["user", "grant-role", "reader", "reader"])
        try await reader.wait(for: "the return") { $0.isInSync }

        // And a password that is replaced counts as a certificate does.
        try cluster.namespace.command(
            [
                "sh", "-c",
                "echo new | ETCDCTL_API=3 etcdctl --endpoints \(Self.endpoint) --user root:root --interactive=false "
                    + "user passwd reader",
            ]
        ).succeed()
        try cluster.signal(0, SIGKILL)
        try cluster.start(0)
        try await reader.wait(for: "the refusal") { $0.losses.last?.contains("wrong user or password") == true }
        folder.write("new\n", to: "password-reader")
        try await reader.wait(for: "the return") { $0.isInSync }
        for observer in [anonymous, reader] { await observer.stop() }
    }

    @Test("what etcd gave out at the authentication may expire") func expiry() async throws {
        let cluster = try EtcdCluster(arguments: ["--auth-token-ttl", "1"])
        try cluster.addReader()
        try cluster.enableUsers()
        let observer = Observer(cluster.datastore(access("reader", "pass word")))
        try await observer.wait(for: "the listing") { $0.isInSync }
        for name in ["a", "b"] {
            try await Task.sleep(for: .seconds(2))
            try cluster.put("profiles/\(name)", EtcdFaultTests.profile(name))
            try await observer.wait(for: "a change") { $0.names.contains("Profile \(name)") }
        }
        await observer.stop()
    }

    @Test("the common name of a certificate is a user without a password") func commonName() async throws {
        let authority = try CertificateAuthority()
        let cluster = try EtcdCluster.secured(
            by: authority.issue("server", for: ["IP:127.0.0.1"]), clients: authority)
        let root = try authority.issue("root")
        cluster.credentials = ["--cacert", authority.file, "--cert", root.certFile, "--key", root.keyFile]
        try cluster.waitUntilHealthy()
        try cluster.addReader()
        try cluster.enableUsers(loggingIn: false)
        try await cluster.expect(nil, from: cluster.access(trusting: authority, as: authority.issue("reader")))
        try await cluster.expect(
            "https://127.0.0.1:\(EtcdCluster.clientPort(0)): cannot list \(Self.prefix): permission denied; \(Self.grant)",
            from: cluster.access(trusting: authority, as: authority.issue("stranger")))
    }
}

extension EtcdCluster {
    func succeed(_ arguments: [String]) throws {
        let result = try ctl("--command-timeout=20s", options: arguments)
        guard result.exitCode == 0 else { throw TestKitError("etcdctl \(arguments): \(result)") }
    }

    /// A user `reader` with the password `pass word` and a role of the same name that may read the prefix only.
    fileprivate func addReader() throws {
        try succeed(["user", "add", "reader:pass word"])
        try succeed(["role", "add", "reader"])
        try succeed(["role", "grant-permission", "--prefix=true", "reader", "read", Self.prefix])
        try succeed(["user", "grant-role", "reader", "reader"])
    }

    /// From now on everybody has to say who he is, `etcdctl` too.
    fileprivate func enableUsers(loggingIn: Bool = true) throws {
        try succeed(["user", "add", "root:root"])
        try succeed(["user", "grant-role", "root", "root"])
        try succeed(["auth", "enable"])
        if loggingIn { credentials = ["--user", "root:root"] }
    }
}
