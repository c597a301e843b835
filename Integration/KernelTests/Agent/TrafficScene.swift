import Status

/// A host with an uplink and two workloads from which nothing leaves that the test does not send, and an installation
/// whose folder describes them: `one` at cali1 with 10.65.0.1 and 2001:db8:65::1, `two` at cali2 likewise.
struct TrafficScene {
    let topology: Topology
    let one: Workload
    let two: Workload
    let installation: Installation

    /// Addresses of the outside host that no endpoint may reach.
    static let denied = "192.0.2.3"
    static let denied6 = "2001:db8:ffff::3"
    static let macs = ["02:00:00:00:00:01", "02:00:00:00:00:02"]

    /// Allows everything but one destination.
    static let profile = profileText(
        egress: "{action: Deny, destination: {nets: [\(denied)/32, \"\(denied6)/128\"]}}, {action: Allow}")

    static func addresses(_ number: Int) -> [String] { ["10.65.0.\(number)", "2001:db8:65::\(number)"] }

    init(settings: String = "") throws {
        topology = try Topology()
        try topology.outside.ip(
            "address add \(Self.denied)/24 dev eth0", "address add \(Self.denied6)/64 dev eth0 nodad")
        one = try topology.addSilentWorkload(interfaceName: "cali1", mac: Self.macs[0])
        two = try topology.addSilentWorkload(interfaceName: "cali2", mac: Self.macs[1])
        installation = try Installation(in: topology.host, settings: settings)
        try installation.put("open.yaml", Self.profile)
        try installation.put("one.yaml", Self.endpoint(1))
        try installation.put("two.yaml", Self.endpoint(2))
    }

    var host: NetworkNamespace { topology.host }
    var outside: NetworkNamespace { topology.outside }
    var outsideAddress: String { topology.outsideAddress }

    /// An endpoint of one of the two workloads, with its own interface and address unless others are given.
    static func endpoint(
        _ number: Int, _ name: String? = nil, interface: String? = nil, mac: String? = nil, addresses: [String]? = nil,
        profiles: [String] = ["open"], created: String? = nil, nats: [(String, String)] = []
    ) -> String {
        let mappings = nats.map { "{internalIP: \($0.0), externalIP: \($0.1)}" }.joined(separator: ", ")
        let text = endpointText(
            name ?? (number == 1 ? "one" : "two"), interface: interface ?? "cali\(number)",
            mac: mac ?? macs[number - 1],
            addresses: addresses ?? Self.addresses(number), profiles: profiles,
            more: nats.isEmpty ? [] : ["ipNATs: [\(mappings)]"])
        guard let created else { return text }
        return text.replacing("namespace: default}", with: "namespace: default, creationTimestamp: \"\(created)\"}")
    }

    /// What a workload sends with the addresses of `own`: what it may, and everything that it may not. `foreign` are
    /// those of the other workload.
    func attack(from workload: Workload, own: Int = 1, foreign: Int = 2) -> KeyValuePairs<String, Traffic.Stream> {
        let (own, foreign) = (Self.addresses(own), Self.addresses(foreign))
        let (outside, outside6) = (topology.outsideAddress, topology.outsideAddress6)
        return [
            "own": workload.stream(from: own[0], to: outside),
            "own 6": workload.stream(from: own[1], to: outside6),
            "spoofed MAC": workload.stream(from: own[0], to: outside, mac: "02:00:00:00:00:66"),
            "spoofed MAC 6": workload.stream(from: own[1], to: outside6, mac: "02:00:00:00:00:66"),
            "spoofed address": workload.stream(from: foreign[0], to: outside),
            "spoofed address 6": workload.stream(from: foreign[1], to: outside6),
            "denied": workload.stream(from: own[0], to: Self.denied),
            "denied 6": workload.stream(from: own[1], to: Self.denied6),
        ]
    }

    static let honest = ["own", "own 6"]
    static let dishonest = [
        "spoofed MAC", "spoofed MAC 6", "spoofed address", "spoofed address 6", "denied", "denied 6",
    ]

    /// The routes of ours, a line each.
    func routes() throws -> [String] {
        try [host.ip("-4 route show proto 77"), host.ip("-6 route show proto 77")].joined(separator: "\n")
            .split(separator: "\n")
            .map { $0.split(separator: " ").joined(separator: " ") }.sorted()
    }

    /// One whose endpoints share the chains of their group, with a profile `strict` that nobody has.
    static func sharingChains() throws -> TrafficScene {
        let scene = try TrafficScene(settings: "chainLayout: shared")
        try scene.installation.put("strict.yaml", profileText("strict"))
        return scene
    }

    /// Has the first endpoint led from the chains of its group to those of another, which are new, and waits until it is.
    func leadElsewhere() throws {
        try installation.put("one.yaml", Self.endpoint(1, profiles: ["strict"]))
        try eventually("the other chain") {
            try host.execute("nft", "list", "map", "inet", "margay", "from").output
                .contains("jump group-1-strict-egress")
        }
    }

    /// The permanent neighbours of ours.
    func neighbours() throws -> [String] {
        try host.ip("neighbour show nud permanent").split(separator: "\n")
            .map { $0.split(separator: " ").joined(separator: " ") }.sorted()
    }
}

extension TrafficScene {
    /// What `proxy_arp`, `proxy_delay` and `proxy_ndp` of an interface are.
    func parameters(_ interface: String) throws -> [String] {
        let base = "/proc/sys/net"
        return try host.command([
            "cat", "\(base)/ipv4/conf/\(interface)/proxy_arp", "\(base)/ipv4/neigh/\(interface)/proxy_delay",
            "\(base)/ipv6/conf/\(interface)/proxy_ndp",
        ]).succeed().split(separator: "\n").map(String.init)
    }
}
