/// What Calico tells workload endpoints apart by, and computes their names from.
struct EndpointIdentity: Hashable {
    var node: String?
    var orchestrator: String?
    var workload: String?
    var containerID: String?
    var pod: String?
    var endpoint: String?

    /// The name that Calico's v3 API computes (libcalico-go, `WorkloadEndpointIdentifiers`): the segments joined by
    /// dashes, with the dashes inside a segment doubled. `nil` when a segment is missing.
    var calicoName: String? {
        guard let node, let orchestrator, let subject, let endpoint else { return nil }
        var name: [UInt8] = []
        name.reserveCapacity(64)
        for (index, segment) in [node, orchestrator, subject, endpoint].enumerated() {
            if index > 0 { name.append(UInt8(ascii: "-")) }
            for byte in segment.utf8 {
                name.append(byte)
                if byte == UInt8(ascii: "-") { name.append(byte) }
            }
        }
        return String(decoding: name, as: UTF8.self)
    }

    /// The segment that names the workload, which depends on the orchestrator.
    private var subject: String? {
        switch orchestrator {
        case "k8s": pod
        case "cni": containerID ?? workload
        case "libnetwork": orchestrator
        default: workload
        }
    }
}

extension WorkloadEndpoint {
    var identity: EndpointIdentity {
        EndpointIdentity(
            node: node, orchestrator: orchestrator, workload: workload, containerID: containerID, pod: pod,
            endpoint: endpoint)
    }

    /// The name that Calico computes from the identifiers; `nil` when it needs one that is absent.
    public var calicoName: String? { identity.calicoName }

    /// A v3 document is known by its own name. In the older format that name is only the interface's (`eth0`), so the
    /// endpoint is known by the name that Calico gives it when it converts such a document to v3.
    public var key: ResourceKey {
        let name = format == .v1 ? calicoName ?? metadata.name : metadata.name
        return ResourceKey(kind: .workloadEndpoint, namespace: namespace, name: name)
    }
}
