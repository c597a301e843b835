import NetworkValues

extension JSONWriter {
    mutating func put(_ endpoint: WorkloadEndpoint) {
        object { writer in
            writer.member("apiVersion", endpoint.format.rawValue)
            switch endpoint.format {
            case .v3:
                writer.member("kind", "WorkloadEndpoint")
                writer.put(endpoint.metadata)
            case .v1:
                writer.member("kind", "workloadEndpoint")
                let identity = [
                    ("workload", endpoint.workload), ("orchestrator", endpoint.orchestrator), ("node", endpoint.node),
                ]
                writer.put(endpoint.metadata, with: identity)
            }
            writer.name("spec")
            writer.object { writer in
                if endpoint.format == .v3 {
                    writer.putIdentity(of: endpoint)
                }
                writer.putSpec(of: endpoint)
                writer.members(endpoint.otherSpecFields)
            }
            writer.members(endpoint.otherFields)
        }
    }

    private mutating func putIdentity(of endpoint: WorkloadEndpoint) {
        member("orchestrator", endpoint.orchestrator)
        member("workload", endpoint.workload)
        member("node", endpoint.node)
        member("containerID", endpoint.containerID)
        member("pod", endpoint.pod)
        member("endpoint", endpoint.endpoint)
        member("serviceAccountName", endpoint.serviceAccountName)
    }

    private mutating func putSpec(of endpoint: WorkloadEndpoint) {
        member("interfaceName", endpoint.interfaceName.rawValue)
        member("mac", endpoint.mac?.description)
        member("ipNetworks", list: endpoint.ipNetworks)
        if !endpoint.ipNATs.isEmpty {
            name("ipNATs")
            array(endpoint.ipNATs) { writer, nat in writer.put(nat) }
        }
        member("ipv4Gateway", endpoint.ipv4Gateway?.description)
        member("ipv6Gateway", endpoint.ipv6Gateway?.description)
        member("profiles", list: endpoint.profiles)
        if !endpoint.ports.isEmpty {
            name("ports")
            array(endpoint.ports) { writer, port in writer.put(port) }
        }
        member("allowSpoofedSourcePrefixes", list: endpoint.allowSpoofedSourcePrefixes)
    }

    private mutating func put(_ nat: IPNAT) {
        object { writer in
            writer.member("internalIP", nat.internalIP.description)
            writer.member("externalIP", nat.externalIP.description)
            writer.members(nat.otherFields)
        }
    }

    private mutating func put(_ port: EndpointPort) {
        object { writer in
            writer.member("name", port.name)
            writer.member("protocol", port.protocol.rawValue)
            writer.member("port", number: port.port)
            writer.member("hostPort", number: port.hostPort)
            writer.member("hostIP", port.hostIP?.description)
            writer.members(port.otherFields)
        }
    }
}
