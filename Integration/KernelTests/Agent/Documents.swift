/// A WorkloadEndpoint of `node1` as YAML text.
func endpointText(
    _ name: String = "web", interface: String = "cali1", mac: String? = "02:00:00:00:00:01",
    addresses: [String] = ["10.65.0.2"], profiles: [String] = ["open"], node: String = "node1", more: [String] = []
) -> String {
    let lines =
        [
            "apiVersion: projectcalico.org/v3",
            "kind: WorkloadEndpoint",
            "metadata: {name: \(name), namespace: default}",
            "spec:",
            "  node: \(node)",
            "  interfaceName: \(interface)",
            "  ipNetworks: [\(addresses.map { "\($0)/\($0.contains(":") ? 128 : 32)" }.joined(separator: ", "))]",
            "  profiles: [\(profiles.joined(separator: ", "))]",
        ] + (mac.map { ["  mac: \($0)"] } ?? []) + more.map { "  \($0)" }
    return lines.joined(separator: "\n") + "\n"
}

/// A Profile as YAML text; without rules it allows nothing.
func profileText(_ name: String = "open", ingress: String = "{action: Allow}", egress: String = "{action: Allow}")
    -> String
{
    """
    apiVersion: projectcalico.org/v3
    kind: Profile
    metadata: {name: \(name)}
    spec:
      ingress: [\(ingress)]
      egress: [\(egress)]

    """
}
