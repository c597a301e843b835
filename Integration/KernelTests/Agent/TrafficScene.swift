import Status

/// A host with an uplink and two workloads from which nothing leaves that the test does not send, and an installation
/// whose folder describes them: `one` at cali1 with 10.65.0.1, `two` at cali2 with 10.65.0.2.
struct TrafficScene {
    let topology: Topology
    let one: Workload
    let two: Workload
    let installation: Installation

    /// An address of the outside host that no endpoint may reach, whatever its profile.
    static let denied = "192.0.2.3"
    static let macs = ["02:00:00:00:00:01", "02:00:00:00:00:02"]

    /// Allows everything but one destination.
    static let profile = profileText(
        egress: "{action: Deny, destination: {nets: [\(denied)/32]}}, {action: Allow}")

    init(settings: String = "") throws {
        topology = try Topology()
        try topology.outside.ip("address add \(Self.denied)/24 dev eth0")
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
            addresses: addresses ?? ["10.65.0.\(number)"], profiles: profiles,
            more: nats.isEmpty ? [] : ["ipNATs: [\(mappings)]"])
        guard let created else { return text }
        return text.replacing("namespace: default}", with: "namespace: default, creationTimestamp: \"\(created)\"}")
    }

    /// What the first workload sends: its own, and everything that it may not.
    func attack(from workload: Workload, own: String, foreign: String) -> KeyValuePairs<String, Traffic.Stream> {
        [
            "own": workload.stream(from: own, to: outsideAddress),
            "spoofed MAC": workload.stream(from: own, to: outsideAddress, mac: "02:00:00:00:00:66"),
            "spoofed address": workload.stream(from: foreign, to: outsideAddress),
            "denied": workload.stream(from: own, to: Self.denied),
        ]
    }

    static let dishonest = ["spoofed MAC", "spoofed address", "denied"]

    /// The routes of ours, a line each.
    func routes() throws -> [String] {
        try host.ip("-4 route show proto 77").split(separator: "\n")
            .map { $0.split(separator: " ").joined(separator: " ") }.sorted()
    }

    /// The permanent neighbours of ours.
    func neighbours() throws -> [String] {
        try host.ip("-4 neighbour show proto 77 nud permanent").split(separator: "\n")
            .map { $0.split(separator: " ").joined(separator: " ") }.sorted()
    }
}

extension Traffic {
    /// What came of streams that must never come, by name.
    func leaked(_ names: [String], at receiver: NetworkNamespace) throws -> [String: Int] {
        var leaked: [String: Int] = [:]
        for name in names {
            let count = try arrived(name, at: receiver)
            if count > 0 { leaked[name] = count }
        }
        return leaked
    }
}
