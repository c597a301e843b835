import Testing

/// Every field of an endpoint's `spec`: the text after line 8 of a valid document, and all that is said about it.
@Suite struct EndpointFieldTests {
    @Test("a field says exactly what is wrong with it, and where", arguments: cases)
    func field(_ example: Example) {
        let lines = example.text.split(separator: "\n").map { "  \($0)\n" }
        #expect(report(Self.endpoint + lines.joined()).joined(separator: "\n") == example.report)
    }

    static let endpoint = """
        apiVersion: projectcalico.org/v3
        kind: WorkloadEndpoint
        metadata:
          name: web
        spec:
          node: node1
          interfaceName: cali1
          ipNetworks: [10.0.0.1, "fd00::1"]

        """

    static let cases: [Example] = [
        Example(
            "mac: xx",
            """
            e.yaml:9:8: error: spec.mac: "xx" is not a valid MAC address: six octets (ca:fe:1d:52:bb:e9) or \
            eight (EUI-64), separated by ':' or '-'
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            "mac: ca:fe:1d:52:bb",
            """
            e.yaml:9:8: error: spec.mac: "ca:fe:1d:52:bb" is not a valid MAC address: six octets \
            (ca:fe:1d:52:bb:e9) or eight (EUI-64), separated by ':' or '-'
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            "mac: 00:00:00:00:fe:80:00:00:00:00:00:00:02:00:5e:10:00:00:00:01",
            """
            e.yaml:9:8: error: spec.mac: "00:00:00:00:fe:80:00:00:00:00:00:00:02:00:5e:10:00:00:00:01" is not \
            a valid MAC address: an InfiniBand address, which no Ethernet frame carries, has 20 octets; six \
            octets (ca:fe:1d:52:bb:e9) or eight (EUI-64), separated by ':' or '-'
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            "mac: 01:00:5e:00:00:01",
            """
            e.yaml:9:8: error: spec.mac: 01:00:5e:00:00:01 is a group address, which no interface can send \
            from: its first octet must be even
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            "mac: 00:00:00:00:00:00",
            """
            e.yaml:9:8: error: spec.mac: 00:00:00:00:00:00 is not an address that an interface can send from
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            "mac: [ca:fe:1d:52:bb:e9]",
            """
            e.yaml:9:8: error: spec.mac: a text is expected here, not a list
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            "orchestrator: k8s/x",
            """
            e.yaml:9:17: error: spec.orchestrator: "k8s/x" is not a valid name: 1 to 253 letters, digits, \
            '.', '_', '-', with no '-' at its ends
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            "pod: -web",
            """
            e.yaml:9:8: error: spec.pod: "-web" is not a valid name: 1 to 253 letters, digits, '.', '_', '-', \
            with no '-' at its ends
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            "containerID: a_b",
            """
            e.yaml:9:16: error: spec.containerID: "a_b" is not a valid container ID: letters, digits, '-', \
            with no '-' at its ends
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            "serviceAccountName: a b",
            """
            e.yaml:9:23: error: spec.serviceAccountName: "a b" is not a valid name: 1 to 253 letters, digits, \
            '.', '_', '-', with no '-' at its ends
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            "endpoint: {name: eth0}",
            """
            e.yaml:9:13: error: spec.endpoint: a text is expected here, not a mapping
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            "ipNATs: [{internalIP: 10.0.0.2, externalIP: 192.0.2.1}]",
            """
            e.yaml:9:25: error: spec.ipNATs[0].internalIP: 10.0.0.2 is in none of the endpoint's ipNetworks: \
            an address of the workload is expected here
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            "ipNATs: [{internalIP: 10.0.0.1, externalIP: 2001:db8::1}]",
            """
            e.yaml:9:12: error: spec.ipNATs[0]: 10.0.0.1 and 2001:db8::1 are of different families: a NAT \
            maps within one family
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            "ipNATs: [{internalIP: 10.0.0.1}, {externalIP: 192.0.2.1}]",
            """
            e.yaml:9:12: error: spec.ipNATs[0].externalIP: is required: the address by which others reach the \
            workload
            e.yaml:9:36: error: spec.ipNATs[1].internalIP: is required: an address of the workload
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            "ipNATs: [{internalIP: 10.0.0.1/32, externalIP: 192.0.2.256}]",
            """
            e.yaml:9:25: error: spec.ipNATs[0].internalIP: "10.0.0.1/32" is not a valid IP address: an IPv4 \
            or IPv6 address without prefix length
            e.yaml:9:50: error: spec.ipNATs[0].externalIP: "192.0.2.256" is not a valid IP address: an IPv4 \
            or IPv6 address without prefix length
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            "ipNATs: [{internalIP: 10.0.0.1, externalIP: 192.0.2.1}, {internalIP: 10.0.0.1, externalIP: 192.0.2.1}]",
            """
            e.yaml:9:94: error: spec.ipNATs[1].externalIP: 192.0.2.1 is mapped already, on line 9
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            "ipNATs: {internalIP: 10.0.0.1, externalIP: 192.0.2.1}",
            """
            e.yaml:9:11: error: spec.ipNATs: a list of IP NATs is expected here, not a mapping
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            "ipNATs: [10.0.0.1]",
            """
            e.yaml:9:12: error: spec.ipNATs[0]: a mapping is expected here, not the text "10.0.0.1"
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            "ipv4Gateway: fd00::1",
            """
            e.yaml:9:16: error: spec.ipv4Gateway: fd00::1 is an IPv6 address: an IPv4 address is expected here
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            "ipv4Gateway: 10.0.0.1/24",
            """
            e.yaml:9:16: error: spec.ipv4Gateway: "10.0.0.1/24" is not a valid IP address: an IPv4 or IPv6 \
            address without prefix length
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            "ipv6Gateway: 10.0.0.1",
            """
            e.yaml:9:16: error: spec.ipv6Gateway: 10.0.0.1 is an IPv4 address: an IPv6 address is expected \
            here
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            "profiles: profile1",
            """
            e.yaml:9:13: error: spec.profiles: a list of profile names is expected here, not the text \
            "profile1"
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            #"profiles: [a b, "", {}]"#,
            """
            e.yaml:9:14: error: spec.profiles[0]: "a b" is not a valid name: 1 to 253 letters, digits, '.', \
            '_', '-'
            e.yaml:9:19: error: spec.profiles[1]: "" is not a valid name: 1 to 253 letters, digits, '.', '_', \
            '-'
            e.yaml:9:23: error: spec.profiles[2]: a text is expected here, not a mapping
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            "profiles: [ok, ~]",
            """
            e.yaml:9:18: error: spec.profiles[1]: an item of the list has no value
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            "profiles: [a, a]",
            """
            e.yaml:9:17: warning: spec.profiles[1]: a is listed already, on line 9
            e.yaml:1:1 accepted WorkloadEndpoint default/web
            """),
        Example(
            "ports: [{port: 80, protocol: TCP}]",
            """
            e.yaml:9:11: error: spec.ports[0].name: is required: a name for the port, unless it has a hostPort
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            "ports: [{name: a, port: 0, protocol: TCP}]",
            """
            e.yaml:9:27: error: spec.ports[0].port: "0" is not a valid port: a number from 1 to 65535
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            "ports: [{name: a, port: 65536, protocol: ICMP}]",
            """
            e.yaml:9:27: error: spec.ports[0].port: "65536" is not a valid port: a number from 1 to 65535
            e.yaml:9:44: error: spec.ports[0].protocol: "ICMP" is not a valid port protocol: TCP, UDP or \
            SCTP, in any case
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            #"ports: [{name: a, port: "080", protocol: TCP}]"#,
            """
            e.yaml:9:27: error: spec.ports[0].port: "080" is not a valid port: a number from 1 to 65535
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            "ports: [{name: a, port: +80, protocol: TCP}]",
            """
            e.yaml:9:27: error: spec.ports[0].port: "+80" is not a valid port: a number from 1 to 65535
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            "ports: [{name: a b}]",
            """
            e.yaml:9:11: error: spec.ports[0].protocol: is required: TCP, UDP or SCTP
            e.yaml:9:11: error: spec.ports[0].port: is required: a number from 1 to 65535
            e.yaml:9:18: error: spec.ports[0].name: "a b" is not a valid name: 1 to 253 letters, digits, '.', \
            '_', '-'
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            "ports: [{name: a, port: 1, protocol: TCP}, {name: a, port: 2, protocol: TCP}]",
            """
            e.yaml:9:53: error: spec.ports[1].name: "a" names a port already, on line 9: names are unique in \
            an endpoint
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            "ports: [{name: a, port: 1, protocol: TCP, hostPort: 70000, hostIP: 80}]",
            """
            e.yaml:9:55: error: spec.ports[0].hostPort: "70000" is not a valid port: a number from 1 to 65535
            e.yaml:9:70: error: spec.ports[0].hostIP: "80" is not a valid IP address: an IPv4 or IPv6 address \
            without prefix length
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            "ports: [80]",
            """
            e.yaml:9:11: error: spec.ports[0]: a mapping is expected here, not the text "80"
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            "allowSpoofedSourcePrefixes: [10.0.0.0/33]",
            """
            e.yaml:9:32: error: spec.allowSpoofedSourcePrefixes[0]: "10.0.0.0/33" is not a valid IP network: \
            CIDR notation such as 10.65.0.2/32 or 2001:db8::1/128
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            "allowSpoofedSourcePrefixes: [10.0.0.1/8]",
            """
            e.yaml:9:32: warning: spec.allowSpoofedSourcePrefixes[0]: "10.0.0.1/8" has address bits beyond \
            its length and is read as 10.0.0.0/8
            e.yaml:1:1 accepted WorkloadEndpoint default/web
            """),
        Example(
            "qosControls: {ingressBandwidth: 1000}",
            """
            e.yaml:9:3: warning: spec.qosControls: unknown field, kept without effect
            e.yaml:1:1 accepted WorkloadEndpoint default/web
            """),
        Example(
            #"mac: "ca:fe\n\u001b[31m\u202e""#,
            #"""
            e.yaml:9:8: error: spec.mac: "ca:fe\n\u{1B}[31m\u{202E}" is not a valid MAC address: six octets \#
            (ca:fe:1d:52:bb:e9) or eight (EUI-64), separated by ':' or '-'
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """#),
        Example(
            "<<: {mac: ca:fe:00:00:00:01}",
            """
            e.yaml:9:3: error: spec["<<"]: merge keys are not supported: write the fields out
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            "[a]: b",
            """
            e.yaml:9:3: error: spec: the name of a field must be a text, not a list
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            """
            mac: ca:fe:00:00:00:01
            mac: ca:fe:00:00:00:02
            """,
            """
            e.yaml:10:3: error: spec.mac: given twice with different values, first on line 9: remove one
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        // One name in two compositions.
        Example(
            "\u{e9}: 1\ne\u{301}: 2",
            """
            e.yaml:9:3: warning: spec["\u{e9}"]: unknown field, kept without effect
            e.yaml:10:3: error: spec["e\u{301}"]: given twice with different values, first on line 9: remove one
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            "mac: 01:00:5e:ff:fe:00:00:01",
            """
            e.yaml:9:8: error: spec.mac: 01:00:5e:ff:fe:00:00:01 is a group address, which no interface can send \
            from: its first octet must be even
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            "mac: 00:00:00:ff:fe:00:00:00",
            """
            e.yaml:9:8: error: spec.mac: 00:00:00:ff:fe:00:00:00 is not an address that an interface can send from
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            "interfacename: cali2",
            """
            e.yaml:9:3: warning: spec.interfacename: unknown field, kept without effect; did you mean \
            "interfaceName"?
            e.yaml:1:1 accepted WorkloadEndpoint default/web
            """),
        Example(
            "ipNATs: []",
            """
            e.yaml:1:1 accepted WorkloadEndpoint default/web
            """),
        Example(
            "nodeName: n",
            """
            e.yaml:9:3: warning: spec.nodeName: unknown field, kept without effect
            e.yaml:1:1 accepted WorkloadEndpoint default/web
            """),
        Example(
            "ports: [{name: a, port: 1, protocol: udp, hostport: 5}]",
            """
            e.yaml:9:45: warning: spec.ports[0].hostport: unknown field, kept without effect; did you mean \
            "hostPort"?
            e.yaml:1:1 accepted WorkloadEndpoint default/web
            """),
        Example(
            "mac: 1:2:3:4:5:6",
            """
            e.yaml:9:8: error: spec.mac: "1:2:3:4:5:6" is not a valid MAC address: six octets \
            (ca:fe:1d:52:bb:e9) or eight (EUI-64), separated by ':' or '-'
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            "profiles: 5",
            """
            e.yaml:9:13: error: spec.profiles: a list of profile names is expected here, not the text "5"
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            #"ipNetworks: [10.0.0.1, "fd00::1"]"#,
            """
            e.yaml:9:3: warning: spec.ipNetworks: given twice with the same value, first on line 8
            e.yaml:1:1 accepted WorkloadEndpoint default/web
            """),
        Example(
            "ipNetworks: []",
            """
            e.yaml:9:3: error: spec.ipNetworks: given twice with different values, first on line 8: remove one
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        // What Calico itself writes for a port that lacks them.
        Example(
            #"ports: [{name: "", protocol: TCP, port: 1, hostPort: 80, hostIP: ""}]"#,
            """
            e.yaml:1:1 accepted WorkloadEndpoint default/web
            """),
        Example(
            #"ports: [{name: a, protocol: TCP, port: 1, hostPort: 0, hostIP: ""}]"#,
            """
            e.yaml:1:1 accepted WorkloadEndpoint default/web
            """),
        Example(
            #"ports: [{name: "", protocol: TCP, port: 1, hostPort: 0, hostIP: 10.0.0.0/8}]"#,
            """
            e.yaml:9:11: error: spec.ports[0].name: is required: a name for the port, unless it has a hostPort
            e.yaml:9:67: error: spec.ports[0].hostIP: "10.0.0.0/8" is not a valid IP address: an IPv4 or IPv6 \
            address without prefix length
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        // The long s becomes an S in capitals.
        Example(
            "ports: [{name: a, port: 1, protocol: ſctp}]",
            """
            e.yaml:9:40: error: spec.ports[0].protocol: "ſctp" is not a valid port protocol: TCP, UDP or SCTP, \
            in any case
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        Example(
            "ports: [{name: a, port: 1, protocol: uDp}, {name: a, port: 0, protocol: udp}, {name: b, port: 1}]",
            """
            e.yaml:9:53: error: spec.ports[1].name: "a" names a port already, on line 9: names are unique in \
            an endpoint
            e.yaml:9:62: error: spec.ports[1].port: "0" is not a valid port: a number from 1 to 65535
            e.yaml:9:81: error: spec.ports[2].protocol: is required: TCP, UDP or SCTP
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
        // A number in digits beyond any integer's, and one that YAML 1.1 would have in base 60.
        Example(
            """
            containerID: 1337495556942031415926535
            mac: 10:20:30:40:50:59
            """,
            """
            e.yaml:1:1 accepted WorkloadEndpoint default/web
            """),
        Example(
            "containerID: 1.337495556942031e24",
            """
            e.yaml:9:16: error: spec.containerID: "1.337495556942031e24" is not a valid container ID: letters, \
            digits, '-', with no '-' at its ends
            e.yaml:1:1 rejected WorkloadEndpoint default/web
            """),
    ]
}
