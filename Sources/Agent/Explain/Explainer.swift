package import Dataplane
import Nftables
package import NetworkValues
package import Resources

/// Answers who may talk to whom, by running our rules over the first packet of a flow. Pure.
package struct Explainer: Sendable {
    let model: DataplaneModel
    /// Of all nodes.
    let endpoints: [ResourceKey: WorkloadEndpoint]
    let rules: RuleCatalogue
    /// What the host itself answers for.
    let hostNetworks: [IPPrefix]
    /// Whether the model holds what was read from the kernel.
    let readsKernel: Bool

    package init(_ resources: [Resource], _ model: DataplaneModel, hostNetworks: [IPPrefix], readsKernel: Bool) {
        self.model = model
        self.hostNetworks = hostNetworks
        self.readsKernel = readsKernel
        rules = RuleCatalogue(resources, model.policy)
        endpoints = resources.reduce(into: [:]) { endpoints, resource in
            if case .workloadEndpoint(let endpoint) = resource { endpoints[endpoint.key] = endpoint }
        }
    }

    /// - Throws: ``ExplainError`` when a name is unknown or ambiguous, or the two have no family in common.
    package func explain(_ question: ExplainQuestion) throws(ExplainError) -> Explanation {
        let (from, to) = (try subject(named: question.from), try subject(named: question.to))
        guard from.isJudged || to.isJudged else {
            throw ExplainError(
                "neither \(question.from) nor \(question.to) is an endpoint of node \(model.options.node): nothing of "
                    + "it is judged here")
        }
        let (source, destination) = try addresses(of: from, to, question)
        var notes = from.notes + to.notes
        if let key = from.key, key == to.key, to.external == nil {
            notes.append("\(key.shortName) talks to itself: such a packet never leaves the workload")
        }
        func side(isActual: Bool) -> Explanation.Side {
            judge(from, FirstPacket(from: source, to: destination, question), isActual: isActual)
        }
        let (desired, kernel) = (side(isActual: false), readsKernel ? side(isActual: true) : nil)
        if readsKernel {
            notes += Set([from.key, to.key].compactMap(\.self)).sorted().compactMap(stateNote)
            if ![from.party, to.party].contains(.host), !model.host.forwarding.contains(source.family) {
                notes.append(
                    "IPv\(source.family == .v4 ? 4 : 6) forwarding is off: no interface's packets reach another")
            }
        }
        if let kernel, kernel.verdict == desired.verdict {
            for (there, wanted) in zip(kernel.findings, desired.findings)
            where there.verdict == wanted.verdict && there.decision != wanted.decision {
                notes.append("\(there.direction.rawValue): the kernel decides by another rule than is wanted")
            }
        }
        return Explanation(
            from: from.party(at: from.interfaceWithoutEndpoint == nil ? source : nil),
            to: to.party(at: destination), traffic: question.traffic, desired: desired, kernel: kernel,
            notes: notes)
    }

    private func stateNote(_ key: ResourceKey) -> String? {
        guard let state = model.state(of: key), state.phase != .up else { return nil }
        return "\(key.shortName) is \(state.phase.rawValue): \(state.reason)"
    }

    // MARK: One set of rules

    /// The base chains that judge what arrives at its destination; the others judge what somebody sends.
    private static let arrivalChains: Set<String> = ["forward-to", "input-host", "output-to-endpoints"]

    private func judge(_ from: Subject, _ packet: FirstPacket, isActual: Bool) -> Explanation.Side {
        let tracer = FlowTracer(model.tracker, isActual: isActual)
        var packet = packet
        packet.input = from.interface
        if let endpoint = from.localEndpoint {
            packet.mac = endpoint.mac?.ethernet
            packet.hardwareType = model.interfaces[endpoint.interfaceName]?.layer.hardwareType ?? 1
        }
        let (source, isFromHost) = (packet.source, from.party == .host)
        var (sent, arriving): ([ChainTrace], [ChainTrace]) = ([], [])
        if !isFromHost { sent = tracer.filter(packet, at: .prerouting) }
        if let translation = tracer.translation(of: packet, at: isFromHost ? .output : .prerouting) {
            if case .translated(let address) = translation.outcome {
                packet.destination = address
            } else {
                arriving.append(translation)
            }
        }
        let receiver = subject(at: packet.destination)
        packet.output = receiver.interface
        let hook: BaseChain.Hook = isFromHost ? .output : receiver.party == .host ? .input : .forward
        for trace in tracer.filter(packet, at: hook) {
            if Self.arrivalChains.contains(trace.baseChain) { arriving.append(trace) } else { sent.append(trace) }
        }
        func finding(_ direction: TrafficDirection, _ subject: Subject, _ traces: [ChainTrace]) -> Explanation.Finding {
            TraceReader(explainer: self, subject: subject, packet: packet, direction: direction, isActual: isActual)
                .finding(traces, at: direction == .egress ? source : packet.destination)
        }
        return Explanation.Side(
            destination: packet.destination,
            findings: [finding(.egress, from, sent), finding(.ingress, receiver, arriving)])
    }
}

extension FirstPacket {
    fileprivate init(from source: IPAddress, to destination: IPAddress, _ question: ExplainQuestion) {
        self.init(
            from: source, to: destination, protocol: question.protocol, sourcePort: question.sourcePort,
            destinationPort: question.port, icmpType: question.icmpType, icmpCode: question.icmpCode)
    }
}

extension ExplainQuestion {
    /// `TCP, port 80`
    fileprivate var traffic: String {
        let name = IPProtocol(rawValue: `protocol`)?.description ?? "\(`protocol`)"
        let isNamed = UInt8(name) == nil
        let parts: [String?] = [
            isNamed ? name : "protocol \(name)", sourcePort.map { "source port \($0)" }, port.map { "port \($0)" },
            icmpType.map { "type \($0)" }, icmpCode.map { "code \($0)" },
        ]
        return parts.compactMap(\.self).joined(separator: ", ")
    }
}
