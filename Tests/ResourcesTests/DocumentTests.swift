import Testing

/// Whole documents, and all that is said about each.
@Suite struct DocumentTests {
    /// A valid endpoint, a line for each field given; `nil` leaves the line out.
    private static func endpoint(
        apiVersion: String? = "projectcalico.org/v3", kind: String? = "WorkloadEndpoint",
        metadata: String? = "{name: web}",
        spec: String? = "{node: node1, interfaceName: cali1, ipNetworks: [10.0.0.1]}", also: String? = nil
    ) -> String {
        let lines = [
            apiVersion.map { "apiVersion: \($0)" }, kind.map { "kind: \($0)" }, metadata.map { "metadata: \($0)" },
            spec.map { "spec: \($0)" }, also,
        ]
        return lines.compactMap { $0 }.joined(separator: "\n")
    }

    @Test("a document is accepted, ignored, or told everything that is wrong with it", arguments: cases)
    func document(_ example: Example) {
        #expect(report(example.text + "\n").joined(separator: "\n") == example.report)
    }

    static let cases: [Example] = [
        Example(
            endpoint(spec: nil),
            """
            e.yaml:1:1: error: spec.node: is required: the name of the node where the workload runs
            e.yaml:1:1: error: spec.interfaceName: is required: the name of the workload's interface on the \
            host, such as cali0ef24ba
            e.yaml:1:1: warning: spec.ipNetworks: no networks: the workload has no address and cannot be \
            reached
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            endpoint(metadata: nil),
            """
            e.yaml:1:1: error: metadata.name: is required: letters, digits, '.', '_', '-'
            e.yaml:1:1 rejected ?
            """),
        Example(
            endpoint(metadata: "", spec: ""),
            """
            e.yaml:1:1: error: metadata.name: is required: letters, digits, '.', '_', '-'
            e.yaml:1:1: error: spec.node: is required: the name of the node where the workload runs
            e.yaml:1:1: error: spec.interfaceName: is required: the name of the workload's interface on the \
            host, such as cali0ef24ba
            e.yaml:1:1: warning: spec.ipNetworks: no networks: the workload has no address and cannot be \
            reached
            e.yaml:1:1 rejected ?
            """),
        Example(
            endpoint(spec: "x"),
            """
            e.yaml:4:7: error: spec: a mapping is expected here, not the text "x"
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            endpoint(spec: "[]"),
            """
            e.yaml:4:7: error: spec: a mapping is expected here, not a list
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            endpoint(spec: "{}"),
            """
            e.yaml:4:1: error: spec.node: is required: the name of the node where the workload runs
            e.yaml:4:1: error: spec.interfaceName: is required: the name of the workload's interface on the \
            host, such as cali0ef24ba
            e.yaml:4:1: warning: spec.ipNetworks: no networks: the workload has no address and cannot be \
            reached
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            endpoint(metadata: "{name: }"),
            """
            e.yaml:3:1: error: metadata.name: is required: letters, digits, '.', '_', '-'
            e.yaml:1:1 rejected ?
            """),
        Example(
            endpoint(metadata: "{name: a/b}"),
            """
            e.yaml:3:18: error: metadata.name: "a/b" is not a valid name: 1 to 253 letters, digits, '.', '_', \
            '-'
            e.yaml:1:1 rejected ?
            """),
        Example(
            endpoint(metadata: "{name: web, namespace: prod}"),
            """
            e.yaml:1:1 accepted WorkloadEndpoint prod/web
            """),
        Example(
            endpoint(metadata: "{name: web, namespace: a b}"),
            """
            e.yaml:3:34: error: metadata.namespace: "a b" is not a valid name: 1 to 253 letters, digits, '.', \
            '_', '-'
            e.yaml:1:1 rejected ?
            """),
        Example(
            endpoint(metadata: "{name: [], labels: [a]}"),
            """
            e.yaml:3:18: error: metadata.name: a text is expected here, not a list
            e.yaml:3:30: error: metadata.labels: a mapping is expected here, not a list
            e.yaml:1:1 rejected ?
            """),
        Example(
            endpoint(metadata: "{name: web, labels: {a b: c, x: [1], p/q/r: s}}"),
            """
            e.yaml:3:32: error: metadata.labels["a b"]: "a b" is not a valid qualified name: up to 63 \
            letters, digits, '.', '_', '-' that begin and end with a letter or digit, optionally after a \
            DNS name and '/'
            e.yaml:3:43: error: metadata.labels.x: a text is expected here, not a list
            e.yaml:3:48: error: metadata.labels["p/q/r"]: "p/q/r" is not a valid qualified name: up to 63 \
            letters, digits, '.', '_', '-' that begin and end with a letter or digit, optionally after a \
            DNS name and '/'
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            endpoint(metadata: "{name: web, annotations: {-a: c}}"),
            """
            e.yaml:3:37: error: metadata.annotations["-a"]: "-a" is not a valid qualified name: up to 63 \
            letters, digits, '.', '_', '-' that begin and end with a letter or digit, optionally after a \
            DNS name and '/'
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            endpoint(metadata: "{name: web, uid: 7, managedFields: [{a: 1}], colour: red}"),
            """
            e.yaml:3:56: warning: metadata.colour: unknown field, kept without effect
            e.yaml:1:1 accepted WorkloadEndpoint default/web
            """),
        Example(
            endpoint(metadata: "{name: web, workload: a.b}"),
            """
            e.yaml:3:23: warning: metadata.workload: unknown field, kept without effect; in \
            projectcalico.org/v3 it stands in spec
            e.yaml:1:1 accepted WorkloadEndpoint default/web
            """),
        Example(
            endpoint(kind: nil),
            """
            e.yaml:1:1: error: kind: is required: \(kindsThatAreRead), or a List of them
            e.yaml:1:1 rejected ?
            """),
        Example(
            endpoint(kind: "HostEndpoint"),
            """
            e.yaml:2:7: warning: kind: "HostEndpoint" is ignored: this version reads \(kindsThatAreRead) and Lists of them
            e.yaml:1:1 ignored
            """),
        Example(
            endpoint(kind: "[]"),
            """
            e.yaml:2:7: error: kind: a text is expected here, not a list
            e.yaml:1:1 rejected ?
            """),
        Example(
            endpoint(apiVersion: nil),
            """
            e.yaml:1:1: error: apiVersion: is required: projectcalico.org/v3, or v1 for the older format
            e.yaml:1:1 rejected ?
            """),
        Example(
            endpoint(apiVersion: "v2"),
            """
            e.yaml:1:13: error: apiVersion: "v2" is not a version of this kind: projectcalico.org/v3, or v1 \
            for the older format
            e.yaml:1:1 rejected ?
            """),
        Example(
            endpoint(apiVersion: "v2", kind: "Profile"),
            """
            e.yaml:1:13: error: apiVersion: "v2" is not a version of this kind: projectcalico.org/v3, or v1 \
            for the older format
            e.yaml:1:1 rejected ?
            """),
        Example(
            endpoint(also: "status: {a: [1, x, true]}"),
            """
            e.yaml:5:1: warning: status: unknown field, kept without effect
            e.yaml:1:1 accepted WorkloadEndpoint default/web
            """),
        Example(
            endpoint(kind: "workloadendpoint"),
            """
            e.yaml:1:1 accepted WorkloadEndpoint default/web
            """),
        Example(
            endpoint(spec: "{node: node1, interfaceName: 'cali*', ipNetworks: [10.0.0.1]}"),
            """
            e.yaml:4:36: error: spec.interfaceName: "cali*" is not a valid interface name: 1 to 15 of a-z A-Z \
            0-9 '_' '.' '-', not "." or ".."
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            endpoint(spec: "{node: node1, interfaceName: cali567890123456, ipNetworks: [10.0.0.1]}"),
            """
            e.yaml:4:36: error: spec.interfaceName: "cali567890123456" is not a valid interface name: 1 to 15 \
            of a-z A-Z 0-9 '_' '.' '-', not "." or ".."
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            endpoint(spec: "{node: node1, interfaceName: .., ipNetworks: [10.0.0.1]}"),
            """
            e.yaml:4:36: error: spec.interfaceName: ".." is not a valid interface name: 1 to 15 of a-z A-Z \
            0-9 '_' '.' '-', not "." or ".."
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            endpoint(spec: "{node: node1, ipNetworks: [10.0.0.1]}"),
            """
            e.yaml:4:1: error: spec.interfaceName: is required: the name of the workload's interface on the \
            host, such as cali0ef24ba
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            endpoint(spec: "{interfaceName: cali1, ipNetworks: [10.0.0.1]}"),
            """
            e.yaml:4:1: error: spec.node: is required: the name of the node where the workload runs
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            endpoint(spec: "{node: node1, interfaceName: cali1}"),
            """
            e.yaml:4:1: warning: spec.ipNetworks: no networks: the workload has no address and cannot be \
            reached
            e.yaml:1:1 accepted WorkloadEndpoint default/web
            """),
        Example(
            endpoint(spec: "{node: node1, interfaceName: cali1, ipNetworks: []}"),
            """
            e.yaml:4:55: warning: spec.ipNetworks: no networks: the workload has no address and cannot be \
            reached
            e.yaml:1:1 accepted WorkloadEndpoint default/web
            """),
        Example(
            endpoint(spec: "{node: node1, interfaceName: cali1, ipNetworks: 10.0.0.1}"),
            """
            e.yaml:4:55: error: spec.ipNetworks: a list of IP networks is expected here, not the text \
            "10.0.0.1"
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            endpoint(spec: "{node: node1, interfaceName: cali1, ipNetworks: [10.0.0.0/24]}"),
            """
            e.yaml:4:56: error: spec.ipNetworks[0]: "10.0.0.0/24" is wider than one address: write a /32, or \
            set allowWideNetworks in the configuration
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            endpoint(spec: "{node: node1, interfaceName: cali1, ipNetworks: ['fd00::/127']}"),
            """
            e.yaml:4:56: error: spec.ipNetworks[0]: "fd00::/127" is wider than one address: write a /128, or \
            set allowWideNetworks in the configuration
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            endpoint(spec: "{node: node1, interfaceName: cali1, ipNetworks: [10.0.0.1, 10.0.0.1/32]}"),
            """
            e.yaml:4:66: warning: spec.ipNetworks[1]: 10.0.0.1/32 is listed already, on line 4
            e.yaml:1:1 accepted WorkloadEndpoint default/web
            """),
        Example(
            endpoint(spec: "{node: node1, interfaceName: cali1, ipNetworks: ['::1/129', nonsense, 10.0.0.1/]}"),
            """
            e.yaml:4:56: error: spec.ipNetworks[0]: "::1/129" is not a valid IP network: CIDR notation such \
            as 10.65.0.2/32 or 2001:db8::1/128
            e.yaml:4:67: error: spec.ipNetworks[1]: "nonsense" is not a valid IP network: CIDR notation such \
            as 10.65.0.2/32 or 2001:db8::1/128
            e.yaml:4:77: error: spec.ipNetworks[2]: "10.0.0.1/" is not a valid IP network: CIDR notation such \
            as 10.65.0.2/32 or 2001:db8::1/128
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            endpoint(
                spec: """
                    {node: node1, interfaceName: cali1, ipNetworks: [10.0.0.999],
                      ipNATs: [{internalIP: 10.0.0.9, externalIP: 192.0.2.1}]}
                    """),
            """
            e.yaml:4:56: error: spec.ipNetworks[0]: "10.0.0.999" is not a valid IP network: CIDR notation \
            such as 10.65.0.2/32 or 2001:db8::1/128
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            endpoint(
                spec: """
                    {node: n, orchestrator: k8s, pod: a-b, endpoint: eth0,
                      interfaceName: cali1, ipNetworks: [10.0.0.1]}
                    """),
            """
            e.yaml:3:18: warning: metadata.name: "web" is not the name that Calico computes for this \
            endpoint, "n-k8s-a--b-eth0"
            e.yaml:1:1 accepted WorkloadEndpoint default/web
            """),
        Example(
            endpoint(
                spec: """
                    {node: n, orchestrator: cni, containerID: c, endpoint: eth0,
                      interfaceName: cali1, ipNetworks: [10.0.0.1]}
                    """),
            """
            e.yaml:3:18: warning: metadata.name: "web" is not the name that Calico computes for this \
            endpoint, "n-cni-c-eth0"
            e.yaml:1:1 accepted WorkloadEndpoint default/web
            """),
        Example(
            endpoint(
                spec: """
                    {node: n, orchestrator: libnetwork, endpoint: eth0,
                      interfaceName: cali1, ipNetworks: [10.0.0.1]}
                    """),
            """
            e.yaml:3:18: warning: metadata.name: "web" is not the name that Calico computes for this \
            endpoint, "n-libnetwork-libnetwork-eth0"
            e.yaml:1:1 accepted WorkloadEndpoint default/web
            """),
        Example(
            endpoint(
                metadata: "{name: n-openstack-vm-eth0}",
                spec: """
                    {node: n, orchestrator: openstack, workload: vm, endpoint: eth0,
                      interfaceName: cali1, ipNetworks: [10.0.0.1]}
                    """),
            """
            e.yaml:1:1 accepted WorkloadEndpoint default/n-openstack-vm-eth0
            """),
        Example(
            endpoint(
                apiVersion: "v1", metadata: "{name: eth0}", spec: "{interfaceName: cali1, ipNetworks: [10.0.0.1]}"),
            """
            e.yaml:3:1: error: metadata.node: is required: the name of the node where the workload runs
            e.yaml:3:1: error: metadata.orchestrator: is required: what started the workload, such as k8s
            e.yaml:3:1: error: metadata.workload: is required: the workload's name, with orchestrator k8s \
            namespace.pod
            e.yaml:1:1 rejected ?
            """),
        Example(
            endpoint(
                apiVersion: "v1", metadata: "{name: eth0, node: n, orchestrator: k8s, workload: a.b.c}",
                spec: "{interfaceName: cali1, ipNetworks: [10.0.0.1], node: n}"),
            """
            e.yaml:4:54: warning: spec.node: unknown field, kept without effect; the older format identifies \
            an endpoint in its metadata
            e.yaml:1:1 accepted WorkloadEndpoint a/n-k8s-b.c-eth0
            """),
        Example(
            endpoint(
                apiVersion: "v1", metadata: "{name: eth0, node: n, orchestrator: k8s, workload: a.b.c, namespace: z}",
                spec: "{interfaceName: cali1, ipNetworks: [10.0.0.1]}"),
            """
            e.yaml:3:80: error: metadata.namespace: "z" is not the namespace that workload "a.b.c" begins with
            e.yaml:1:1 rejected ?
            """),
        Example(
            endpoint(
                apiVersion: "v1", metadata: "{name: eth0, node: n, orchestrator: k8s, workload: web}",
                spec: "{interfaceName: cali1, ipNetworks: [10.0.0.1]}"),
            """
            e.yaml:3:62: warning: metadata.workload: "web" is not namespace.pod: it is taken for a pod of \
            namespace "default"
            e.yaml:1:1 accepted WorkloadEndpoint default/n-k8s-web-eth0
            """),
        Example(
            endpoint(
                apiVersion: "v1", metadata: "{name: eth0, node: n, orchestrator: cni, workload: abc}",
                spec: "{interfaceName: cali1, ipNetworks: [10.0.0.1]}"),
            """
            e.yaml:1:1 accepted WorkloadEndpoint default/n-cni-abc-eth0
            """),
        Example(
            endpoint(
                apiVersion: "v1", metadata: "{name: eth0, node: n, orchestrator: k8s, workload: a.b}",
                spec: "{interfaceName: cali1, ipNetworks: [10.0.0.1], mac: x, profiles: x}"),
            """
            e.yaml:4:59: error: spec.mac: "x" is not a valid MAC address: six octets (ca:fe:1d:52:bb:e9) or \
            eight (EUI-64), separated by ':' or '-'
            e.yaml:4:72: error: spec.profiles: a list of profile names is expected here, not the text "x"
            e.yaml:1:1 rejected WorkloadEndpoint a/n-k8s-b-eth0
            """),
        Example(
            "just text",
            """
            e.yaml:1:1: error: a resource is expected here, not the text "just text"
            e.yaml:1:1 rejected ?
            """),
        Example(
            "kind: List",
            """
            e.yaml:1:1: warning: items: no items: the list holds nothing
            e.yaml:1:1 ignored
            """),
        Example(
            """
            kind: List
            items: {}
            """,
            """
            e.yaml:2:8: error: items: a list of resources is expected here, not a mapping
            e.yaml:1:1 rejected ?
            """),
        Example(
            "a: [",
            """
            e.yaml:2:1: error: not valid YAML: did not find expected node content while parsing a flow node
            e.yaml:2:1 rejected ?
            """),
        Example(
            "a: b: c",
            """
            e.yaml:1:5: error: not valid YAML: mapping values are not allowed in this context; check the \
            indentation; a text that has ': ' in it needs quotes
            e.yaml:1:5 rejected ?
            """),
        Example(
            """
            a:
            	b: 1
            """,
            """
            e.yaml:2:1: error: not valid YAML: found character that cannot start any token while scanning for \
            the next token; YAML is indented with spaces, never with tabs
            e.yaml:2:1 rejected ?
            """),
        Example(
            "a: 'x",
            """
            e.yaml:2:1: error: not valid YAML: found unexpected end of stream while scanning a quoted scalar \
            that begins on line 1
            e.yaml:2:1 rejected ?
            """),
        Example(
            "a: &x [*x]",
            """
            e.yaml:1:8: error: not valid YAML: the alias *x has no anchor before it; a text that begins with \
            '*' needs quotes
            e.yaml:1:8 rejected ?
            """),
        Example(
            "interfaceName: *cali",
            """
            e.yaml:1:16: error: not valid YAML: the alias *cali has no anchor before it; a text that begins \
            with '*' needs quotes
            e.yaml:1:16 rejected ?
            """),
        Example(
            "interfaceName: *",
            """
            e.yaml:1:17: error: not valid YAML: did not find expected alphabetic or numeric character while \
            scanning an alias; a text that begins with '*' needs quotes
            e.yaml:1:17 rejected ?
            """),
        Example(
            "a: @x",
            """
            e.yaml:1:4: error: not valid YAML: found character that cannot start any token while scanning for \
            the next token; a text that begins with '@' needs quotes
            e.yaml:1:4 rejected ?
            """),
        Example(
            "a: [::1]",
            """
            e.yaml:1:5: error: not valid YAML: did not find expected node content while parsing a flow node; \
            a text that begins with ':' needs quotes
            e.yaml:1:5 rejected ?
            """),
        Example(
            // Only the file's name would tell that this is meant as JSON (JSONSyntaxTests).
            #"{"kind":"List""#,
            """
            e.yaml:2:1: error: not valid YAML: did not find expected ',' or '}' while parsing a flow mapping \
            that begins on line 1
            e.yaml:2:1 rejected ?
            """),
        Example(
            """
            - a
            b: c
            """,
            """
            e.yaml:2:1: error: not valid YAML: did not find expected '-' indicator while parsing a block \
            collection that begins on line 1
            e.yaml:2:1 rejected ?
            """),
    ]
}
