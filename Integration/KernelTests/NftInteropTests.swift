import Dataplane
import Glibc
import NetworkValues
import Nftables
import Testing

/// What we program over netlink and what nft makes of the same text are the same objects in the kernel.
struct NftInteropTests {
    /// Every construct: endpoints with and without MAC and with one that cannot be enforced, names of every length, wide
    /// networks, spoofed prefixes, gateways, translations, and profiles with each kind of match, of both families.
    static let model: [String] =
        [
            ResourceText.open,
            ResourceText.endpoint(
                "web", "cali1", mac: "02:00:00:00:00:01", ["10.65.0.1", "10.65.0.3"],
                nats: [("10.65.0.1", "198.51.100.1"), ("10.65.0.1", "198.51.100.2")], profiles: ["every", "open"]),
            ResourceText.endpoint("db", "cali2", mac: nil, ["10.65.0.2"], profiles: ["every"]),
            ResourceText.endpoint("infiniband", "cali3", mac: "02:00:00:00:00:00:00:01", ["10.65.0.4"]),
            ResourceText.endpoint("encapsulated", "cali4", mac: "02:00:00:ff:fe:00:00:04", ["10.65.0.5"], profiles: []),
            ResourceText.endpoint(
                "long", "cali56789abcdef", mac: "02:00:00:00:00:05", ["10.65.0.6", "2001:db8::6"],
                nats: [("10.65.0.6", "198.51.100.6")],
                profiles: ["open", "absent", "a-\(String(repeating: "x", count: 120))"]),
            ResourceText.endpoint(
                "other", "tap_7.100", mac: "02:00:00:00:00:07", ["10.65.0.7"], profiles: ["kns.default"]),
            ResourceText.endpoint(
                "both", "cali8", mac: "02:00:00:00:00:08", ["10.65.0.8", "2001:db8::8", "fd00::8"],
                nats: [
                    ("\"2001:db8::8\"", "\"2001:db8:e::8\""), ("\"2001:db8::8\"", "\"2001:db8:e::9\""),
                    ("\"fd00::8\"", "\"2001:db8:e::a\""), ("10.65.0.8", "198.51.100.8"),
                ], more: "ipv6Gateway: \"fe80::1\"\n  ipv4Gateway: 10.65.0.254"),
            ResourceText.endpoint(
                "wide", "cali9", mac: "02:00:00:00:00:09",
                ["10.66.0.0/24", "10.67.0.0/31", "10.65.0.9", "2001:db8:9::/64", "2001:db8:a::/47", "2001:db8::9"],
                more: "allowSpoofedSourcePrefixes: [172.16.0.0/12, 172.32.0.0/12, \"fd00::/8\", \"2001:db8:a::1/128\"]"),
            ResourceText.endpoint(
                "bare", "cali10", mac: nil, ["10.68.0.0/17", "10.65.0.10", "2001:db8:10::/121", "2001:db8::10"],
                more: "allowSpoofedSourcePrefixes: [0.0.0.0/0, \"::/0\"]"),
            ResourceText.endpoint(
                "halves", "cali11", mac: "02:00:00:00:00:11", ["10.65.0.11"],
                more: "allowSpoofedSourcePrefixes: [128.0.0.0/1, 1.2.3.4, \"8000::/1\", \"ffff::/16\", \"::/2\"]"),
            ResourceText.profile("kns.default", ingress: "{action: Allow}"),
            ResourceText.profile("a-\(String(repeating: "x", count: 120))", egress: "{action: Deny}"),
            ResourceText.profile("every", ingress: rules, egress: rules),
        ]

    private static let rules = """
        {action: Allow, protocol: TCP}, {action: Deny, protocol: UDP}, {action: Allow, protocol: ICMP},
        {action: Allow, protocol: ICMPv6}, {action: Allow, protocol: SCTP}, {action: Allow, protocol: UDPLite},
        {action: Deny, protocol: 50}, {action: Allow, protocol: 255},
        {action: Allow, source: {nets: [10.0.0.0/8]}}, {action: Allow, source: {nets: [10.1.2.3/32]}},
        {action: Allow, source: {nets: [10.1.2.0/24]}}, {action: Deny, source: {nets: [10.128.0.0/9]}},
        {action: Allow, source: {nets: [10.1.2.128/25]}}, {action: Allow, source: {nets: [0.0.0.0/0]}},
        {action: Allow, destination: {nets: [10.0.0.0/8, 10.1.0.0/16, 192.0.2.1/32, 255.255.255.255/32]}},
        {action: Allow, destination: {nets: [0.0.0.0/1, 224.0.0.0/4]}},
        {action: Allow, source: {nets: ["2001:db8::/32"]}}, {action: Allow, source: {nets: ["2001:db8::1/128"]}},
        {action: Allow, source: {nets: ["2001:db8::/33"]}}, {action: Allow, source: {nets: ["::/0"]}},
        {action: Allow, destination: {nets: ["2001:db8::/32", "fd00::/8", "ffff:ffff::/32"]}},
        {action: Allow, source: {nets: [10.0.0.0/8, "fd00::/8"]}, destination: {nets: [10.9.0.0/16, "fd09::/16"]}},
        {action: Allow, protocol: TCP, destination: {ports: [80]}},
        {action: Allow, protocol: TCP, source: {ports: [80]}, destination: {ports: [80]}},
        {action: Allow, protocol: TCP, source: {ports: [1]}, destination: {ports: [80, 443]}},
        {action: Allow, protocol: UDP, destination: {ports: ["8000:8010"]}},
        {action: Allow, protocol: UDP, source: {ports: ["0:1023"]}, destination: {ports: ["1024:65535"]}},
        {action: Deny, protocol: UDP, source: {ports: [53, "100:200", 65535]}, destination: {ports: ["0:10", 20]}},
        {action: Allow, protocol: SCTP, destination: {ports: [9]}},
        {action: Allow, protocol: TCP, source: {nets: [10.0.0.0/8], ports: [1000]},
         destination: {nets: [10.65.0.0/16], ports: [22]}},
        {action: Allow, protocol: UDP, source: {nets: ["fd00::/8", "fd99::/16"], ports: [1, 3]},
         destination: {nets: ["fd01::1/128"], ports: ["5:7"]}},
        {action: Deny, protocol: ICMP, source: {nets: [10.65.0.7/32]}},
        {action: Log}, {action: Pass, protocol: UDP}, {action: Log, protocol: TCP, destination: {ports: [80]}},
        {action: Allow, ipVersion: 4}, {action: Allow, ipVersion: 6}, {action: Allow, ipVersion: 4, protocol: 6},
        {action: Allow, ipVersion: 4, protocol: ICMP}, {action: Allow, ipVersion: 6, protocol: 58},
        {action: Allow, ipVersion: 6, protocol: UDPLite}, {action: Allow, protocol: 2, notProtocol: 3},
        {action: Allow, ipVersion: 6, protocol: UDP, source: {ports: [7]}, destination: {ports: [7, 9], notPorts: [8]}},
        {action: Allow, notProtocol: TCP}, {action: Deny, notProtocol: ICMP}, {action: Allow, notProtocol: 58},
        {action: Allow, notProtocol: ICMP, ipVersion: 4}, {action: Allow, notProtocol: ICMPv6, ipVersion: 6},
        {action: Allow, notProtocol: 47, source: {nets: [10.0.0.0/8, "fd00::/8"]}},
        {action: Allow, notProtocol: 6, protocol: UDP}, {action: Allow, notProtocol: ICMPv6, source: {nets: ["fd00::/8"]}},
        {action: Allow, protocol: ICMP, icmp: {type: 8}}, {action: Allow, protocol: ICMP, icmp: {type: 3, code: 3}},
        {action: Allow, protocol: ICMP, icmp: {type: 8, code: 0}}, {action: Allow, protocol: ICMP, icmp: {type: 254}},
        {action: Allow, protocol: ICMP, icmp: {type: 200, code: 255}}, {action: Allow, protocol: ICMP, icmp: {type: 0}},
        {action: Allow, protocol: ICMP, notICMP: {type: 8}}, {action: Log, protocol: ICMP, notICMP: {type: 3, code: 3}},
        {action: Allow, protocol: ICMP, icmp: {type: 3}, notICMP: {type: 3, code: 1}},
        {action: Allow, protocol: ICMP, icmp: {type: 3}, source: {nets: [10.0.0.0/8, 11.2.0.0/16]},
         destination: {nets: [10.65.0.7/32]}},
        {action: Allow, protocol: ICMPv6, icmp: {type: 128}}, {action: Allow, protocol: ICMPv6, icmp: {type: 1, code: 4}},
        {action: Allow, protocol: ICMPv6, icmp: {type: 135}}, {action: Allow, protocol: ICMPv6, icmp: {type: 200, code: 9}},
        {action: Allow, protocol: ICMPv6, notICMP: {type: 128, code: 0}}, {action: Allow, protocol: ICMPv6, notICMP: {type: 1}},
        {action: Allow, protocol: ICMPv6, icmp: {type: 128}, source: {nets: ["fd00::/8"], notNets: ["fd01::/16"]}},
        {action: Allow, source: {notNets: [10.0.0.0/8]}}, {action: Allow, source: {notNets: [10.128.0.0/9]}},
        {action: Allow, source: {notNets: [10.1.2.3/32]}}, {action: Allow, source: {notNets: [10.0.0.0/8, 11.0.0.0/9]}},
        {action: Allow, source: {nets: [10.0.0.0/8], notNets: [10.1.0.0/16]}},
        {action: Allow, source: {nets: [10.0.0.0/8, 11.0.0.0/8], notNets: [10.1.0.0/16, 11.1.2.3/32]}},
        {action: Allow, destination: {notNets: ["fd00::/8"]}}, {action: Allow, destination: {notNets: ["fd00::/9"]}},
        {action: Allow, destination: {notNets: ["fd00::1/128"], nets: ["fd00::/8"]}},
        {action: Allow, destination: {notNets: ["fd00::/8", "fd00::1/128", 10.0.0.0/8]}},
        {action: Allow, source: {notNets: [0.0.0.0/0]}}, {action: Allow, source: {notNets: [0.0.0.0/1, 128.0.0.0/1]}},
        {action: Allow, source: {nets: [0.0.0.0/0, 10.0.0.0/8, "::/0", "fd00::/8"]}},
        {action: Allow, protocol: TCP, destination: {notPorts: [80]}}, {action: Allow, protocol: UDP, source: {notPorts: ["8:9"]}},
        {action: Allow, protocol: SCTP, destination: {notPorts: [1, "3:4"]}},
        {action: Allow, protocol: TCP, source: {ports: [7], notPorts: ["8:9"]}, destination: {ports: ["80:90"], notPorts: [85]}},
        {action: Allow, protocol: TCP, destination: {ports: ["0:65535"]}},
        {action: Allow, protocol: TCP, destination: {ports: ["0:1000", "1001:65535"], notPorts: ["0:65534"]}},
        {action: Pass, protocol: TCP, source: {notNets: [10.0.0.0/8], notPorts: [22]}, destination: {notNets: ["fd00::/8"]}}
        """

    static let variants: [DataplaneOptions] = [
        DataplaneOptions(node: "host"),
        DataplaneOptions(
            node: "host", interfacePrefixes: ["cali", "tap", "veth-"], chainLayout: .shared,
            acceptsEndpointToHost: true,
            natExcludedNetworks: ["10.0.0.0/8", "192.168.0.0/16", "172.16.0.1/32", "2001:db8::/48", "fd00::/8"]
                .map { try! IPPrefix(parsing: $0) }),
        DataplaneOptions(
            node: "host", dropsUnknownInterfaces: false, natOutbound: false, filtersARP: false, filtersDHCP: false),
    ]

    /// Loads nft text into another namespace.
    private func load(_ text: String, into namespace: NetworkNamespace) throws {
        let path = "/tmp/\(namespace.name).nft"
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        defer {
            close(file)
            unlink(path)
        }
        let octets = Array(text.utf8)
        guard write(file, octets, octets.count) == octets.count else { throw TestKitError("\(path): errno \(errno)") }
        try namespace.command(["nft", "-f", path]).succeed()
    }

    private func list(_ namespace: NetworkNamespace) throws -> String {
        try namespace.command(["nft", "list", "ruleset"]).succeed()
    }

    /// The text with all counters at zero.
    private func withoutCounts(_ text: String) -> String {
        text.split(separator: "counter packets ", omittingEmptySubsequences: false).enumerated().map { index, part in
            guard index > 0 else { return String(part) }
            let words = part.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
            return "0 bytes 0" + words[2].drop { $0.isNumber }
        }.joined(separator: "counter packets ")
    }

    @Test(arguments: variants.indices)
    func whatWeProgramIsWhatNftMakesOfItsText(variant: Int) throws {
        let options = Self.variants[variant]
        let (original, copy) = (try NetworkNamespace(), try NetworkNamespace())
        let programmed = try ProgrammedHost(original, options: options)
        try programmed.take(Self.model)
        try programmed.update()
        let text = try list(original)
        try load(text, into: copy)
        #expect(withoutCounts(try list(copy)) == withoutCounts(text))

        // The kernel's own objects, in their binary form.
        let ours = try programmed.snapshot().tables
        let theirs = try ProgrammedHost(copy, options: options).snapshot().tables
        #expect(ours.chains.count > 20 && ours.sets.count > 20 && ours.elements.count > 20)
        #expect(ours.sets == theirs.sets)
        #expect(Set(ours.chains.keys) == Set(theirs.chains.keys))
        for (id, chain) in ours.chains {
            let other = theirs.chains[id]
            #expect(chain.base == other?.base, "\(id)")
            #expect(chain.rules.count == other?.rules.count, "\(id)")
            for (index, (rule, copied)) in zip(chain.rules, other?.rules ?? []).enumerated() {
                #expect(rule == copied, "rule \(index) of \(id)")
            }
        }
        #expect(Set(ours.elements.keys) == Set(theirs.elements.keys))
        for (id, target) in ours.elements {
            #expect(theirs.elements[id] == target, "element \(id.key.bytes) of \(id.set)")
        }
    }

    @Test func aRulesetThatNftLoadedNeedsNoRepair() throws {
        let (original, copy) = (try NetworkNamespace(), try NetworkNamespace())
        let programmed = try ProgrammedHost(original)
        try programmed.take(Self.model)
        try programmed.update()
        try load(try list(original), into: copy)
        let before = try copy.command(["nft", "-a", "list", "ruleset"]).succeed()
        // Handles change with whatever is made anew.
        let adopted = try ProgrammedHost(copy)
        try adopted.take(Self.model)
        try adopted.update()
        #expect(try copy.command(["nft", "-a", "list", "ruleset"]).succeed() == before)
    }

    @Test func whatNftChangesInOurTablesIsRepairedAndNothingElse() throws {
        let namespace = try NetworkNamespace()
        let programmed = try ProgrammedHost(namespace)
        try programmed.take(Self.model)
        try programmed.update()
        let text = try list(namespace)
        for change in [
            "flush chain inet margay source-filter", "insert rule inet margay drop-mac accept",
            "add rule inet margay deny-ingress counter", "add chain inet margay theirs",
            "delete element inet margay drops-mac { \"cali1\" }",
            "add element inet margay source4 { \"cali1\" . 02:00:00:00:00:99 . 10.65.0.99 }",
            "add set inet margay theirs { type inet_service; }", "flush map inet margay from",
            "delete table inet margay",
            "flush ruleset",
        ] {
            try namespace.nft(change)
            #expect(try withoutCounts(list(namespace)) != withoutCounts(text), "\(change) changes something")
            try programmed.update()
            #expect(try sorted(withoutCounts(list(namespace))) == sorted(withoutCounts(text)), "after \(change)")
        }
    }

    /// Chains and sets made anew stand in another order, and elements have none.
    private func sorted(_ text: String) -> [String] {
        text.split(whereSeparator: { $0.isWhitespace || $0 == "," }).map(String.init).sorted()
    }
}
