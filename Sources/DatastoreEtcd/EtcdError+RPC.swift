import GRPCCore

extension EtcdError {
    /// What gRPC, or the server through it, says of a failed call.
    init(_ endpoint: EtcdEndpoint, _ operation: String, _ error: RPCError) {
        self.init(
            endpoint, operation, ending: error.message, because: error.cause.map { "\($0)" } ?? "")
    }

    /// - Parameters:
    ///   - reason: Of etcd or gRPC, such as the server's for ending a watch.
    ///   - cause: Of SwiftNIO or BoringSSL. People never see it: it holds source files' names and the like.
    init(_ endpoint: EtcdEndpoint, _ operation: String, ending reason: String, because cause: String = "") {
        let words = "\(reason) \(cause)"
        if let known = EtcdFailure.of(words, at: endpoint) {
            self.init(
                endpoint, known.isConnecting ? "connect" : operation, known.reason, remedy: known.remedy)
            doubt = known.doubt
        } else if let alert = words.firstMatch(of: /OPENSSL_internal:([A-Z0-9_]+)/)?.1 {
            let name = alert.lowercased().replacing("_", with: " ")
            self.init(endpoint, "connect", "TLS fails with \"\(name)\"", remedy: "etcd's log may say more")
        } else if words.contains(EtcdFailure.earlyEnd) {
            self.init(
                endpoint, "connect", "it ends the connection at once",
                remedy: endpoint.isSecure
                    ? "if it wants client certificates, see source.etcd.certFile; etcd's log may say more"
                    : "if it speaks TLS, write https:// in source.etcd.endpoints")
        } else {
            let text = reason.hasPrefix("etcdserver: ") ? reason.dropFirst(12) : reason[...]
            let line = text.split { $0.isNewline || $0.isWhitespace }.joined(separator: " ").prefix(200)
            self.init(endpoint, operation, line.isEmpty ? "the call fails" : String(line))
        }
    }
}
