import Resources
import Testing

/// Reads a text as the file `e.yaml`, or as another.
func read(_ text: String, allowWideNetworks: Bool = false, file: String = "e.yaml") -> [DecodedDocument] {
    ResourceReader(allowWideNetworks: allowWideNetworks).documents(in: Array(text.utf8), file: file)
}

/// A line for each diagnostic and outcome, in order: `e.yaml:1:1 accepted Profile p`.
func report(_ documents: [DecodedDocument]) -> [String] {
    documents.flatMap { document -> [String] in
        switch document.outcome {
        case .accepted(let resource):
            document.warnings.map(\.description) + ["\(document.location) accepted \(resource.key)"]
        case .rejected(let rejection):
            rejection.diagnostics.map(\.description)
                + ["\(document.location) rejected \(rejection.key.map(\.description) ?? "?")"]
        case .ignored:
            document.warnings.map(\.description) + ["\(document.location) ignored"]
        }
    }
}

func report(_ text: String) -> [String] { report(read(text)) }

/// The only document of a text, which must be valid.
func accepted(_ text: String, allowWideNetworks: Bool = false) throws -> Resource {
    let documents = read(text, allowWideNetworks: allowWideNetworks)
    try #require(documents.count == 1)
    guard case .accepted(let resource) = documents[0].outcome else {
        throw Unexpected(report: report(documents))
    }
    return resource
}

func acceptedEndpoint(_ text: String, allowWideNetworks: Bool = false) throws -> WorkloadEndpoint {
    let resource = try accepted(text, allowWideNetworks: allowWideNetworks)
    guard case .workloadEndpoint(let endpoint) = resource else { throw Unexpected(report: [resource.json]) }
    return endpoint
}

struct Unexpected: Error {
    var report: [String]
}

/// A valid endpoint on six lines.
func endpoint(_ name: String) -> String {
    """
    apiVersion: projectcalico.org/v3
    kind: WorkloadEndpoint
    metadata: {name: \(name)}
    spec:
      {node: node1, interfaceName: cali\(name),
       ipNetworks: [10.0.0.1]}

    """
}

/// A text, and all that is said about it.
struct Example: CustomTestStringConvertible {
    var text: String
    var report: String
    var testDescription: String { text }

    init(_ text: String, _ report: String) { (self.text, self.report) = (text, report) }
}

/// As messages about an unknown or absent kind list them.
let kindsThatAreRead =
    "WorkloadEndpoint, Profile, NetworkPolicy, GlobalNetworkPolicy, Tier, NetworkSet, GlobalNetworkSet, staged policies, "
    + "Namespace, ServiceAccount"
