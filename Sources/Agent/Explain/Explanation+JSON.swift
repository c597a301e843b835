import Dataplane
import FoundationEssentials
import NetworkValues
import Nftables

extension Explanation {
    /// The document of `explain -o json`, indented, keys sorted. Its fields are a stable interface; what is not known is
    /// absent.
    /// - Throws: `EncodingError`.
    package func json() throws -> String {
        let document = Document(
            verdict: verdict.rawValue, agree: agrees, from: .init(from), to: .init(to), traffic: traffic,
            kernel: kernel.map(Document.Side.init), desired: .init(desired), notes: notes)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(document), as: UTF8.self)
    }

    fileprivate struct Document: Encodable {
        struct Party: Encodable {
            let kind: String
            let name: String?
            let interfaceName: String?
            let node: String?
            let address: String?
        }

        struct Decision: Encodable {
            let tier: String?
            let kind: String?
            let name: String?
            let rule: String?
            let text: String?
            let chain: String
            let nft: String
            let foreign: Bool
            /// Absent unless the kernel was read and counts there.
            let packets: UInt64?
            let bytes: UInt64?
        }

        struct Step: Encodable {
            let chain: String
            /// Its place in the chain, from 0.
            let index: Int
            let nft: String
            let verdict: String?
        }

        struct Finding: Encodable {
            let direction: String
            let at: Party
            /// `elsewhere` where no rule of this node judges it.
            let verdict: String
            let decision: Decision?
            let why: String
            let path: [Step]
        }

        struct Side: Encodable {
            let verdict: String
            let destination: String
            let directions: [Finding]
        }

        let verdict: String
        let agree: Bool?
        let from: Party
        let to: Party
        let traffic: String
        let kernel: Side?
        let desired: Side
        let notes: [String]
    }
}

extension Explanation.Document.Party {
    fileprivate init(_ party: Explanation.Party) {
        self.init(
            kind: party.kind.rawValue, name: party.name, interfaceName: party.interface?.rawValue, node: party.node,
            address: party.address?.description)
    }
}

extension Explanation.Document.Decision {
    fileprivate init(_ decision: Explanation.Decision) {
        self.init(
            tier: decision.tier, kind: decision.kind, name: decision.name, rule: decision.place, text: decision.text,
            chain: decision.chain, nft: decision.rule, foreign: decision.isForeign,
            packets: decision.counter?.packets, bytes: decision.counter?.bytes)
    }
}

extension Explanation.Document.Side {
    fileprivate init(_ side: Explanation.Side) {
        self.init(
            verdict: side.verdict.rawValue, destination: side.destination.description,
            directions: side.findings.map { finding in
                .init(
                    direction: finding.direction.rawValue, at: .init(finding.place),
                    verdict: finding.verdict?.rawValue ?? "elsewhere", decision: finding.decision.map { .init($0) },
                    why: finding.why,
                    path: finding.path.map {
                        .init(chain: $0.chain, index: $0.index, nft: $0.rule, verdict: $0.verdict)
                    })
            })
    }
}
