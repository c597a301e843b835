import DatastoreEtcd
import TestSupport
import Testing

/// Somebody who issues certificates, by means of `openssl`.
final class CertificateAuthority: Sendable {
    private let folder = TemporaryFolder()

    /// A certificate and its key.
    struct Identity: Sendable {
        var certFile: String
        var keyFile: String
    }

    init() throws {
        try openssl(
            ["req", "-x509"] + newKey("authority") + ["-out", file, "-subj", "/CN=authority", "-days", "2"])
    }

    /// Its own certificate.
    var file: String { folder.path(of: "authority.pem") }

    /// - Parameters:
    ///   - name: The common name, and that of the files; those of an earlier certificate of this name are replaced.
    ///   - names: Subject alternative names as openssl writes them: `IP:127.0.0.1`, `DNS:localhost`.
    ///   - days: How long the certificate is good for; less than none for one that was.
    @discardableResult
    func issue(_ name: String, for names: [String] = [], days: Int = 2) throws -> Identity {
        let request = folder.path(of: "\(name).csr")
        let identity = Identity(certFile: folder.path(of: "\(name).pem"), keyFile: folder.path(of: "\(name).key"))
        try openssl(
            ["req"] + newKey(name) + ["-out", request, "-subj", "/CN=\(name)"]
                + (names.isEmpty ? [] : ["-addext", "subjectAltName=\(names.joined(separator: ","))"]))
        try openssl([
            "x509", "-req", "-in", request, "-CA", file, "-CAkey", folder.path(of: "authority.key"), "-CAcreateserial",
            "-copy_extensions", "copy", "-days", "\(days)", "-out", identity.certFile,
        ])
        return identity
    }

    private func newKey(_ name: String) -> [String] {
        ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", folder.path(of: "\(name).key")]
    }

    private func openssl(_ arguments: [String]) throws { try Command(["openssl"] + arguments).succeed() }
}

extension EtcdCluster {
    /// One member with this certificate; not yet healthy, since not every certificate lets it become that.
    /// - Parameter clients: Whose certificates clients have to have.
    static func secured(
        by server: CertificateAuthority.Identity, clients: CertificateAuthority? = nil, arguments: [String] = []
    ) throws -> EtcdCluster {
        let cluster = try EtcdCluster(
            arguments: ["--cert-file", server.certFile, "--key-file", server.keyFile]
                + (clients.map { ["--client-cert-auth", "--trusted-ca-file", $0.file] } ?? []) + arguments,
            scheme: "https")
        try cluster.waitUntilListening()
        return cluster
    }

    func waitUntilListening(port: Int = clientPort(0)) throws {
        try eventually("port \(port) to be open") {
            try namespace.execute("bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/\(port)").exitCode == 0
        }
    }

    /// The way in by TLS.
    func access(
        at endpoint: String? = nil, trusting authority: CertificateAuthority,
        as client: CertificateAuthority.Identity? = nil
    ) -> EtcdAccess {
        EtcdAccess(
            endpoints: (endpoint.map { [$0] } ?? endpoints).compactMap(EtcdEndpoint.init), caFile: authority.file,
            certFile: client?.certFile, keyFile: client?.keyFile)
    }

    /// What one attempt to read everything ends with: the line that an operator reads, `nil` for success.
    func failure(_ access: EtcdAccess) async -> String? {
        do {
            _ = try await datastore(access).snapshot()
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// Tries until an attempt ends with this; a server's last word may be lost with the connection that it ends.
    func expect(_ expected: String?, from access: EtcdAccess, at location: SourceLocation = #_sourceLocation) async {
        var last: String?
        for _ in 0..<5 {
            last = await failure(access)
            if last == expected { break }
        }
        #expect(last == expected, sourceLocation: location)
    }
}
