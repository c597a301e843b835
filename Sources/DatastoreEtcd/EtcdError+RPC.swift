import GRPCCore

extension EtcdError {
    /// What gRPC, or the server through it, says of a failed call.
    init(_ endpoint: EtcdEndpoint, _ operation: String, _ error: RPCError) {
        self.init(endpoint, operation, "\(error.message) \(error.cause.map { "\($0)" } ?? "")")
    }

    /// What the server gave as the reason for ending a watch.
    init(_ endpoint: EtcdEndpoint, _ operation: String, ending reason: String) {
        self.init(endpoint, operation, reason)
    }
}
