/// A document of each kind that policy needs, with every field that it may have.
enum PolicySamples {
    static let networkPolicy = """
        apiVersion: projectcalico.org/v3
        kind: NetworkPolicy
        metadata: {name: platform.allow-web, namespace: prod, labels: {a: b}, uid: 1a}
        spec:
          tier: platform
          order: 10.5
          selector: role == 'web'
          serviceAccountSelector: team in {"x", "y"}
          types: [Ingress, Egress]
          performanceHints: [AssumeNeededOnEveryNode]
          ingress:
          - action: Allow
            ipVersion: 4
            protocol: TCP
            notProtocol: UDP
            metadata: {annotations: {why: because}}
            source:
              nets: [10.0.0.0/8]
              notNets: [10.1.0.0/16]
              selector: role == "client"
              notSelector: has(banned)
              namespaceSelector: projectcalico.org/name in {'a', 'b'}
              serviceAccounts: {names: [ci, cd], selector: has(trusted)}
              ports: ["1024:65535"]
              notPorts: [5000]
            destination: {ports: [80, https, "8000:8010"], notPorts: [admin]}
          - {action: Pass, source: {serviceAccounts: {}}}
          egress:
          - {action: Log, protocol: ICMP, icmp: {type: 8, code: 0}, notICMP: {type: 3}}
          - {action: Deny, destination: {namespaceSelector: global()}}
        status: {observed: 1}
        """

    static let globalNetworkPolicy = """
        apiVersion: projectcalico.org/v3
        kind: GlobalNetworkPolicy
        metadata: {name: lock}
        spec:
          order: 1e3
          selector: all()
          namespaceSelector: kubernetes.io/metadata.name != "kube-system"
          serviceAccountSelector: has(x)
          applyOnForward: true
          types: []
          egress:
          - {action: Allow, protocol: UDP, destination: {ports: [53]}}
        """

    static let tier = """
        apiVersion: projectcalico.org/v3
        kind: Tier
        metadata: {name: platform}
        spec: {order: 100, defaultAction: Pass, colour: red}
        """

    static let networkSet = """
        apiVersion: projectcalico.org/v3
        kind: NetworkSet
        metadata: {name: partners, namespace: prod, labels: {role: partner}}
        spec: {nets: [198.51.100.0/24, 203.0.113.7, "2001:db8::/32"], colour: red}
        """

    static let globalNetworkSet = """
        apiVersion: projectcalico.org/v3
        kind: GlobalNetworkSet
        metadata: {name: threats, labels: {feed: threat}}
        spec: {nets: [0.0.0.0/0, "::/0"]}
        """

    static let kubernetesPolicy = """
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: db, namespace: prod}
        spec:
          podSelector:
            matchLabels: {role: db}
            matchExpressions:
            - {key: tier, operator: In, values: [back, data]}
            - {key: tier, operator: NotIn, values: [""]}
            - {key: app.example.org/name, operator: Exists}
            - {key: old, operator: DoesNotExist}
          policyTypes: [Ingress, Egress]
          ingress:
          - from:
            - ipBlock: {cidr: 172.17.0.0/16, except: [172.17.1.0/24, 172.17.2.1/32]}
            - namespaceSelector: {matchLabels: {project: x}}
              podSelector: {}
            - podSelector: {matchLabels: {role: web}}
            - namespaceSelector: {}
            ports:
            - {protocol: TCP, port: 6379}
            - {port: metrics}
            - {protocol: UDP, port: 32000, endPort: 32768}
            - {protocol: SCTP}
          - {}
          egress: []
        status: {}
        """

    static let stagedNetworkPolicy = """
        apiVersion: projectcalico.org/v3
        kind: StagedNetworkPolicy
        metadata: {name: trial, namespace: prod}
        spec: {stagedAction: Set, selector: has(a), ingress: [{action: Deny}]}
        """

    static let stagedGlobalNetworkPolicy = """
        apiVersion: projectcalico.org/v3
        kind: StagedGlobalNetworkPolicy
        metadata: {name: trial}
        spec: {stagedAction: Delete, tier: platform}
        """

    static let stagedKubernetesPolicy = """
        apiVersion: projectcalico.org/v3
        kind: StagedKubernetesNetworkPolicy
        metadata: {name: trial, namespace: prod}
        spec: {stagedAction: Ignore, podSelector: {}, egress: [{to: [{podSelector: {}}]}]}
        """

    static let namespace = """
        apiVersion: v1
        kind: Namespace
        metadata: {name: prod, labels: {team: x, kubernetes.io/metadata.name: prod}}
        spec: {finalizers: [kubernetes]}
        status: {phase: Active}
        """

    static let serviceAccount = """
        apiVersion: v1
        kind: ServiceAccount
        metadata: {name: ci, namespace: prod, labels: {trusted: "yes"}}
        secrets: [{name: token}]
        imagePullSecrets: []
        automountServiceAccountToken: false
        """

    static let all = [
        networkPolicy, globalNetworkPolicy, tier, networkSet, globalNetworkSet, kubernetesPolicy, stagedNetworkPolicy,
        stagedGlobalNetworkPolicy, stagedKubernetesPolicy, namespace, serviceAccount,
    ]
}
