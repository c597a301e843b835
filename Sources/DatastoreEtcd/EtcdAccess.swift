/// Where an etcd cluster is, and who we are to it. The files are read anew for each connection, so that what replaces
/// them is used without a restart.
public struct EtcdAccess: Hashable, Sendable {
    public var endpoints: [EtcdEndpoint]
    /// The user to authenticate as; `nil` for none.
    public var username: String?
    /// The file that holds the user's password; what follows its first line is not read.
    public var passwordFile: String?
    /// The certificates to trust, PEM; the system's when `nil`.
    public var caFile: String?
    /// Our certificate, with those that it leads up to, PEM; together with ``keyFile``.
    public var certFile: String?
    /// The certificate's key, PEM.
    public var keyFile: String?

    public init(
        endpoints: [EtcdEndpoint], username: String? = nil, passwordFile: String? = nil, caFile: String? = nil,
        certFile: String? = nil, keyFile: String? = nil
    ) {
        self.endpoints = endpoints
        self.username = username
        self.passwordFile = passwordFile
        self.caFile = caFile
        self.certFile = certFile
        self.keyFile = keyFile
    }
}
