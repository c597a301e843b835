import ArgumentParser
import Resources

extension ResourceKind {
    /// The short names of calicoctl, and of kubectl for Kubernetes' kinds; singular and plural are known of every kind.
    private static let shortNames: [String: [String]] = [
        "WorkloadEndpoint": ["wep", "weps"], "Profile": ["pro", "pros"],
        "NetworkPolicy": ["np", "policy", "policies", "pol", "pols"], "GlobalNetworkPolicy": ["gnp", "gnps"],
        "NetworkSet": ["netset", "netsets"], "GlobalNetworkSet": ["gns", "globalnetset", "globalnetsets"],
        "KubernetesNetworkPolicy": ["knp", "knps"], "Namespace": ["ns"], "ServiceAccount": ["sa"],
        "StagedNetworkPolicy": ["snp", "snps"], "StagedGlobalNetworkPolicy": ["sgnp", "sgnps"],
        "StagedKubernetesNetworkPolicy": ["sknp", "sknps"],
    ]

    /// What a person may call the kind, in lower case: the singular, the plural, short names.
    var names: [String] {
        let name = rawValue.lowercased()
        let plural = name.hasSuffix("y") ? name.dropLast() + "ies" : name + "s"
        return [name, plural] + (Self.shortNames[rawValue] ?? [])
    }

    /// The kind of this name, in any case.
    init?(name: String) {
        guard let kind = Self.allCases.first(where: { $0.names.contains(name.lowercased()) }) else { return nil }
        self = kind
    }
}

/// A kind by any of its names.
struct KindArgument: ExpressibleByArgument {
    let kind: ResourceKind

    init?(argument: String) {
        guard let kind = ResourceKind(name: argument) else { return nil }
        self.kind = kind
    }

    /// For help and completion: of each kind the singular and the first short name. More are known.
    static var allValueStrings: [String] {
        ResourceKind.allCases.flatMap { kind in [kind.names.first, kind.names.dropFirst(2).first].compactMap(\.self) }
    }
}
