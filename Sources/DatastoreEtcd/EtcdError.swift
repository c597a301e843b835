/// Why a member of an etcd cluster cannot be read or followed.
public struct EtcdError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The member that was asked.
    public var endpoint: EtcdEndpoint
    /// What was tried: `connect`, `authenticate as reader`, `list /calico/…`, `watch /calico/…`.
    public var operation: String
    /// What came of it.
    public var reason: String
    /// What to do about it.
    public var remedy: String?
    /// What to look at for a better reason.
    var doubt: Doubt?

    /// A certificate that one side does not accept.
    enum Doubt: Hashable, Sendable {
        case serverCertificate, serverName, clientCertificate
    }

    init(_ endpoint: EtcdEndpoint, _ operation: String, _ reason: String, remedy: String? = nil) {
        self.endpoint = endpoint
        self.operation = operation
        self.reason = reason
        self.remedy = remedy
    }

    /// One line.
    public var description: String {
        "\(endpoint): cannot \(operation): \(reason)" + (remedy.map { "; \($0)" } ?? "")
    }
}
