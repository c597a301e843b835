import NetworkValues

/// A workload that one policy judges, and an agent whose folder describes both: the endpoint `web` at cali1 with
/// 10.65.0.1 and the label `app: web`, and whatever a test writes to `guard.yaml`.
struct GuardedScene {
    let topology: Topology
    let workload: Workload
    let installation: Installation

    /// A policy by whose port 9 every test sends its last packet.
    static let policy = """
        apiVersion: projectcalico.org/v3
        kind: GlobalNetworkPolicy
        metadata: {name: guard}
        spec:
          selector: app == 'web'
          tier: default
          ingress:
            - action: Allow
              protocol: UDP
              ipVersion: 4
              source:
                nets: [0.0.0.0/0]
              destination:
                ports: [7, 9]

        """

    init(settings: String = "") throws {
        topology = try Topology()
        workload = try topology.addSilentWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01")
        installation = try Installation(in: topology.host, settings: settings)
        try installation.put(
            "web.yaml",
            endpointText(addresses: ["10.65.0.1"], profiles: [])
                .replacing("namespace: default}", with: "namespace: default, labels: {app: web}}"))
        try installation.put("guard.yaml", Self.policy)
    }

    /// The ports to which new datagrams from outside get, of these and of 9, which must.
    func reached(_ ports: UInt16..., from source: String = "192.0.2.2") throws -> [UInt16] {
        try topology.host.command(["conntrack", "-F"]).succeed()
        let macs = try topology.uplinkMACs()
        let sender = try topology.outsideSocket()
        let receiver = try workload.packetSocket()
        for port in ports + [9] {
            let packet = IPPacket.udp(from: address(source), 4000, to: address("10.65.0.1"), port)
            try sender.send(packet.frame(from: macs.outside, to: macs.host))
        }
        return try receiver.packets { $0.ports?.destination == 9 }.compactMap { $0.ports?.destination }.filter {
            $0 != 9
        }
    }

    /// Writes the policy and waits until it is in force, which is when its ports are those that are reached.
    func enforce(_ policy: String, reaching expected: [UInt16], of ports: UInt16...) throws {
        try installation.put("guard.yaml", policy)
        try eventually("the policy to be in force") {
            try reached(ports[0], ports[1]) == expected
        }
    }
}
