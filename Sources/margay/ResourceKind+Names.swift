import ArgumentParser
import Resources

extension ResourceKind {
    /// calicoctl's short names, by kind; singular and plural are known of every kind.
    private static let shortNames: [String: [String]] = [
        "WorkloadEndpoint": ["wep", "weps"], "Profile": ["pro", "pros"],
        "NetworkPolicy": ["np", "policy", "policies", "pol", "pols"], "GlobalNetworkPolicy": ["gnp", "gnps"],
        "NetworkSet": ["netset", "netsets"], "GlobalNetworkSet": ["gns", "globalnetset", "globalnetsets"],
    ]

    /// What a person may call the kind: calicoctl's names, in lower case; the singular first.
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

    static var allValueStrings: [String] { ResourceKind.allCases.flatMap(\.names) }
}
