import NetworkValues
import Resources
import Testing

/// What goes in comes out, field for field.
@Suite struct RoundTripTests {
    static let v3 = """
        apiVersion: projectcalico.org/v3
        kind: WorkloadEndpoint
        metadata:
          name: "a.b_c-D9"
          namespace: prod
          generateName: a-
          uid: 7f6e
          resourceVersion: 0012
          creationTimestamp: 2026-01-02T03:04:05Z
          generation: 3
          ownerReferences: [{kind: Pod, controller: true, weights: [1, 1.5e3, -0, 01, "1", .5, null, ~]}]
          labels: {app: front_end, "n": "", yes: no}
          annotations:
            example.org/note: "line\\none\\ttab \\"quoted\\" \\\\ \\u0000\\u007f\\u0085\\u2028\\ufeff\\U0001F600 ü"
        spec:
          workload: w
          orchestrator: cni
          node: n1
          containerID: 0123456789012345678901234
          pod: p
          endpoint: eth0
          serviceAccountName: sa
          interfaceName: cali0
          mac: CA-FE-1D-FF-FE-52-BB-E9
          ipNetworks: [10.0.0.1, 10.1.0.0/16, "FD00:0::1", "fd01::/64"]
          ipNATs:
          - {internalIP: 10.0.0.1, externalIP: 192.0.2.1, comment: kept}
          - {internalIP: 10.0.0.1, externalIP: 192.0.2.2}
          - {internalIP: "fd01::5", externalIP: "2001:db8::5"}
          ipv4Gateway: 169.254.1.1
          ipv6Gateway: fe80::1
          profiles: [b, a, kns.default]
          ports:
          - {name: dns, protocol: udp, port: 53, hostPort: 5353, hostIP: 203.0.113.9, appProtocol: dns}
          - {protocol: Sctp, port: "65535", hostPort: 1}
          allowSpoofedSourcePrefixes: [0.0.0.0/0, 10.9.0.0/16, "::/0"]
          qosControls: {ingressBandwidth: 1000000}
        status: {phase: Running}
        """

    @Test("every field of the v3 format is kept")
    func v3Fields() throws {
        let endpoint = try acceptedEndpoint(Self.v3, allowWideNetworks: true)
        let expected = WorkloadEndpoint(
            metadata: Metadata(
                name: "a.b_c-D9", namespace: "prod", labels: ["app": "front_end", "n": "", "yes": "no"],
                annotations: [
                    "example.org/note":
                        "line\none\ttab \"quoted\" \\ \u{0}\u{7f}\u{85}\u{2028}\u{feff}\u{1F600} ü"
                ],
                creationTimestamp: "2026-01-02T03:04:05Z", uid: "7f6e", resourceVersion: "0012", generateName: "a-",
                otherFields: [
                    "generation": .literal("3"),
                    "ownerReferences": .list([
                        .mapping([
                            "kind": .text("Pod"), "controller": .literal("true"),
                            "weights": .list([
                                .literal("1"), .literal("1.5e3"), .literal("-0"), .text("01"), .text("1"), .text(".5"),
                                .literal("null"), .literal("null"),
                            ]),
                        ])
                    ]),
                ]),
            namespace: "prod", workload: "w", orchestrator: "cni", node: "n1",
            containerID: "0123456789012345678901234", pod: "p", endpoint: "eth0", serviceAccountName: "sa",
            ipNetworks: try ["10.0.0.1/32", "10.1.0.0/16", "fd00::1/128", "fd01::/64"].map {
                try IPPrefix(parsing: $0)
            },
            ipNATs: [
                IPNAT(
                    internalIP: try IPAddress(parsing: "10.0.0.1"), externalIP: try IPAddress(parsing: "192.0.2.1"),
                    otherFields: ["comment": .text("kept")]),
                IPNAT(internalIP: try IPAddress(parsing: "10.0.0.1"), externalIP: try IPAddress(parsing: "192.0.2.2")),
                IPNAT(internalIP: try IPAddress(parsing: "fd01::5"), externalIP: try IPAddress(parsing: "2001:db8::5")),
            ],
            ipv4Gateway: try IPAddress(parsing: "169.254.1.1"), ipv6Gateway: try IPAddress(parsing: "fe80::1"),
            profiles: ["b", "a", "kns.default"], interfaceName: try InterfaceName(parsing: "cali0"),
            mac: .eui64(0xcafe_1dff_fe52_bbe9),
            ports: [
                EndpointPort(
                    name: "dns", protocol: .udp, port: 53, hostPort: 5353,
                    hostIP: try IPAddress(parsing: "203.0.113.9"), otherFields: ["appProtocol": .text("dns")]),
                EndpointPort(name: nil, protocol: .sctp, port: 65535, hostPort: 1),
            ],
            allowSpoofedSourcePrefixes: try ["0.0.0.0/0", "10.9.0.0/16", "::/0"].map { try IPPrefix(parsing: $0) },
            otherSpecFields: ["qosControls": .mapping(["ingressBandwidth": .literal("1000000")])],
            otherFields: ["status": .mapping(["phase": .text("Running")])])
        #expect(endpoint == expected)
    }

    static let v1 = """
        apiVersion: v1
        kind: workloadEndpoint
        metadata: {name: eth0, workload: ns1.pod.with.dots, orchestrator: k8s, node: n-1,
          labels: {a: b}, annotations: {c: d}}
        spec:
          interfaceName: cali0
          mac: ca:fe:1d:52:bb:e9
          ipNetworks: [10.0.0.1]
          ipNATs: [{internalIP: 10.0.0.1, externalIP: 192.0.2.1}]
          ipv4Gateway: 10.0.0.254
          ipv6Gateway: fe80::1
          profiles: [a]
          ports: [{name: a, protocol: TCP, port: 1}]
          allowSpoofedSourcePrefixes: [10.9.0.0/16]
          pod: unknown here
        """

    static let profile = """
        apiVersion: projectcalico.org/v3
        kind: Profile
        metadata: {name: p, labels: {a: b}}
        spec:
          ingress:
          - {action: Allow, protocol: tcp, source: {nets: [10.0.0.0/8], ports: [1, "2:3"]},
             metadata: {annotations: {a: b}}}
          - {action: Deny, protocol: 47}
          - {action: log, ipVersion: 4, protocol: icmp, icmp: {type: 3}, notICMP: {type: 3, code: 0}}
          - {action: pass, ipVersion: 6, notProtocol: 47, source: {notNets: ["fd00::/8", 10.0.0.0/8]}}
          - {action: Allow, protocol: udp, destination: {ports: ["1:9", dns], notPorts: [4, "6:7", x-1]}}
          - {action: Allow, source: {selector: a == 'b', notSelector: "c  in {'d'}", namespaceSelector: global(),
             serviceAccounts: {names: [b, a], selector: has(x)}}}
          egress:
          - {action: Allow, protocol: ICMPv6, destination: {nets: ["fd00::/8"]}}
          labelsToApply: {a: b, c: "1"}
          tags: [x]
        """

    static let v1Profile = """
        apiVersion: v1
        kind: profile
        metadata: {name: p, labels: {a: b}, tags: [web, b.c_d-E], annotations: {c: d}}
        spec:
          ingress:
          - {action: allow, protocol: TCP, source: {net: 10.0.0.0/8, notNet: 10.1.0.0/16, ports: [1]},
             destination: {nets: [10.9.0.0/16], notNets: [10.9.1.0/24], notPorts: ["2:3"]}}
          - {action: deny, "!protocol": 47, ipVersion: 4, source: {"!net": 10.0.0.0/8},
             destination: {"!nets": [10.9.0.0/16]}}
          - {action: deny, protocol: udp, notProtocol: tcp, destination: {"!ports": [1, "2:3"]}}
          - {action: allow, source: {selector: a == 'b', "!selector": has(c)}, destination: {notSelector: has(d)}}
          egress:
          - {action: Log, protocol: icmp, icmp: {type: 8, code: 0}, "!icmp": {type: 3}}
          - {action: next-tier, protocol: icmpv6, notICMP: {type: 128}}
          - {action: pass}
          labelsToApply: {unknown: here}
        """

    @Test("a v1 profile stays v1, rules in their own spelling")
    func v1ProfileJSON() throws {
        #expect(
            try accepted(Self.v1Profile).json
                == #"{"apiVersion":"v1","kind":"profile","metadata":{"name":"p","labels":{"a":"b"},"#
                + #""tags":["web","b.c_d-E"],"annotations":{"c":"d"}},"spec":{"ingress":["#
                + #"{"action":"allow","protocol":"tcp","source":{"net":"10.0.0.0/8","notNet":"10.1.0.0/16","#
                + #""ports":[1]},"destination":{"nets":["10.9.0.0/16"],"notNets":["10.9.1.0/24"],"#
                + #""notPorts":["2:3"]}},"#
                + #"{"action":"deny","ipVersion":4,"!protocol":47,"source":{"!net":"10.0.0.0/8"},"#
                + #""destination":{"!nets":["10.9.0.0/16"]}},"#
                + #"{"action":"deny","protocol":"udp","notProtocol":"tcp","destination":{"!ports":[1,"2:3"]}},"#
                + #"{"action":"allow","source":{"selector":"a == 'b'","!selector":"has(c)"},"#
                + #""destination":{"notSelector":"has(d)"}}],"#
                + #""egress":[{"action":"log","protocol":"icmp","icmp":{"type":8,"code":0},"!icmp":{"type":3}},"#
                + #"{"action":"next-tier","protocol":"icmpv6","notICMP":{"type":128}},{"action":"pass"}],"#
                + #""labelsToApply":{"unknown":"here"}}}"#)
    }

    @Test("a resource's JSON is read as an equal resource", arguments: [v3, v1, profile, v1Profile, endpoint("x")])
    func json(_ text: String) throws {
        let resource = try accepted(text, allowWideNetworks: true)
        #expect(try accepted(resource.json, allowWideNetworks: true) == resource)
        #expect(try accepted(resource.json, allowWideNetworks: true).json == resource.json)
    }

    @Test("the v1 format stays v1, fields in a fixed order")
    func v1JSON() throws {
        #expect(
            try accepted(Self.v1).json
                == #"{"apiVersion":"v1","kind":"workloadEndpoint","metadata":{"name":"eth0","#
                + #""workload":"ns1.pod.with.dots","#
                + #""orchestrator":"k8s","node":"n-1","labels":{"a":"b"},"annotations":{"c":"d"}},"spec":{"#
                + #""interfaceName":"cali0","mac":"ca:fe:1d:52:bb:e9","ipNetworks":["10.0.0.1/32"],"#
                + #""ipNATs":[{"internalIP":"10.0.0.1","externalIP":"192.0.2.1"}],"ipv4Gateway":"10.0.0.254","#
                + #""ipv6Gateway":"fe80::1","profiles":["a"],"ports":[{"name":"a","protocol":"TCP","port":1}],"#
                + #""allowSpoofedSourcePrefixes":["10.9.0.0/16"],"pod":"unknown here"}}"#)
        let endpoint = try acceptedEndpoint(Self.v1)
        #expect(endpoint.namespace == "ns1")
        #expect(endpoint.pod == "pod.with.dots")
        #expect(endpoint.key.description == "WorkloadEndpoint ns1/n--1-k8s-pod.with.dots-eth0")
    }

    @Test("a list of resources is read as those resources")
    func list() throws {
        let resources = try [Self.v3, Self.v1, Self.profile, Self.v1Profile].map {
            try accepted($0, allowWideNetworks: true)
        }
        let documents = read(ResourceList.json(resources), allowWideNetworks: true)
        #expect(documents.map(\.outcome) == resources.map { .accepted($0) })
        #expect(ResourceList.json([]) == #"{"apiVersion":"v1","kind":"List","items":[]}"#)
    }
}
