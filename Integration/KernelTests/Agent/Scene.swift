/// A host with an uplink and one workload at `cali1`, and an installation whose folder describes that workload.
struct Scene {
    let topology: Topology
    let workload: Workload
    let installation: Installation

    init(settings: String = "") throws {
        topology = try Topology()
        workload = try topology.addWorkload(
            interfaceName: "cali1", mac: "02:00:00:00:00:01", addresses: ["10.65.0.2"])
        installation = try Installation(in: topology.host, settings: settings)
        try installation.put("open.yaml", profileText())
        try installation.put("web.yaml", endpointText())
    }

    var host: NetworkNamespace { topology.host }

    /// Whether a packet from outside comes to the workload and its answer back.
    func isReached() throws -> Bool { try topology.outside.pings("10.65.0.2") }

    func routes() throws -> String { try host.ip("-4 route show proto 77") }
}

/// A host without neighbours: enough where no packet has to go anywhere.
struct QuietScene {
    let host: NetworkNamespace
    let installation: Installation

    /// - Parameter interfaces: Made as one end of a pair each, and up; the other end is `peer-…`.
    init(interfaces: [String] = ["cali1"], settings: String = "") throws {
        host = try NetworkNamespace()
        for name in interfaces {
            try host.addPair(name)
        }
        installation = try Installation(in: host, settings: settings)
        try installation.put("open.yaml", profileText())
        try installation.put("web.yaml", endpointText())
    }

    func routes() throws -> String { try host.ip("-4 route show proto 77") }
}

extension NetworkNamespace {
    /// An interface and its other end `peer-…` in the same namespace, both up.
    func addPair(_ name: String) throws {
        try ip("link add \(name) type veth peer name peer-\(name)", "link set peer-\(name) up", "link set \(name) up")
    }
}
