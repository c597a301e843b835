extension StatusReport {
    /// Whether everything is as wanted: every endpoint up, nothing rejected, the source in sync, the dataplane applied.
    /// Rows that are not new show nothing of the kind.
    /// The exit code of `margay status` says the same.
    package var isHealthy: Bool {
        endpoints.allSatisfy { $0.state == .up } && source.rejected.isEmpty && source.state == .inSync
            && dataplane.state == .applied && asOf == nil
    }

    /// The report with the endpoints and rejected resources that `names` name; each a resource name, namespace/name or
    /// an interface name. Source and dataplane stay: they concern every endpoint.
    ///
    /// Names that nothing has are returned in `unknown`, in their order.
    package func filtered(by names: [String]) -> (report: StatusReport, unknown: [String]) {
        var report = self
        report.endpoints = endpoints.filter { endpoint in names.contains(where: endpoint.isNamed) }
        report.source.rejected = source.rejected.filter { rejected in names.contains(where: rejected.isNamed) }
        let unknown = names.filter { name in
            !endpoints.contains { $0.isNamed(name) } && !source.rejected.contains { $0.isNamed(name) }
        }
        return (report, unknown)
    }
}

extension StatusReport.Endpoint {
    package var qualifiedName: String { "\(namespace)/\(name)" }

    func isNamed(_ text: String) -> Bool {
        text == name || text == qualifiedName || text == interfaceName
    }
}

extension StatusReport.Rejected {
    /// Compares with the identity behind the kind: `WorkloadEndpoint default/web`.
    func isNamed(_ text: String) -> Bool {
        guard let identity = resource.split(separator: " ").last else { return false }
        return identity == text || identity.split(separator: "/").last.map { $0 == text } == true
    }
}
