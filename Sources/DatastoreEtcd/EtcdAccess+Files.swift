import GRPCNIOTransportHTTP2Posix
import NIOSSL
import SystemCalls

extension EtcdAccess {
    /// The password as its file holds it now.
    func password(for endpoint: EtcdEndpoint) throws(EtcdError) -> String {
        guard let passwordFile else { return "" }
        let bytes = try contents(of: passwordFile, to: "read source.etcd.passwordFile", for: endpoint)
        return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }, as: UTF8.self)
    }

    /// The certificates and the key as their files hold them now.
    func transportSecurity(
        to endpoint: EtcdEndpoint
    ) throws(EtcdError) -> HTTP2ClientTransport.Posix.TransportSecurity {
        endpoint.isSecure ? .tls(try tls(to: endpoint)) : .plaintext
    }

    func tls(to endpoint: EtcdEndpoint) throws(EtcdError) -> HTTP2ClientTransport.Posix.TransportSecurity.TLS {
        var security = HTTP2ClientTransport.Posix.TransportSecurity.TLS.defaults
        if let caFile {
            security.trustRoots = .certificates(try certificates(in: caFile, "source.etcd.caFile", for: endpoint))
        }
        if let certFile, let keyFile {
            security.certificateChain = try certificates(in: certFile, "source.etcd.certFile", for: endpoint)
            security.privateKey = .bytes(try key(in: keyFile, for: endpoint), format: .pem)
        }
        return security
    }

    /// Why the certificates and the key do not do for a connection, each of them being in order.
    func unusable(_ error: any Error, for endpoint: EtcdEndpoint) -> EtcdError {
        guard let certFile, let keyFile, "\(error)".contains("failedToLoadPrivateKey") else {
            return EtcdError(endpoint, "prepare a connection", "its certificates cannot be used together")
        }
        return EtcdError(
            endpoint, "use \(keyFile)", "it is not the key of \(certFile)",
            remedy: "source.etcd.certFile and source.etcd.keyFile must belong together")
    }

    private func key(in path: String, for endpoint: EtcdEndpoint) throws(EtcdError) -> [UInt8] {
        let bytes = try contents(of: path, to: "read source.etcd.keyFile", for: endpoint)
        guard (try? NIOSSLPrivateKey(bytes: bytes, format: .pem)) != nil else {
            let isEncrypted = String(decoding: bytes, as: UTF8.self).contains("ENCRYPTED")
            throw EtcdError(
                endpoint, "use \(path)", isEncrypted ? "it is encrypted" : "it holds no private key in PEM",
                remedy: "source.etcd.keyFile must hold the key of source.etcd.certFile, without a password")
        }
        return bytes
    }

    private func certificates(
        in path: String, _ setting: String, for endpoint: EtcdEndpoint
    ) throws(EtcdError) -> [TLSConfig.CertificateSource] {
        let bytes = try contents(of: path, to: "read \(setting)", for: endpoint)
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(bytes), !certificates.isEmpty,
            let encoded = try? certificates.map({ try $0.toDERBytes() })
        else {
            throw EtcdError(
                endpoint, "use \(path)", "it holds no certificate in PEM", remedy: "\(setting) must name one that does")
        }
        return encoded.map { .bytes($0, format: .der) }
    }

    private func contents(
        of path: String, to operation: String, for endpoint: EtcdEndpoint
    ) throws(EtcdError) -> [UInt8] {
        do throws(FileReadError) {
            return try SystemCalls.contents(ofFile: path, refusingPipes: true)
        } catch {
            throw EtcdError(endpoint, operation, "\(path): \(error.reason)")
        }
    }
}
