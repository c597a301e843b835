import GRPCNIOTransportHTTP2Posix
import NIOSSL
import SystemCalls

extension EtcdAccess {
    /// The password as its file holds it now.
    func password(for endpoint: EtcdEndpoint) throws(EtcdError) -> String {
        guard let passwordFile else { return "" }
        let bytes = try contents(of: passwordFile, to: "read the password", for: endpoint)
        return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }, as: UTF8.self)
    }

    /// The certificates and the key as their files hold them now.
    func transportSecurity(
        to endpoint: EtcdEndpoint
    ) throws(EtcdError) -> HTTP2ClientTransport.Posix.TransportSecurity {
        guard endpoint.isSecure else { return .plaintext }
        var security = HTTP2ClientTransport.Posix.TransportSecurity.TLS.defaults
        if let caFile {
            security.trustRoots = .certificates(try certificates(in: caFile, "source.etcd.caFile", for: endpoint))
        }
        if let certFile, let keyFile {
            security.certificateChain = try certificates(in: certFile, "source.etcd.certFile", for: endpoint)
            let bytes = try contents(of: keyFile, to: "read source.etcd.keyFile", for: endpoint)
            guard (try? NIOSSLPrivateKey(bytes: bytes, format: .pem)) != nil else {
                throw EtcdError(
                    endpoint, "use \(keyFile)", "it holds no private key in PEM",
                    remedy: "source.etcd.keyFile must hold the key of source.etcd.certFile, without a password")
            }
            security.privateKey = .bytes(bytes, format: .pem)
        }
        return .tls(security)
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
