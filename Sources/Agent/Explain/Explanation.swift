package import Dataplane
package import NetworkValues
package import Nftables

/// What rules do with the first packet of a flow, and which of them decides.
package struct Explanation: Sendable {
    package enum Verdict: String, Hashable, Sendable {
        case allow, deny
        /// It cannot be told.
        case unknown
    }

    /// One end of the flow.
    package struct Party: Hashable, Sendable {
        package enum Kind: String, Hashable, Sendable {
            /// An endpoint of this node.
            case endpoint
            /// An endpoint of another node.
            case remote
            /// An interface that no endpoint has.
            case interface
            /// This host itself.
            case host
            case outside
        }

        package let kind: Kind
        /// Of an endpoint: `default/web`.
        package let name: String?
        package let interface: InterfaceName?
        /// Of an endpoint of another node.
        package let node: String?
        /// What the packet bears; `nil` where it has no influence.
        package let address: IPAddress?
    }

    /// The rule that decides, and what it stands for.
    package struct Decision: Hashable, Sendable {
        /// `nil` unless it is a rule of a policy, or the end of a tier.
        package let tier: String?
        /// The policy or profile: its kind, and its name as a person types it.
        package let kind: String?
        package let name: String?
        /// `ingress[0]`
        package let place: String?
        /// The rule as the resource has it, as JSON.
        package let text: String?
        package let chain: String
        /// Its place in the chain, from 0.
        package let index: Int
        package let comment: String?
        /// The rule in the chain, as nft shows it.
        package let rule: String
        /// Whether it stands in the kernel and is not wanted there.
        package let isForeign: Bool
        /// What the kernel has counted there, with the rules beside it that stand for the same; `nil` where it was not
        /// asked, or does not count.
        package var counter: CounterValue?

        /// `12 packets, 720 bytes`
        package var countedWords: String? {
            counter.map { "\($0.packets) \($0.packets == 1 ? "packet" : "packets"), \($0.bytes) bytes" }
        }
    }

    /// A rule that the packet matched.
    package struct Step: Hashable, Sendable {
        package let chain: String
        /// Its place in the chain, from 0.
        package let index: Int
        /// As nft shows it.
        package let rule: String
        package let verdict: String?

        init(_ step: RuleStep) {
            chain = step.chain
            index = step.index
            rule = step.rule.text(in: .inet)
            verdict = step.verdict?.description
        }
    }

    /// One direction's part of the answer.
    package struct Finding: Hashable, Sendable {
        package let direction: TrafficDirection
        package let place: Party
        /// `nil` where no rule of this node judges the direction.
        package let verdict: Verdict?
        /// `nil` where no rule decides.
        package var decision: Decision?
        package let why: String
        /// The rules that the packet matched, in order.
        package let path: [Step]
    }

    /// The answer of one set of rules.
    package struct Side: Hashable, Sendable {
        /// Where the packet goes, after translation.
        package let destination: IPAddress
        /// Egress, then ingress.
        package var findings: [Finding]

        package var verdict: Verdict {
            let verdicts = findings.compactMap(\.verdict)
            return verdicts.contains(.deny) ? .deny : verdicts.contains(.unknown) ? .unknown : .allow
        }
    }

    package let from: Party
    package let to: Party
    /// `tcp, port 80`
    package let traffic: String
    package let desired: Side
    /// By what was read from the kernel; `nil` when nobody asked for it or it could not be read.
    package var kernel: Side?
    package var notes: [String]

    /// What becomes of the packet.
    package var verdict: Verdict { (kernel ?? desired).verdict }

    /// Whether the kernel does what is wanted; `nil` when it was not read.
    package var agrees: Bool? {
        kernel.map { kernel in
            kernel.findings.map(\.verdict) == desired.findings.map(\.verdict)
                && kernel.destination == desired.destination
        }
    }
}

/// What `margay explain` is asked.
package struct ExplainQuestion: Hashable, Sendable {
    /// Resource name, namespace/name, interface name, or address.
    package var from: String
    package var to: String
    package var `protocol`: UInt8
    package var sourcePort: UInt16?
    package var port: UInt16?
    package var icmpType: UInt8?
    package var icmpCode: UInt8?
    package var family: IPFamily?

    package init(
        from: String, to: String, protocol: UInt8, sourcePort: UInt16? = nil, port: UInt16? = nil,
        icmpType: UInt8? = nil, icmpCode: UInt8? = nil, family: IPFamily? = nil
    ) {
        self.from = from
        self.to = to
        self.protocol = `protocol`
        self.sourcePort = sourcePort
        self.port = port
        self.icmpType = icmpType
        self.icmpCode = icmpCode
        self.family = family
    }
}

/// Why a question has no answer.
package struct ExplainError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
