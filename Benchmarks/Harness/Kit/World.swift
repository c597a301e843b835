import Dataplane
import NetworkValues
import Resources

/// Endpoints of one node as they are when they have been read: of each an IPv4 and an IPv6 address, a MAC, an external address,
/// one profile, and one policy that selects all.
struct World {
    static let node = "bench"

    /// What of an endpoint is another than at first.
    struct Change: OptionSet {
        let rawValue: Int

        /// Both its addresses; what its external address leads to goes along.
        static let addresses = Change(rawValue: 1)
        static let mac = Change(rawValue: 2)
        static let external = Change(rawValue: 4)
        static let all: Change = [.addresses, .mac, .external]
    }

    /// The documents of so many endpoints, from number `first`.
    static func documents(_ count: Int, first: Int = 1, hasNAT: Bool = true) -> String {
        (first..<first + count).map { endpoint($0, hasNAT: hasNAT) }.joined(separator: "---\n")
    }

    static func endpoint(_ number: Int, moved: Bool = false, hasNAT: Bool = true) -> String {
        endpoint(number, changing: moved ? .all : [], hasNAT: hasNAT)
    }

    static func endpoint(_ number: Int, changing change: Change, hasNAT: Bool = true) -> String {
        let inside = address(number, change)
        let mapping = "{internalIP: \(inside), externalIP: \(external(number, change))}"
        return """
            apiVersion: projectcalico.org/v3
            kind: WorkloadEndpoint
            metadata: {name: w\(number), namespace: default, labels: {app: web}}
            spec:
              node: \(node)
              interfaceName: cali\(number)
              mac: "\(mac(number, change))"
              ipNetworks: [\(inside)/32, "\(address6(number, change))/128"]
              ipNATs: [\(hasNAT ? mapping : "")]
              profiles: [open]

            """
    }

    static func address(_ number: Int, _ change: Change = []) -> String {
        "10.\(64 + number / 65536 + (change.contains(.addresses) ? 8 : 0)).\(number / 256 % 256).\(number % 256)"
    }

    static func address6(_ number: Int, _ change: Change = []) -> String {
        "2001:db8:\(number / 65536 + (change.contains(.addresses) ? 8 : 0))::\(String(number, radix: 16))"
    }

    static func external(_ number: Int, _ change: Change = []) -> String {
        "172.\(16 + number / 65536 + (change.contains(.external) ? 8 : 0)).\(number / 256 % 256).\(number % 256)"
    }

    /// - Parameter first: The first octet; 2 for the endpoint's own, another for one of its interface's at the host.
    static func mac(_ number: Int, _ change: Change = [], first: Int = 2) -> String {
        [first, change.contains(.mac) ? 1 : 0, 0, number / 65536, number / 256 % 256, number % 256].map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0\(digits)" : digits
        }.joined(separator: ":")
    }

    static let judges = """
        apiVersion: projectcalico.org/v3
        kind: Profile
        metadata: {name: open}
        spec: {ingress: [{action: Allow}], egress: [{action: Allow}]}
        ---
        apiVersion: projectcalico.org/v3
        kind: GlobalNetworkPolicy
        metadata: {name: web}
        spec:
          selector: app == 'web'
          types: [Ingress, Egress]
          ingress: [{action: Allow, protocol: TCP, destination: {ports: [80, 443]}}, {action: Pass}]
          egress: [{action: Allow}]

        """

    static func resources(_ text: String) throws -> [Resource] {
        try ResourceReader().documents(in: Array(text.utf8), file: "bench").map { document in
            guard case .accepted(let resource) = document.outcome else { throw HarnessError("\(document)") }
            return resource
        }
    }

    /// The profile, the policy and so many endpoints, read.
    static func resources(_ count: Int) throws -> [Resource] { try resources(judges) + resources(documents(count)) }

    /// The agent's model of so many endpoints, all of whose interfaces are there: nothing is rendered yet, the kernel is empty.
    /// - Parameter spare: So many interfaces more, for endpoints that are added.
    static func model(_ count: Int, _ layout: DataplaneOptions.ChainLayout, spare: Int = 0) throws -> DataplaneModel {
        try model(resources(count), interfaces: count + spare, layout)
    }

    /// The same of resources that were read before.
    static func model(
        _ resources: [Resource], interfaces: Int, _ layout: DataplaneOptions.ChainLayout
    ) throws -> DataplaneModel {
        let options = DataplaneOptions(node: node, chainLayout: layout)
        var model = DataplaneModel(options: options)
        for resource in resources { model.put(resource) }
        for number in 0..<interfaces {
            model.setInterface(
                InterfaceState(index: UInt32(1001 + number), isUp: true, isRunning: true),
                for: try InterfaceName(parsing: "cali\(number + 1)"))
        }
        var facts = HostFacts()
        facts.forwarding = [.v4, .v6]
        model.setHost(facts)
        return model
    }
}
