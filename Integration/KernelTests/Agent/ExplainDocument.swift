import FoundationEssentials

/// What `margay explain -o json` prints.
struct ExplainDocument: Decodable {
    struct Party: Decodable {
        let kind: String
        let name: String?
        let interfaceName: String?
        let node: String?
        let address: String?
    }

    struct Decision: Decodable {
        let tier: String?
        let kind: String?
        let name: String?
        let rule: String?
        let text: String?
        let chain: String
        let nft: String
        let foreign: Bool
        let packets: Int?
    }

    struct Direction: Decodable {
        let direction: String
        let at: Party
        let verdict: String
        let decision: Decision?
        let why: String
    }

    struct Side: Decodable {
        let verdict: String
        let destination: String
        let directions: [Direction]

        var egress: Direction? { directions.first { $0.direction == "egress" } }
        var ingress: Direction? { directions.first { $0.direction == "ingress" } }
    }

    let verdict: String
    let agree: Bool?
    let from: Party
    let to: Party
    let traffic: String
    let kernel: Side?
    let desired: Side
    let notes: [String]

    init(_ result: CommandResult) throws {
        guard !result.output.isEmpty else { throw TestKitError("explain: \(result)") }
        self = try JSONDecoder().decode(Self.self, from: Data(result.output.utf8))
    }
}
