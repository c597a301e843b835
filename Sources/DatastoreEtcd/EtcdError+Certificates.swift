import GRPCCore
import GRPCNIOTransportHTTP2Posix
import NIOCore
import NIOSSL
import NetworkValues
import Synchronization
import SystemCalls

// What TLS reports of a certificate is that it is not accepted. Why, the certificate shows.
extension EtcdError {
    /// The same error; where a certificate is in doubt, with what that shows.
    /// - Parameter executor: On whose threads sockets are opened.
    func examined(_ access: EtcdAccess, on executor: any TaskExecutor) async -> EtcdError {
        switch doubt {
        case nil: return self
        case .serverCertificate, .serverName:
            return judging(await access.certificates(of: endpoint, on: executor), access, at: .now)
        case .clientCertificate: return judgingOurs(access, at: .now)
        }
    }

    /// - Parameter presented: What the server introduces itself with, its own certificate first.
    private func judging(_ presented: [NIOSSLCertificate], _ access: EtcdAccess, at now: Timestamp) -> EtcdError {
        var error = self
        error.doubt = nil
        guard let own = presented.first else { return error }
        if own.end < now {
            error.reason = "its certificate has expired on \(own.end.day)"
            error.remedy = "renew etcd's certificate, or see that this host's clock is right"
        } else if now < own.beginning {
            error.reason = "its certificate is not valid before \(own.beginning.day)"
            error.remedy = "see that this host's clock is right"
        } else if doubt == .serverName {
            let names = own.names
            error.reason =
                "its certificate is not for \(endpoint.host)"
                + (names.isEmpty ? "" : ", but for \(names.joined(separator: ", "))")
        } else if let caFile = access.caFile {
            let authorities = (try? NIOSSLCertificate.fromPEMFile(caFile)) ?? []
            if let latest = authorities.map(\.end).max(), latest < now {
                error.reason = "what source.etcd.caFile holds has expired on \(latest.day)"
                error.remedy = "renew it"
            } else {
                error.reason = "no authority in source.etcd.caFile has signed its certificate"
            }
        } else {
            error.reason = "no authority that this host trusts has signed its certificate"
            error.remedy = "set source.etcd.caFile to the certificate of the authority that has"
        }
        return error
    }

    private func judgingOurs(_ access: EtcdAccess, at now: Timestamp) -> EtcdError {
        var error = self
        error.doubt = nil
        guard let certFile = access.certFile else {
            error.reason = "it wants a client certificate"
            error.remedy = "set source.etcd.certFile and source.etcd.keyFile"
            return error
        }
        if let end = (try? NIOSSLCertificate.fromPEMFile(certFile))?.first?.end, end < now {
            error.reason = "the certificate in source.etcd.certFile has expired on \(end.day)"
            error.remedy = "renew it; the file is read anew for each connection"
        } else {
            error.reason = "it does not accept the certificate in source.etcd.certFile"
            error.remedy = "an authority in etcd's --trusted-ca-file must have signed it; etcd's log may say more"
        }
        return error
    }
}

extension EtcdAccess {
    /// What a server introduces itself with, its own certificate first; nothing where it does not come to that.
    ///
    /// SwiftNIO tells nobody which certificate it has refused. So another handshake looks at them, and goes no further.
    fileprivate func certificates(
        of endpoint: EtcdEndpoint, on executor: any TaskExecutor
    ) async -> [NIOSSLCertificate] {
        final class Presented: Sendable {
            let certificates = Mutex<[NIOSSLCertificate]>([])
        }
        let presented = Presented()
        guard var security = try? tls(to: endpoint) else { return [] }
        security.customVerificationCallback = { certificates, promise in
            presented.certificates.withLock { $0 = certificates }
            promise.succeed(.failed)
        }
        guard
            let transport = try? HTTP2ClientTransport.Posix(target: endpoint.target, transportSecurity: .tls(security))
        else { return [] }
        var options = CallOptions.defaults
        options.timeout = .seconds(5)
        _ = try? await withRunningClient(over: transport, on: executor) { client in
            try await EtcdKV.Client(wrapping: client).range(EtcdRangeRequest(), options: options)
        }
        return presented.certificates.withLock { $0 }
    }
}

extension NIOSSLCertificate {
    fileprivate var beginning: Timestamp { Timestamp(millisecondsSinceEpoch: Int64(notValidBefore) * 1000) }
    fileprivate var end: Timestamp { Timestamp(millisecondsSinceEpoch: Int64(notValidAfter) * 1000) }

    /// For which hosts it is, at most five of them.
    fileprivate var names: [String] {
        _subjectAlternativeNames().prefix(5).compactMap { name in
            switch name.nameType {
            case .dnsName:
                String(decoding: name.contents, as: UTF8.self).filter {
                    $0.isASCII && ($0.isLetter || $0.isNumber || "*-._".contains($0))
                }
            case .ipAddress: IPAddress(octets: Array(name.contents))?.description
            default: nil
            }
        }
    }
}

extension Timestamp {
    /// `2026-11-21`.
    fileprivate var day: Substring { description.prefix { $0 != "T" } }
}
