/// A way in which a call can fail, how it is recognized and what is said of it.
struct EtcdFailure: Sendable {
    /// Any of these is in the words of gRPC, SwiftNIO, BoringSSL or etcd.
    private let signs: [String]
    /// For which endpoints it counts: those with `https`, those with `http`, or all.
    private let isSecure: Bool?
    let reason: String
    let remedy: String?
    /// Whether it is the connection that does not come about, whatever was to be done with it.
    let isConnecting: Bool
    let doubt: EtcdError.Doubt?

    private init(
        _ signs: String..., isSecure: Bool? = nil, isConnecting: Bool = true, doubt: EtcdError.Doubt? = nil,
        reason: String, remedy: String? = nil
    ) {
        self.signs = signs
        self.isSecure = isSecure
        self.isConnecting = isConnecting
        self.doubt = doubt
        self.reason = reason
        self.remedy = remedy
    }

    static func of(_ words: String, at endpoint: EtcdEndpoint) -> Self? {
        known.first { failure in
            (failure.isSecure ?? endpoint.isSecure) == endpoint.isSecure
                && failure.signs.contains(where: words.contains)
        }
    }

    /// What gRPC says of all that fails after the TCP connection and before HTTP/2.
    static let earlyEnd = "before completing the HTTP/2 connection preface"

    static let remedyOfSilence = "see that the member is up and no firewall swallows the packets"

    /// The first that fits counts.
    private static let known = tls + network + refusals + breaks

    // The names of alerts are BoringSSL's (ssl/ssl_stat.cc there), the numbers of errors those of errno(3).
    private static let tls = [
        Self(
            "CERTIFICATE_VERIFY_FAILED", doubt: .serverCertificate, reason: "its certificate cannot be verified",
            remedy: "source.etcd.caFile must hold the certificate of the authority that has signed it"),
        Self(
            "failedToValidateHostname", doubt: .serverName, reason: "its certificate is for another host",
            remedy: "it must name the host as source.etcd.endpoints does, among its subject alternative names"),
        // Go's servers say no more than "bad certificate", with TLS 1.3 after the client's part of the handshake.
        Self(
            "ALERT_BAD_CERTIFICATE", "ALERT_CERTIFICATE_", "ALERT_UNKNOWN_CA", "ALERT_UNSUPPORTED_CERTIFICATE",
            "ALERT_NO_CERTIFICATE", "ALERT_ACCESS_DENIED", doubt: .clientCertificate,
            reason: "it does not accept this client's certificate",
            remedy: "see source.etcd.certFile, and etcd's --trusted-ca-file"),
        Self(
            "WRONG_VERSION_NUMBER", "EOF during handshake", isSecure: true, reason: "it does not speak TLS",
            remedy: "write http:// in source.etcd.endpoints, or give etcd a certificate (--cert-file, --key-file)"),
    ]

    private static let network = [
        Self(
            "(errno: 111)", reason: "connection refused",
            remedy: "see that etcd runs and listens there (--listen-client-urls), or correct source.etcd.endpoints"),
        Self(
            "(errno: 101)", reason: "network is unreachable",
            remedy: "see that this host has a route to it (ip route get)"),
        Self(
            "(errno: 113)", reason: "no route to host",
            remedy: "see that the member's host is up and no firewall refuses"),
        Self(
            "(errno: 110)", "Connect timeout", reason: "no answer", remedy: remedyOfSilence),
        Self(
            "Temporary failure in name resolution", reason: "the name server does not answer",
            remedy: "see /etc/resolv.conf, or write an address in source.etcd.endpoints"),
        Self(
            "Couldn't resolve address", reason: "the name has no address",
            remedy: "correct source.etcd.endpoints, or make the name known to this host's resolver"),
        Self(
            "UnableToParseFrame", "Unexpected non-200 HTTP Status", "unknown service etcdserverpb",
            reason: "what answers there is not etcd v3",
            remedy: "source.etcd.endpoints must name etcd's client port, often 2379"),
    ]

    // What etcd says (api/v3rpc/rpctypes/error.go there).
    private static let refusals = [
        Self(
            "authentication failed, invalid user ID or password", isConnecting: false, reason: "wrong user or password",
            remedy: "see source.etcd.username, and the first line of source.etcd.passwordFile"),
        Self(
            "user name is empty", isConnecting: false, reason: "it wants a user",
            remedy:
                "set source.etcd.username and source.etcd.passwordFile, or a certificate whose common name is the user"),
        Self(
            "etcdserver: permission denied", isConnecting: false, reason: "permission denied",
            remedy: "etcdctl role grant-permission --prefix=true ROLE read \(EtcdKey.prefix)"),
        Self(
            "invalid auth token", "revision of auth store is old", isConnecting: false,
            reason: "what it gave out at the authentication is valid no more",
            remedy: "the next attempt authenticates anew"),
        Self(
            "etcdserver: no leader", "etcdserver: request timed out", "etcdserver: leader changed", isConnecting: false,
            reason: "it has no leader: most of the cluster's members are down or out of its reach, or too slow"),
    ]

    private static let breaks = [
        Self("RPC timed out before completing", isConnecting: false, reason: "no answer in time"),
        Self("keepalive timeout fired", isConnecting: false, reason: "it has stopped answering"),
        Self(
            "Stream unexpectedly closed", "connection was dropped", "subchannel", "transient failure",
            "connection closed", "(errno: 104)", "(errno: 32)", isConnecting: false, reason: "the connection broke"),
    ]
}
