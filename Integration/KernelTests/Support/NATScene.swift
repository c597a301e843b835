import Dataplane
import NetworkValues

/// A host with two workloads on it, of which the first has external addresses, and an outside host that routes both to it.
struct NATScene {
    let topology: Topology
    let one: Workload
    let two: Workload

    /// Who takes part, in one family.
    struct Addresses: Sendable, CustomStringConvertible {
        let description: String
        let inside: IPAddress
        let neighbours: IPAddress
        let external: IPAddress
        let second: IPAddress
        let outside: IPAddress
        /// On the outside host too, in a network of its own.
        let remote: IPAddress

        static let both = [
            Addresses("IPv4", "10.65.0.", "198.51.100.", outside: "192.0.2.2", remote: "203.0.113.9"),
            Addresses("IPv6", "2001:db8::", "2001:db8:e::", outside: "2001:db8:ffff::2", remote: "2001:db8:9::9"),
        ]

        private init(_ name: String, _ internals: String, _ externals: String, outside: String, remote: String) {
            description = name
            (inside, neighbours) = (address("\(internals)1"), address("\(internals)2"))
            (external, second) = (address("\(externals)1"), address("\(externals)2"))
            self.outside = address(outside)
            self.remote = address(remote)
        }

        var family: IPFamily { inside.family }
    }

    /// - Parameter areSilent: Whether the workloads' kernels have no addresses, so that only the test speaks for them.
    init(areSilent: Bool = false) throws {
        topology = try Topology()
        try topology.outside.ip("address add 203.0.113.9/32 dev lo", "address add 2001:db8:9::9/128 dev lo nodad")
        if areSilent {
            one = try topology.addSilentWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01")
            two = try topology.addSilentWorkload(interfaceName: "cali2", mac: "02:00:00:00:00:02")
        } else {
            one = try topology.addWorkload(
                interfaceName: "cali1", mac: "02:00:00:00:00:01", addresses: ["10.65.0.1", "2001:db8::1"])
            two = try topology.addWorkload(
                interfaceName: "cali2", mac: "02:00:00:00:00:02", addresses: ["10.65.0.2", "2001:db8::2"])
            for workload in [one, two] { try workload.routeByGateway6() }
        }
    }

    /// Takes resources, and endpoint `one` with these mappings, and makes the kernel agree.
    func program(_ host: ProgrammedHost, one nats: [(IPAddress, IPAddress)], taking resources: String...) throws {
        try host.take(resources)
        try host.program(Self.endpoint("one", nats))
    }

    /// - Parameter nats: Unless given, each family's first external address for endpoint `one`.
    func host(
        nats: [(IPAddress, IPAddress)] = Addresses.both.map { ($0.inside, $0.external) },
        options: DataplaneOptions = DataplaneOptions(node: "host")
    ) throws -> ProgrammedHost {
        let host = try ProgrammedHost(topology.host, options: options)
        try host.take([Self.endpoint("two", [])])
        try program(host, one: nats, taking: ResourceText.open)
        return host
    }

    /// Either endpoint as a text.
    static func endpoint(_ name: String, _ nats: [(IPAddress, IPAddress)], profiles: [String] = ["open"]) -> String {
        let number = name == "one" ? 1 : 2
        return ResourceText.endpoint(
            name, "cali\(number)", mac: "02:00:00:00:00:0\(number)", ["10.65.0.\(number)", "2001:db8::\(number)"],
            nats: nats.map { ("\"\($0.0)\"", "\"\($0.1)\"") }, profiles: profiles, more: "ipv6Gateway: fe80::1")
    }
}
