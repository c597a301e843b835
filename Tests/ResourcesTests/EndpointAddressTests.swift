import NetworkValues
import Resources
import Testing

/// Addresses that are well written and cannot be what the field means.
@Suite struct EndpointAddressTests {
    /// An endpoint whose `spec` has these lines, the first of them line 8.
    private func endpoint(_ lines: String) -> String {
        EndpointFieldTests.endpoint.split(separator: "\n").dropLast().joined(separator: "\n") + "\n  \(lines)\n"
    }

    /// What is said about the endpoint, without the outcome.
    private func findings(_ lines: String, allowWideNetworks: Bool = false) -> [String] {
        report(read(endpoint(lines), allowWideNetworks: allowWideNetworks)).dropLast().map {
            $0.replacing("e.yaml:8:", with: "")
        }
    }

    @Test(
        "a network that no workload can have is refused with the reason",
        arguments: [
            ("0.0.0.0", "0.0.0.0 is of this network (0.0.0.0/8)"), ("127.0.0.1", "127.0.0.1 is a loopback address"),
            ("224.0.0.251/32", "224.0.0.251 is a multicast address"), ("::1", "::1 is the loopback address"),
            ("255.255.255.255", "255.255.255.255 is the broadcast address"), ("::", ":: is the unspecified address"),
            ("169.254.1.1", "169.254.1.1 is the workloads' gateway"), ("FF02::1/128", "ff02::1 is a multicast address"),
            (
                "::ffff:10.0.0.1",
                "::ffff:10.0.0.1 is an IPv4 address in IPv6 notation, which no packet carries"
            ),
        ])
    func impossible(_ network: String, _ reason: String) {
        #expect(
            findings("ipNetworks: [\"\(network)\"]") == [
                "16: error: spec.ipNetworks[0]: \(reason): a workload cannot have it"
            ])
    }

    @Test(
        "of a wide network every address counts",
        arguments: [
            ("0.0.0.0/0", "169.254.1.1, the workloads' gateway"),
            ("169.254.0.0/16", "169.254.1.1, the workloads' gateway"),
            ("127.0.0.0/8", "127.0.0.0, a loopback address"), ("::/0", "::, the unspecified address"),
            ("ff00::/12", "ff00::, a multicast address"),
        ])
    func wide(_ network: String, _ reason: String) {
        #expect(
            findings("ipNetworks: [\"\(network)\"]", allowWideNetworks: true) == [
                "16: error: spec.ipNetworks[0]: \(network) holds \(reason): a workload cannot have it"
            ])
    }

    @Test("a wide network is read where it is allowed, with its host bits cleared as Calico clears them")
    func hostBits() throws {
        #expect(
            findings("ipNetworks: [10.1.2.3/16]", allowWideNetworks: true) == [
                #"16: warning: spec.ipNetworks[0]: "10.1.2.3/16" has address bits beyond its length and is read "#
                    + "as 10.1.0.0/16"
            ])
        let endpoint = try acceptedEndpoint(endpoint("ipNetworks: [10.1.2.3/16]"), allowWideNetworks: true)
        #expect(endpoint.ipNetworks == [try IPPrefix(parsing: "10.1.0.0/16")])
        // Where it is not allowed, the text itself is quoted and the setting is named.
        #expect(
            findings("ipNetworks: [10.1.2.3/16]") == [
                #"16: error: spec.ipNetworks[0]: "10.1.2.3/16" is wider than one address: write a /32, "#
                    + "or set allowWideNetworks in the configuration"
            ])
    }

    @Test(
        "other spellings are no networks",
        arguments: [
            "010.0.0.1", "10.0.0.01", "10.0.0", "167772161", "0x0a000001", "10.0.0.1/032", "10.0.0.1/+32", "10.0.0.1 ",
            "fe80::1%eth0", "1::2::3", "10.0.0.1/32/32", "10.0.0.1\\0", "", "10.0.0.1/255.255.255.255",
        ])
    func notNetworks(_ text: String) {
        let findings = findings("ipNetworks: [\"\(text)\"]")
        #expect(findings.count == 1)
        #expect(findings[0].hasPrefix("16: error: spec.ipNetworks[0]: \"\(text)\" is not a valid IP network: CIDR"))
    }

    @Test("a link-local network needs no entry, and is said to")
    func linkLocal() {
        #expect(
            findings(#"ipNetworks: [10.0.0.1, "fe80::1"]"#) == [
                "26: warning: spec.ipNetworks[1]: fe80::1/128 is link-local: a workload may use such addresses "
                    + "without listing them"
            ])
    }

    @Test("a network in two spellings is listed twice")
    func repetition() {
        #expect(
            findings(#"ipNetworks: ["FD00:0::1", 10.0.0.1, "fd00::1/128", 10.0.0.1/32]"#) == [
                "39: warning: spec.ipNetworks[2]: fd00::1/128 is listed already, on line 8",
                "54: warning: spec.ipNetworks[3]: 10.0.0.1/32 is listed already, on line 8",
            ])
    }

    @Test(
        "an external address that cannot be one is refused",
        arguments: [
            ("192.0.2.1, externalIP: 192.0.2.2", "25: error: spec.ipNATs[0].internalIP: 192.0.2.1 is in none of the"),
            (
                "10.0.0.1, externalIP: 255.255.255.255",
                "47: error: spec.ipNATs[0].externalIP: 255.255.255.255 is the br"
            ),
            (
                #""fd00::1", externalIP: "fe80::9""#,
                "48: error: spec.ipNATs[0].externalIP: fe80::9 is a link-local address: nobody can reach a workload by it"
            ),
            (
                #"10.0.0.1, externalIP: "::ffff:192.0.2.1""#,
                "47: error: spec.ipNATs[0].externalIP: ::ffff:192.0.2.1 is an IPv4 address in IPv6 notation, which no"
            ),
            (
                #"10.0.0.1, externalIP: "2001:db8::1""#,
                "12: error: spec.ipNATs[0]: 10.0.0.1 and 2001:db8::1 are of diff"
            ),
            ("10.0.0.1, externalIP: 10.0.0.1", "12: error: spec.ipNATs[0]: 10.0.0.1 is mapped to itself: leave the"),
            (
                "10.0.0.1, externalIP: 10.0.0.2",
                "12: error: spec.ipNATs[0]: 10.0.0.2 is one of the endpoint's ipNetworks"
            ),
        ])
    func externalAddress(_ nat: String, _ finding: String) {
        let text = endpoint(
            "ipNetworks: [10.0.0.1, 10.0.0.2, \"fd00::1\"]\n  ipNATs: [{internalIP: \(nat)}]")
        let findings = report(text).dropLast()
        #expect(findings.count == 1)
        #expect(findings.first?.hasPrefix("e.yaml:9:\(finding)") == true, "\(findings)")
    }

    @Test("one external address in two spellings is mapped twice; one internal may have several")
    func repeatedMapping() {
        let text = endpoint(
            """
            ipNetworks: ["fd00::1"]
              ipNATs:
              - {internalIP: "fd00::1", externalIP: "2001:DB8:0::1"}
              - {internalIP: "fd00::1", externalIP: "2001:db8::2"}
              - {internalIP: "fd00::1", externalIP: "2001:db8::1"}
            """)
        #expect(
            report(text).dropLast() == [
                "e.yaml:12:41: error: spec.ipNATs[2].externalIP: 2001:db8::1 is mapped already, on line 10"
            ])
    }

    @Test(
        "a gateway is an address that a router can have",
        arguments: [
            ("ipv4Gateway: 169.254.1.1", []), ("ipv4Gateway: 10.0.0.254", []), ("ipv6Gateway: fe80::1", []),
            ("ipv4Gateway: 0.0.0.0", ["16: error: spec.ipv4Gateway: 0.0.0.0 is of this network (0.0.0.0/8): it"]),
            ("ipv4Gateway: 127.0.0.1", ["16: error: spec.ipv4Gateway: 127.0.0.1 is a loopback address: it cannot be"]),
            ("ipv6Gateway: ff02::2", ["16: error: spec.ipv6Gateway: ff02::2 is a multicast address: it cannot be"]),
            (
                "ipv6Gateway: ::ffff:10.0.0.254",
                ["16: error: spec.ipv6Gateway: ::ffff:10.0.0.254 is an IPv4 address in IPv6 notation, which no"]
            ),
            ("ipv4Gateway: 10.0.0.1", ["16: warning: spec.ipv4Gateway: 10.0.0.1 is the workload's own address: noth"]),
            ("ipv6Gateway: fd00::1", ["16: warning: spec.ipv6Gateway: fd00::1 is the workload's own address: noth"]),
        ] as [(String, [String])])
    func gateway(_ line: String, _ expected: [String]) {
        let findings = report(endpoint("ipNetworks: [10.0.0.1, \"fd00::1\"]\n  \(line)")).dropLast()
        #expect(findings.count == expected.count)
        for (finding, beginning) in zip(findings, expected) {
            #expect(finding.hasPrefix("e.yaml:9:\(beginning)"))
        }
    }

    @Test("a gateway inside the workload's wide network is its own affair")
    func gatewayInsideNetwork() {
        #expect(findings("ipNetworks: [10.0.0.0/24]\n  ipv4Gateway: 10.0.0.1", allowWideNetworks: true) == [])
    }

    @Test("any prefix may be allowed to be spoofed, but for one that no packet carries")
    func spoofed() {
        let text = "ipNetworks: [10.0.0.1]\n  allowSpoofedSourcePrefixes: "
        #expect(findings(text + #"[0.0.0.0/0, "::/0", 10.0.0.7, "fe80::/10", 224.0.0.0/4]"#) == [])
        #expect(
            report(endpoint(text + #"[10.0.0.0/8, "::ffff:10.0.0.0/104", 10.9.9.9/8]"#)).dropLast() == [
                "e.yaml:9:44: error: spec.allowSpoofedSourcePrefixes[1]: ::ffff:10.0.0.0 is an IPv4 address in IPv6 "
                    + "notation, which no packet carries: no workload can send from it",
                #"e.yaml:9:67: warning: spec.allowSpoofedSourcePrefixes[2]: "10.9.9.9/8" has address bits beyond its "#
                    + "length and is read as 10.0.0.0/8",
                "e.yaml:9:67: warning: spec.allowSpoofedSourcePrefixes[2]: 10.0.0.0/8 is listed already, on line 9",
            ])
    }

    @Test(
        "a MAC is one that frames can come from, in each spelling that Calico reads",
        arguments: [
            ("10:20:30:40:50:59", "10:20:30:40:50:59"), ("CA-FE-1D-52-BB-E9", "ca:fe:1d:52:bb:e9"),
            ("cafe.1d52.bbe9", "ca:fe:1d:52:bb:e9"), ("02:00:00:ff:fe:00:00:01", "02:00:00:ff:fe:00:00:01"),
            ("0200.5e10.0000.0001", "02:00:5e:10:00:00:00:01"), ("00:00:00:ff:fe:00:00:00", nil),
            ("01:00:00:ff:fe:00:00:01", nil), ("ff:ff:ff:ff:ff:ff", nil),
        ] as [(String, String?)])
    func mac(_ text: String, _ expected: String?) throws {
        let document = endpoint("ipNetworks: [10.0.0.1]\n  mac: \(text)")
        if let expected {
            #expect(try acceptedEndpoint(document).mac?.description == expected)
        } else {
            #expect(report(document).contains { $0.hasPrefix("e.yaml:9:8: error: spec.mac: \(text) is ") })
        }
    }
}
