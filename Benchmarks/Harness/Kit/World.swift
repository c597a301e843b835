import Dataplane
import NetworkValues
import Resources

/// Endpoints of one node as they are when they have been read: of each an IPv4 and an IPv6 address, a MAC, an external address,
/// one profile, and one policy that selects all.
struct World {
    static let node = "bench"

    /// The documents of so many endpoints, from number `first`.
    static func documents(_ count: Int, first: Int = 1, hasNAT: Bool = true) -> String {
        (first..<first + count).map { endpoint($0, hasNAT: hasNAT) }.joined(separator: "---\n")
    }

    static func endpoint(_ number: Int, moved: Bool = false, hasNAT: Bool = true) -> String {
        let (high, low) = (number / 256 % 256, number % 256)
        let block = number / 65536 + (moved ? 8 : 0)
        let mac = address(number, second: moved ? 1 : 0)
        let (own, external) = ("10.\(64 + block).\(high).\(low)", "172.\(16 + block).\(high).\(low)")
        return """
            apiVersion: projectcalico.org/v3
            kind: WorkloadEndpoint
            metadata: {name: w\(number), namespace: default, labels: {app: web}}
            spec:
              node: \(node)
              interfaceName: cali\(number)
              mac: "\(mac)"
              ipNetworks: [\(own)/32, "2001:db8:\(block)::\(String(number, radix: 16))/128"]
              ipNATs: [\(hasNAT ? "{internalIP: \(own), externalIP: \(external)}" : "")]
              profiles: [open]

            """
    }

    /// A link-layer address of the endpoint, or one of its interface's at the host.
    static func address(_ number: Int, first: Int = 2, second: Int = 0) -> String {
        [first, second, 0, number / 65536, number / 256 % 256, number % 256].map { byte in
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

    /// The agent's model of so many endpoints, all of whose interfaces are there: nothing is rendered yet, the kernel is empty.
    static func model(_ count: Int, _ layout: DataplaneOptions.ChainLayout) throws -> DataplaneModel {
        let options = DataplaneOptions(node: node, chainLayout: layout)
        var model = DataplaneModel(options: options)
        for resource in try resources(judges) + resources(documents(count)) { model.put(resource) }
        for number in 1...max(count, 1) {
            model.setInterface(
                InterfaceState(index: UInt32(1000 + number), isUp: true, isRunning: true),
                for: try InterfaceName(parsing: "cali\(number)"))
        }
        var facts = HostFacts()
        facts.forwarding = [.v4, .v6]
        model.setHost(facts)
        return model
    }
}
