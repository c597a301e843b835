public import NetworkValues

/// The interface of a workload on its host, with everything Calico says about it.
public struct WorkloadEndpoint: Hashable, Sendable {
    /// Which of Calico's two document formats the endpoint came in, and goes out in again.
    public enum Format: String, Hashable, Sendable {
        /// `projectcalico.org/v3`, kind `WorkloadEndpoint`.
        case v3 = "projectcalico.org/v3"
        /// `v1`, kind `workloadEndpoint`: node, orchestrator and workload stand in the metadata.
        case v1
    }

    public var format: Format
    public var metadata: Metadata
    /// `default` unless the document says otherwise.
    public var namespace: String
    public var workload: String?
    public var orchestrator: String?
    /// The node where the workload runs; no other node programs the endpoint.
    public var node: String?
    public var containerID: String?
    public var pod: String?
    /// The interface's name inside the workload.
    public var endpoint: String?
    public var serviceAccountName: String?
    /// The workload's own networks; host addresses unless the reader allows wide networks.
    public var ipNetworks: [IPPrefix]
    public var ipNATs: [IPNAT]
    /// Always an IPv4 address.
    public var ipv4Gateway: IPAddress?
    /// Always an IPv6 address.
    public var ipv6Gateway: IPAddress?
    /// In the order in which they are asked.
    public var profiles: [String]
    /// The interface on the host.
    public var interfaceName: InterfaceName
    /// The source address of the workload's frames; never a group address.
    public var mac: HardwareAddress?
    public var ports: [EndpointPort]
    /// Foreign source prefixes that the workload may use beside ``ipNetworks``.
    public var allowSpoofedSourcePrefixes: [IPPrefix]
    /// Fields of `spec` without a meaning here, kept for whoever reads the resource back.
    public var otherSpecFields: [String: FieldValue]
    /// The same for fields beside `metadata` and `spec`.
    public var otherFields: [String: FieldValue]

    public init(
        format: Format = .v3, metadata: Metadata, namespace: String? = nil, workload: String? = nil,
        orchestrator: String? = nil, node: String? = nil, containerID: String? = nil, pod: String? = nil,
        endpoint: String? = nil, serviceAccountName: String? = nil, ipNetworks: [IPPrefix] = [], ipNATs: [IPNAT] = [],
        ipv4Gateway: IPAddress? = nil, ipv6Gateway: IPAddress? = nil, profiles: [String] = [],
        interfaceName: InterfaceName, mac: HardwareAddress? = nil, ports: [EndpointPort] = [],
        allowSpoofedSourcePrefixes: [IPPrefix] = [], otherSpecFields: [String: FieldValue] = [:],
        otherFields: [String: FieldValue] = [:]
    ) {
        self.format = format
        self.metadata = metadata
        self.namespace = namespace ?? metadata.namespace ?? "default"
        self.workload = workload
        self.orchestrator = orchestrator
        self.node = node
        self.containerID = containerID
        self.pod = pod
        self.endpoint = endpoint
        self.serviceAccountName = serviceAccountName
        self.ipNetworks = ipNetworks
        self.ipNATs = ipNATs
        self.ipv4Gateway = ipv4Gateway
        self.ipv6Gateway = ipv6Gateway
        self.profiles = profiles
        self.interfaceName = interfaceName
        self.mac = mac
        self.ports = ports
        self.allowSpoofedSourcePrefixes = allowSpoofedSourcePrefixes
        self.otherSpecFields = otherSpecFields
        self.otherFields = otherFields
    }
}
