extension AgentSettings {
    /// Where the resources come from. The settings of the kinds that `type` does not name are kept and have no effect.
    package struct Source: Hashable, Sendable {
        package enum Kind: String, Hashable, Sendable, CaseIterable { case directory, etcd, kubernetes }

        package var type = Kind.directory
        package var directory = Directory()
        package var etcd = Etcd()
        package var kubernetes = Kubernetes()

        package init() {}

        /// Where the source is, for people: a path, or addresses without secrets.
        package var location: String {
            switch type {
            case .directory: directory.path
            case .etcd: etcd.endpoints.joined(separator: ",")
            case .kubernetes: kubernetes.kubeconfig ?? ""
            }
        }
    }
}

extension AgentSettings.Source {
    package struct Directory: Hashable, Sendable {
        /// The folder whose YAML and JSON files are the resources.
        package var path = "/etc/margay/resources.d"

        package init() {}
    }

    package struct Etcd: Hashable, Sendable {
        /// `http://` or `https://` addresses of the members, host and port.
        package var endpoints: [String] = []
        package var username: String?
        package var passwordFile: String?
        /// The certificates to trust, PEM; the system's when absent.
        package var caFile: String?
        /// The client's certificate and key, PEM; both or none.
        package var certFile: String?
        package var keyFile: String?

        package init() {}
    }

    package struct Kubernetes: Hashable, Sendable {
        /// The kubeconfig file; when absent, the service account of the pod that the agent runs in.
        package var kubeconfig: String?

        package init() {}
    }
}
