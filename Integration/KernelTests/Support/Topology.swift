import NetworkValues

/// A host under test with an addressed uplink `eth0` to an outside host.
///
/// The uplink comes first and has an address: without one, each route that the kernel takes costs a walk over all
/// interfaces.
final class Topology {
    /// Where the agent lives.
    let host: NetworkNamespace
    let outside: NetworkNamespace

    /// Addresses of documentation (RFC 5737, RFC 3849).
    let hostAddress = "192.0.2.1"
    let outsideAddress = "192.0.2.2"
    let hostAddress6 = "2001:db8:ffff::1"
    let outsideAddress6 = "2001:db8:ffff::2"

    /// Each end knows the other's IPv6 address: on a link just made the kernel answers the first solicitation only when
    /// it is repeated, a second later.
    private let hostMAC = "02:00:00:00:ff:01"
    private let outsideMAC = "02:00:00:00:ff:02"

    /// - Parameter hasDefaultRoute: Whether the host's default routes lead to the outside host.
    init(hasDefaultRoute: Bool = true) throws {
        host = try NetworkNamespace()
        outside = try NetworkNamespace()
        try host.ip(
            "link add eth0 address \(hostMAC) type veth peer name eth0 address \(outsideMAC) netns \(outside.name)",
            "address add \(hostAddress)/24 dev eth0", "address add \(hostAddress6)/64 dev eth0 nodad",
            "link set eth0 up", "neighbour add \(outsideAddress6) lladdr \(outsideMAC) dev eth0")
        try outside.ip(
            "address add \(outsideAddress)/24 dev eth0", "address add \(outsideAddress6)/64 dev eth0 nodad",
            "link set eth0 up", "neighbour add \(hostAddress6) lladdr \(hostMAC) dev eth0",
            // The way back to workloads and external addresses.
            "route add default via \(hostAddress)", "route add default via \(hostAddress6)")
        if hasDefaultRoute {
            try host.ip("route add default via \(outsideAddress)", "route add default via \(outsideAddress6)")
        }
    }

    /// A workload as a CNI plugin makes it: a veth pair whose end `eth0` sits in a namespace of its own, with host
    /// addresses and a default route by the link-local gateway 169.254.1.1. The host's end is up and unconfigured.
    func addWorkload(
        interfaceName: String, mac: String, addresses: [String], gateway: String = "169.254.1.1"
    ) throws -> Workload {
        let namespace = try NetworkNamespace()
        try host.ip(
            "link add \(interfaceName) type veth peer name eth0 address \(mac) netns \(namespace.name)",
            "link set \(interfaceName) up")
        try namespace.ip("link set eth0 up")
        for address in addresses {
            try namespace.ip(
                address.contains(":")
                    ? "address add \(address)/128 dev eth0 nodad" : "address add \(address)/32 dev eth0")
        }
        if addresses.contains(where: { !$0.contains(":") }) {
            try namespace.ip(
                "route add \(gateway) dev eth0 scope link", "route add default via \(gateway) dev eth0")
        }
        let hostMAC = try host.command(["cat", "/sys/class/net/\(interfaceName)/address"]).succeed()
        return Workload(
            namespace: namespace, interfaceName: interfaceName, mac: try MACAddress(text: mac),
            hostMAC: try MACAddress(text: String(hostMAC.split(separator: "\n")[0])), addresses: addresses)
    }
}

struct Workload {
    let namespace: NetworkNamespace
    /// The name of the host's end; the workload's own is `eth0`.
    let interfaceName: String
    let mac: MACAddress
    /// The address of the host's end, where frames to the gateway go.
    let hostMAC: MACAddress
    let addresses: [String]

    /// Gives it its default route of IPv6, by a link-local gateway as an endpoint's `ipv6Gateway` names it.
    func routeByGateway6(_ gateway: String = "fe80::1") throws {
        try namespace.ip("-6 route add default via \(gateway) dev eth0")
    }

    /// Sends and sees frames as the workload.
    func packetSocket() throws -> PacketSocket {
        try namespace.run { try PacketSocket(interface: "eth0") }
    }
}

extension MACAddress {
    init(text: String) throws {
        guard case .eui48(let address) = try HardwareAddress(parsing: text) else {
            throw TestKitError("\(text) is not a 48-bit address")
        }
        self = address
    }
}

extension Topology {
    /// The sources of the datagrams that get outside, when the workload sends one from each; the last must.
    func leaving(_ sources: [String], from workload: Workload, mac: MACAddress? = nil) throws -> [String] {
        let socket = try workload.packetSocket()
        let listening = try outsideSocket()
        for (index, source) in sources.enumerated() {
            let source = address(source)
            let target = address(source.family == .v4 ? outsideAddress : outsideAddress6)
            try socket.send(workload.frame(.udp(from: source, 4000, to: target, UInt16(index + 1)), from: mac))
        }
        return try listening.packets { $0.ports?.destination == UInt16(sources.count) }
            .filter { $0.ports != nil }.map { "\($0.source)" }
    }
}
