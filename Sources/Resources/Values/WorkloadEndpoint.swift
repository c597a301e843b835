public import NetworkValues

/// The interface of a workload on its host, with everything Calico says about it. Behind a reference: it has much to say,
/// and stands in several tables.
public struct WorkloadEndpoint: Hashable, Sendable {
    /// Which of Calico's two document formats the endpoint came in, and goes out in again.
    public enum Format: String, Hashable, Sendable {
        /// `projectcalico.org/v3`, kind `WorkloadEndpoint`.
        case v3 = "projectcalico.org/v3"
        /// `v1`, kind `workloadEndpoint`: node, orchestrator and workload stand in the metadata.
        case v1
    }

    private var contents: EndpointContents

    public var format: Format {
        get { contents.fields.format }
        set { change { $0.format = newValue } }
    }
    public var metadata: Metadata {
        get { contents.fields.metadata }
        set { change { $0.metadata = newValue } }
    }
    /// `default` unless the document says otherwise.
    public var namespace: String {
        get { contents.fields.namespace }
        set { change { $0.namespace = newValue } }
    }
    public var workload: String? {
        get { contents.fields.workload }
        set { change { $0.workload = newValue } }
    }
    public var orchestrator: String? {
        get { contents.fields.orchestrator }
        set { change { $0.orchestrator = newValue } }
    }
    /// The node where the workload runs; no other node programs the endpoint.
    public var node: String? {
        get { contents.fields.node }
        set { change { $0.node = newValue } }
    }
    public var containerID: String? {
        get { contents.fields.containerID }
        set { change { $0.containerID = newValue } }
    }
    public var pod: String? {
        get { contents.fields.pod }
        set { change { $0.pod = newValue } }
    }
    /// The interface's name inside the workload.
    public var endpoint: String? {
        get { contents.fields.endpoint }
        set { change { $0.endpoint = newValue } }
    }
    public var serviceAccountName: String? {
        get { contents.fields.serviceAccountName }
        set { change { $0.serviceAccountName = newValue } }
    }
    /// The workload's own networks; host addresses unless the reader allows wide networks.
    public var ipNetworks: [IPPrefix] {
        get { contents.fields.ipNetworks }
        set { change { $0.ipNetworks = newValue } }
    }
    public var ipNATs: [IPNAT] {
        get { contents.fields.ipNATs }
        set { change { $0.ipNATs = newValue } }
    }
    /// Always an IPv4 address.
    public var ipv4Gateway: IPAddress? {
        get { contents.fields.ipv4Gateway }
        set { change { $0.ipv4Gateway = newValue } }
    }
    /// Always an IPv6 address.
    public var ipv6Gateway: IPAddress? {
        get { contents.fields.ipv6Gateway }
        set { change { $0.ipv6Gateway = newValue } }
    }
    /// In the order in which they are asked.
    public var profiles: [String] {
        get { contents.fields.profiles }
        set { change { $0.profiles = newValue } }
    }
    /// The interface on the host.
    public var interfaceName: InterfaceName {
        get { contents.fields.interfaceName }
        set { change { $0.interfaceName = newValue } }
    }
    /// The source address of the workload's frames; never a group address.
    public var mac: HardwareAddress? {
        get { contents.fields.mac }
        set { change { $0.mac = newValue } }
    }
    public var ports: [EndpointPort] {
        get { contents.fields.ports }
        set { change { $0.ports = newValue } }
    }
    /// Foreign source prefixes that the workload may use beside ``ipNetworks``.
    public var allowSpoofedSourcePrefixes: [IPPrefix] {
        get { contents.fields.allowSpoofedSourcePrefixes }
        set { change { $0.allowSpoofedSourcePrefixes = newValue } }
    }
    /// Fields of `spec` without a meaning here, kept for whoever reads the resource back.
    public var otherSpecFields: [String: FieldValue] {
        get { contents.fields.otherSpecFields }
        set { change { $0.otherSpecFields = newValue } }
    }
    /// The same for fields beside `metadata` and `spec`.
    public var otherFields: [String: FieldValue] {
        get { contents.fields.otherFields }
        set { change { $0.otherFields = newValue } }
    }

    public init(
        format: Format = .v3, metadata: Metadata, namespace: String? = nil, workload: String? = nil,
        orchestrator: String? = nil, node: String? = nil, containerID: String? = nil, pod: String? = nil,
        endpoint: String? = nil, serviceAccountName: String? = nil, ipNetworks: [IPPrefix] = [], ipNATs: [IPNAT] = [],
        ipv4Gateway: IPAddress? = nil, ipv6Gateway: IPAddress? = nil, profiles: [String] = [],
        interfaceName: InterfaceName, mac: HardwareAddress? = nil, ports: [EndpointPort] = [],
        allowSpoofedSourcePrefixes: [IPPrefix] = [], otherSpecFields: [String: FieldValue] = [:],
        otherFields: [String: FieldValue] = [:]
    ) {
        contents = EndpointContents(
            EndpointFields(
                format: format, metadata: metadata, namespace: namespace ?? metadata.namespace ?? "default",
                workload: workload, orchestrator: orchestrator, node: node, containerID: containerID, pod: pod,
                endpoint: endpoint, serviceAccountName: serviceAccountName, ipNetworks: ipNetworks, ipNATs: ipNATs,
                ipv4Gateway: ipv4Gateway, ipv6Gateway: ipv6Gateway, profiles: profiles, interfaceName: interfaceName,
                mac: mac, ports: ports, allowSpoofedSourcePrefixes: allowSpoofedSourcePrefixes,
                otherSpecFields: otherSpecFields, otherFields: otherFields))
    }

    private mutating func change(_ change: (inout EndpointFields) -> Void) {
        var fields = contents.fields
        change(&fields)
        contents = EndpointContents(fields)
    }

    public static func == (left: Self, right: Self) -> Bool {
        left.contents === right.contents || left.contents.fields == right.contents.fields
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(contents.fields) }
}

private final class EndpointContents: Sendable {
    let fields: EndpointFields

    init(_ fields: EndpointFields) { self.fields = fields }
}

private struct EndpointFields: Hashable, Sendable {
    var format: WorkloadEndpoint.Format
    var metadata: Metadata
    var namespace: String
    var workload: String?
    var orchestrator: String?
    var node: String?
    var containerID: String?
    var pod: String?
    var endpoint: String?
    var serviceAccountName: String?
    var ipNetworks: [IPPrefix]
    var ipNATs: [IPNAT]
    var ipv4Gateway: IPAddress?
    var ipv6Gateway: IPAddress?
    var profiles: [String]
    var interfaceName: InterfaceName
    var mac: HardwareAddress?
    var ports: [EndpointPort]
    var allowSpoofedSourcePrefixes: [IPPrefix]
    var otherSpecFields: [String: FieldValue]
    var otherFields: [String: FieldValue]
}
