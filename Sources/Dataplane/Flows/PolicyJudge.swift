import Conntrack
import NetworkValues
import Nftables

/// Judges running flows of endpoints as if their first packet came now.
struct PolicyJudge {
    private let interpreter: RuleInterpreter
    private let owners: AddressOwners
    private let hostAddresses: Set<IPAddress>
    private let hostNetworks: [IPPrefix]

    init(_ tracker: DataplaneTracker, hostNetworks: [IPPrefix]) {
        interpreter = RuleInterpreter(tracker)
        owners = AddressOwners(tracker.networks)
        hostAddresses = Set(hostNetworks.filter(\.isHost).map(\.address))
        self.hostNetworks = hostNetworks.filter { !$0.isHost }
    }

    /// Whether the flow is an endpoint's and its rules would drop its first packet now. A flow of which that cannot be
    /// told is left alone, and so is one that another announced: it was never judged as new.
    func denies(_ flow: ConntrackEntry) -> Bool {
        guard !flow.isExpected else { return false }
        let (source, destination) = (flow.original.source, flow.reply.source)
        let (sender, receiver) = (owners.owner(of: source), owners.owner(of: destination))
        guard sender != nil || receiver != nil else { return false }
        let hook: BaseChain.Hook = isHost(destination) ? .input : isHost(source) ? .output : .forward
        var packet = PacketSketch(flow)
        if let sender, hook != .output { packet.inputName = PacketSketch.padded(sender.interface) }
        if let receiver, hook != .input { packet.outputName = PacketSketch.padded(receiver.interface) }
        return interpreter.outcome(of: packet, at: hook) == .drop
    }

    private func isHost(_ address: IPAddress) -> Bool {
        hostAddresses.contains(address) || hostNetworks.contains { $0.contains(address) }
    }
}
