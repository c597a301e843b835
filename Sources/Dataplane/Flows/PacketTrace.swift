package import NetworkValues
package import Nftables

/// A rule that a packet matched on its way.
package struct RuleStep: Hashable, Sendable {
    package let chain: String
    /// Its place in the chain, from 0.
    package let index: Int
    package let rule: CompiledRule
    /// What it decided; `nil` for one that only counts or logs.
    package let verdict: Verdict?
}

/// What a base chain does with a packet.
package struct ChainTrace: Hashable, Sendable {
    package enum Outcome: Hashable, Sendable {
        case accept, drop
        /// It goes on with another address.
        case translated(IPAddress)
        case unknown(TraceGap)
    }

    package let baseChain: String
    /// The rules that the packet matched, in order; the last one decides, unless ``isPolicy`` or the outcome is unknown.
    package let steps: [RuleStep]
    package let outcome: Outcome
    /// Whether no rule decided, so that the base chain's policy did.
    package let isPolicy: Bool
}

/// Why nobody can tell what rules do with a packet.
package enum TraceGap: Hashable, Sendable {
    /// They ask for something that is not known of the packet.
    case packet(String)
    /// It depends on what else is under way.
    case rate
    /// An instruction of a kind that is never ours.
    case foreign(String)
    case missingChain(String)
    case missingSet(String)
    /// Jumps within jumps, more than the kernel takes.
    case depth
}

/// The first packet of a flow, as far as rules ask about it. It has no extension headers and is no fragment.
package struct FirstPacket: Hashable, Sendable {
    package var source: IPAddress
    package var destination: IPAddress
    package var `protocol`: UInt8
    package var sourcePort: UInt16?
    package var destinationPort: UInt16?
    package var icmpType: UInt8?
    package var icmpCode: UInt8?
    /// `nil` for an interface that no rule of ours knows by its name.
    package var input: InterfaceName?
    package var output: InterfaceName?
    /// The source of its frame.
    package var mac: MACAddress?
    /// The input's hardware type, `ARPHRD_*`.
    package var hardwareType: UInt16

    package init(
        from source: IPAddress, to destination: IPAddress, protocol: UInt8, sourcePort: UInt16? = nil,
        destinationPort: UInt16? = nil, icmpType: UInt8? = nil, icmpCode: UInt8? = nil, input: InterfaceName? = nil,
        output: InterfaceName? = nil, mac: MACAddress? = nil, hardwareType: UInt16 = 1
    ) {
        self.source = source
        self.destination = destination
        self.protocol = `protocol`
        self.sourcePort = sourcePort
        self.destinationPort = destinationPort
        self.icmpType = icmpType
        self.icmpCode = icmpCode
        self.input = input
        self.output = output
        self.mac = mac
        self.hardwareType = hardwareType
    }
}

/// Runs our rules over first packets and tells which of them decide.
package struct FlowTracer: Sendable {
    private let interpreter: RuleInterpreter

    /// - Parameter isActual: Whether the rules are those that were read from the kernel, instead of those that are wanted.
    package init(_ tracker: DataplaneTracker, isActual: Bool) {
        interpreter = RuleInterpreter(tracker, isActual: isActual)
    }

    /// What each base chain at the hook would do with the packet, in the order in which they are met, as if those before
    /// had accepted it.
    package func filter(_ packet: FirstPacket, at hook: BaseChain.Hook) -> [ChainTrace] {
        interpreter.traces(of: PacketSketch(packet), at: hook, .filter)
    }

    /// The first base chain at the hook that writes another address or of which that cannot be told; `nil` when none does.
    package func translation(of packet: FirstPacket, at hook: BaseChain.Hook) -> ChainTrace? {
        interpreter.traces(of: PacketSketch(packet), at: hook, .nat).first { $0.outcome != .accept }
    }
}
