import NetworkValues

enum EndpointSpecField: String, FieldName {
    static let table = FieldTable<Self>()
    case workload, orchestrator, node, containerID, pod, endpoint, serviceAccountName
    case ipNetworks, ipNATs, ipv4Gateway, ipv6Gateway, profiles, interfaceName, mac, ports, allowSpoofedSourcePrefixes

    static let v3Identity: [Self] = [
        .workload, .orchestrator, .node, .containerID, .pod, .endpoint, .serviceAccountName,
    ]
    static let v1 = allCases.filter { !v3Identity.contains($0) }
}

/// Reads and checks a workload endpoint of either format.
struct WorkloadEndpointDecoder {
    let format: WorkloadEndpoint.Format
    private var identity = EndpointIdentity()
    private var namespace = "default"
    private var namespaceIsSound = true
    private var serviceAccountName: String?
    private var metadata: DecodedMetadata?

    init(format: WorkloadEndpoint.Format) {
        self.format = format
    }

    /// What the document is about, as far as it could be read.
    var key: ResourceKey? {
        guard let metadata, metadata.isNamed, namespaceIsSound else { return nil }
        switch format {
        case .v3: return ResourceKey(kind: .workloadEndpoint, namespace: namespace, name: metadata.metadata.name)
        case .v1:
            return identity.calicoName.map {
                ResourceKey(kind: .workloadEndpoint, namespace: namespace, name: $0)
            }
        }
    }

    /// - Returns: The endpoint; when `context` has errors it must not be used.
    mutating func decode(_ document: Fields<DocumentField>, _ context: inout DecodingContext) -> WorkloadEndpoint? {
        let known = format == .v1 ? MetadataField.v1Endpoint : MetadataField.common
        let metadata = context.enter(document, .metadata) { context, node in
            let metadata = context.metadata(node, known: known, isEndpoint: true)
            if format == .v1 {
                readV1Identity(metadata, &context)
            }
            return metadata
        }
        self.metadata = metadata
        if let named = metadata.metadata.namespace {
            namespace = named
        } else if metadata.fields[.namespace] != nil {
            namespaceIsSound = false
        }
        let endpoint = context.enter(document, .spec) { context, node in
            spec(of: node, metadata.metadata, &context)
        }
        if format == .v3 {
            compareName(metadata, &context)
        }
        guard var endpoint else { return nil }
        let others = context.others(document)
        // Each change of an endpoint copies it.
        if !others.isEmpty { endpoint.otherFields = others }
        return endpoint
    }

    private mutating func spec(
        of node: YAMLNode?, _ metadata: Metadata, _ context: inout DecodingContext
    ) -> WorkloadEndpoint? {
        let known = format == .v1 ? EndpointSpecField.v1 : nil
        let fields = context.fields(of: node, as: EndpointSpecField.self, known: known)
        if format == .v3 {
            readV3Identity(fields, &context)
        }
        let interfaceName = context.require(
            fields, .interfaceName, "the name of the workload's interface on the host, such as cali0ef24ba"
        ) { context, node in context.workloadInterface(node) }
        let networks = context.ipNetworks(fields)
        let nats = context.read(fields, .ipNATs) { context, node in context.ipNATs(node, inside: networks) } ?? []
        let ipv4Gateway = context.read(fields, .ipv4Gateway) { context, node in
            context.gateway(node, family: .v4, networks: networks)
        }
        let ipv6Gateway = context.read(fields, .ipv6Gateway) { context, node in
            context.gateway(node, family: .v6, networks: networks)
        }
        let profiles = context.read(fields, .profiles) { context, node in context.profileNames(node) } ?? []
        let mac = context.read(fields, .mac) { context, node in context.hardwareAddress(node) }
        let ports = context.read(fields, .ports) { context, node in context.endpointPorts(node) } ?? []
        let spoofed = context.read(fields, .allowSpoofedSourcePrefixes) { context, node in
            context.spoofedPrefixes(node)
        }
        let others = context.others(
            fields, known: known,
            misplaced: format == .v1
                ? (EndpointSpecField.v3Identity, "the older format identifies an endpoint in its metadata") : nil)
        guard let interfaceName else { return nil }
        return WorkloadEndpoint(
            format: format, metadata: metadata, namespace: namespace, workload: identity.workload,
            orchestrator: identity.orchestrator, node: identity.node, containerID: identity.containerID,
            pod: identity.pod, endpoint: identity.endpoint, serviceAccountName: serviceAccountName,
            ipNetworks: networks ?? [], ipNATs: nats, ipv4Gateway: ipv4Gateway, ipv6Gateway: ipv6Gateway,
            profiles: profiles, interfaceName: interfaceName, mac: mac, ports: ports,
            allowSpoofedSourcePrefixes: spoofed ?? [], otherSpecFields: others)
    }

    private mutating func readV3Identity(_ fields: Fields<EndpointSpecField>, _ context: inout DecodingContext) {
        func read(_ name: EndpointSpecField, _ context: inout DecodingContext) -> String? {
            context.read(fields, name) { context, node in context.value(node, Names.identifier) }
        }
        identity.node = context.require(
            fields, .node, "the name of the node where the workload runs"
        ) { context, node in context.value(node, Names.identifier) }
        identity.workload = read(.workload, &context)
        identity.orchestrator = read(.orchestrator, &context)
        identity.containerID = context.read(fields, .containerID) { context, node in
            context.value(node, Names.containerID)
        }
        identity.pod = read(.pod, &context)
        identity.endpoint = read(.endpoint, &context)
        serviceAccountName = read(.serviceAccountName, &context)
    }

    /// In the older format the metadata identify the endpoint, and a Kubernetes workload is called `namespace.pod`.
    private mutating func readV1Identity(_ metadata: DecodedMetadata, _ context: inout DecodingContext) {
        let explanations: [(MetadataField, String)] = [
            (.node, "the name of the node where the workload runs"),
            (.orchestrator, "what started the workload, such as k8s"),
            (.workload, "the workload's name, with orchestrator k8s namespace.pod"),
        ]
        let values = explanations.map { name, explanation in
            context.require(metadata.fields, name, explanation) { context, node in
                context.value(node, Names.identifier)
            }
        }
        (identity.node, identity.orchestrator, identity.workload) = (values[0], values[1], values[2])
        identity.endpoint = metadata.isNamed ? metadata.metadata.name : nil
        guard identity.orchestrator == "k8s", let workload = identity.workload else { return }
        // A namespace has no dots, the name of a pod may have some.
        let parts = workload.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else {
            identity.pod = workload
            _ = context.read(metadata.fields, .workload) { context, node -> Void? in
                let taken = metadata.metadata.namespace ?? namespace
                context.warning(
                    node, "\"\(workload)\" is not namespace.pod: it is taken for a pod of namespace \"\(taken)\"")
            }
            return
        }
        guard parts.allSatisfy({ (try? Names.identifier($0)) != nil }) else {
            identity.workload = nil
            _ = context.read(metadata.fields, .workload) { context, node -> Void? in
                context.error(
                    node, "\"\(workload)\" is not namespace.pod: both are names, with no '-' at their ends")
            }
            return
        }
        namespace = parts[0]
        identity.pod = parts[1]
        if let named = metadata.metadata.namespace, named != namespace {
            namespaceIsSound = false
            _ = context.read(metadata.fields, .namespace) { context, node -> Void? in
                context.error(node, "\"\(named)\" is not the namespace that workload \"\(workload)\" begins with")
            }
        }
    }

    /// Calico refuses other names; people who write files may choose their own.
    private func compareName(_ metadata: DecodedMetadata, _ context: inout DecodingContext) {
        guard metadata.isNamed, let expected = identity.calicoName, expected != metadata.metadata.name,
            let entry = metadata.fields[.name]
        else { return }
        context.within(.field("metadata"), startingAt: entry.key) { context in
            context.within(.field("name"), startingAt: entry.key) { context in
                context.warning(
                    entry.value,
                    "\"\(metadata.metadata.name)\" is not the name that Calico computes for this endpoint, "
                        + "\"\(expected)\""
                )
            }
        }
    }
}
