/// Why a member of an etcd cluster cannot be read or followed.
public struct EtcdError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The member that was asked.
    public var endpoint: EtcdEndpoint
    /// What was tried: `connect`, `authenticate as reader`, `list /calico/…`, `watch /calico/…`.
    public var operation: String
    /// What came of it, in the words of whoever refused.
    public var reason: String
    /// What to do about it.
    public var remedy: String?

    init(_ endpoint: EtcdEndpoint, _ operation: String, _ reason: String, remedy: String? = nil) {
        self.endpoint = endpoint
        self.operation = operation
        self.reason = reason
        self.remedy = remedy
    }

    public var description: String {
        "\(endpoint): cannot \(operation): \(reason)" + (remedy.map { "; \($0)" } ?? "")
    }
}
