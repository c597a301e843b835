import Dataplane
import NetworkValues
import Nftables
import Policy
import Resources

/// Turns what the rules did with a packet in one direction into words.
struct TraceReader {
    typealias Finding = Explanation.Finding

    let explainer: Explainer
    let subject: Subject
    let packet: FirstPacket
    let direction: TrafficDirection
    let isActual: Bool

    private var model: DataplaneModel { explainer.model }

    func finding(_ traces: [ChainTrace], at address: IPAddress) -> Finding {
        let party = subject.party(at: subject.interfaceWithoutEndpoint == nil ? address : nil)
        let decisive =
            traces.first { $0.outcome != .accept }
            ?? traces.last { $0.steps.contains { $0.label != nil } }
            // Of the source filter and the dispatch to policy, the latter.
            ?? traces.last
        let path = traces.prefix { $0 != decisive }.flatMap(\.steps) + (decisive?.steps ?? [])
        func finding(_ verdict: Explanation.Verdict?, _ decision: Explanation.Decision?, _ why: String) -> Finding {
            Finding(
                direction: direction, place: party, verdict: verdict, decision: decision, why: why,
                path: path.map(Explanation.Step.init))
        }
        guard let decisive else {
            return finding(subject.isJudged ? .allow : nil, nil, isActual ? elsewhere ?? Self.noRuleset : nothing)
        }
        switch decisive.outcome {
        case .accept:
            if let elsewhere { return finding(nil, nil, elsewhere) }
            return finding(.allow, decision(decisive), accepting(decisive))
        case .drop: return finding(.deny, decision(decisive), dropping(decisive))
        case .unknown(let gap): return finding(.unknown, decision(decisive), gap.words)
        case .translated: return finding(.unknown, nil, "its source address is rewritten on the way")
        }
    }

    private static let noRuleset = "the kernel holds no chain of ours that judges it: nothing is filtered"

    private var nothing: String { elsewhere ?? "no rule judges it" }

    /// Why no rule of this node judges the direction; `nil` where rules do.
    private var elsewhere: String? {
        switch subject.party {
        case .endpoint, .interface: nil
        case .remote(let endpoint):
            "judged elsewhere: \(endpoint.key.shortName) is an endpoint of node \(endpoint.node ?? "?")"
        case .host: direction == .egress ? "the host's own traffic is not judged" : nil
        case .outside: "not judged: \(direction == .egress ? packet.source : packet.destination) is no endpoint's"
        }
    }

    // MARK: The rule that decides

    private func decision(_ trace: ChainTrace) -> Explanation.Decision? {
        guard !trace.isPolicy, let last = trace.steps.last else { return nil }
        // A denial is counted in a chain of its own: who led there is asked.
        let isDenial = [TrafficDirection.ingress, .egress].contains { $0.denial == last.chain }
        let step = isDenial ? trace.steps.last { $0.chain != last.chain } ?? last : last
        let label = step.label
        let entry = explainer.rules[label]
        var (tier, name, place): (String?, String?, String?) = (nil, nil, nil)
        switch label {
        case .policy(let policyTier, let policy, let direction, let index):
            (tier, name, place) = (policyTier, policy, "\(direction.rawValue)[\(index)]")
        case .profile(let profile, let direction, let index):
            (name, place) = (profile, "\(direction.rawValue)[\(index)]")
        case .tierEnd(let ended): tier = ended
        case .profilesEnd, nil: break
        }
        return Explanation.Decision(
            tier: tier, kind: entry?.key.kind.rawValue ?? label?.kind,
            name: entry.map { $0.key.policyName } ?? name, place: place, text: entry?.text,
            chain: step.chain, index: step.index, comment: step.rule.comment, rule: step.rule.text(in: .inet),
            isForeign: isForeign(step))
    }

    /// Whether the rule stands in the kernel and is not wanted there.
    private func isForeign(_ step: RuleStep) -> Bool {
        guard isActual else { return false }
        return model.tracker.chains.desired(ChainID(.margay, step.chain))?.rules.contains(step.rule) != true
    }

    private func accepting(_ trace: ChainTrace) -> String {
        guard let last = trace.steps.last, !trace.isPolicy else {
            if trace.baseChain == "output-to-endpoints" { return "what the host itself sends is not judged" }
            if let name = subject.interface {
                return "no rule denies it: nothing leads \(name) to a policy"
            }
            return "no rule denies it"
        }
        if isForeign(last) { return foreignWords(last) }
        if let words = last.label?.words { return "\(words) allows it" }
        switch last.chain {
        case "host-essentials": return "the host takes neighbour discovery and DHCP whatever policy says"
        case "endpoint-to-host":
            return model.options.acceptsEndpointToHost
                ? "endpointToHost is accept" : "the host answers DNS whatever endpointToHost says"
        default: return "chain \(last.chain) accepts it: \(last.rule.text(in: .inet))"
        }
    }

    private func dropping(_ trace: ChainTrace) -> String {
        guard let last = trace.steps.last, !trace.isPolicy else {
            return "chain \(trace.baseChain) drops what no rule accepts"
        }
        let denial = TrafficDirection.allCases.first { $0.denial == last.chain }
        let step = denial == nil ? last : trace.steps.last { $0.chain != last.chain } ?? last
        if isForeign(step) { return foreignWords(step) }
        if let closure { return closure }
        if denial != nil { return denying(step) }
        switch last.chain {
        case "drop-mac": return "source filter: not the endpoint's MAC"
        case "drop-ip": return "source filter: \(packet.source) is not its own"
        case "drop-nd": return "source filter: neighbour discovery that is not the endpoint's"
        case "drop-ra": return "source filter: a workload is no router"
        case "drop-dhcp": return "source filter: DHCP that is not the endpoint's"
        case "endpoint-to-host":
            return "endpointToHost is drop: of the host it reaches DNS, DHCP and neighbour discovery alone"
        case trace.baseChain:
            guard let name = subject.interface else { break }
            return "no endpoint has \(name), and unknownInterfaces is drop"
        default: break
        }
        return "chain \(last.chain) drops it: \(last.rule.text(in: .inet))"
    }

    /// - Parameter step: What led to the chain that denies.
    private func denying(_ step: RuleStep) -> String {
        switch step.label {
        case .policy, .profile: return "\(step.label?.words ?? "") denies it"
        case .tierEnd(let tier):
            let policies =
                judges?.tiers.first { RuleLabel.tier($0.name) == tier }
                .map { direction == .ingress ? $0.ingress : $0.egress } ?? []
            return "no policy of tier \(tier) allows it" + list(policies.map(\.policyName))
        case .profilesEnd, nil: break
        }
        guard let endpoint = subject.localEndpoint else { return "policy denies it" }
        let isSelected = judges?.tiers.contains { direction == .ingress ? !$0.ingress.isEmpty : !$0.egress.isEmpty }
        let profiles = judges?.profiles ?? endpoint.profiles
        let policies = isSelected == true ? "its tiers pass it on, and " : ""
        guard !profiles.isEmpty else {
            return isSelected == true
                ? "\(policies)the endpoint has no profile" : "the endpoint has no policy and no profile"
        }
        let missing = profiles.filter { !model.hasProfile($0) }
        let absent = missing.isEmpty ? "" : "; there is no profile \(missing.joined(separator: ", "))"
        return "\(policies)no profile allows it\(list(profiles))\(absent)"
    }

    /// Why nothing passes at an endpoint, whatever policy says; `nil` where policy has a say.
    private var closure: String? {
        guard let endpoint = subject.localEndpoint, let mac = endpoint.mac,
            MACFilter(mac, on: model.interfaces[endpoint.interfaceName]?.layer).isUnenforceable
        else { return nil }
        return "the endpoint is closed: its MAC \(mac) cannot be enforced"
    }

    private var judges: EndpointPolicies? { subject.key.map(model.policy.policies) }

    /// `: a, b, c and 4 more`
    private func list(_ names: [String]) -> String {
        guard !names.isEmpty else { return "" }
        let more = names.count > 5 ? " and \(names.count - 5) more" : ""
        return ": \(names.prefix(5).joined(separator: ", "))\(more)"
    }

    private func foreignWords(_ step: RuleStep) -> String {
        "a rule in chain \(step.chain) that is not wanted there: \(step.rule.text(in: .inet))"
    }
}

extension RuleStep {
    var label: RuleLabel? { rule.comment.flatMap(RuleLabel.init(comment:)) }
}

extension RuleLabel {
    fileprivate var kind: String? {
        switch self {
        case .policy: "policy"
        case .profile: "profile"
        case .tierEnd, .profilesEnd: nil
        }
    }

    /// `rule ingress[0] of policy default/web in tier default`
    fileprivate var words: String? {
        switch self {
        case .policy(let tier, let name, let direction, let index):
            "rule \(direction.rawValue)[\(index)] of policy \(name) in tier \(tier)"
        case .profile(let name, let direction, let index): "rule \(direction.rawValue)[\(index)] of profile \(name)"
        case .tierEnd, .profilesEnd: nil
        }
    }
}

extension TraceGap {
    fileprivate var words: String {
        switch self {
        case .packet(let field): "a rule asks for \(field), which the question leaves open"
        case .rate: "a rule decides by the rate of packets"
        case .foreign(let name): "a rule that is not Margay's uses \(name), which is not understood"
        case .missingChain(let name): "a rule leads to chain \(name), which is not there"
        case .missingSet(let name): "a rule asks for set \(name), which is not there or none of ours"
        case .depth: "the chains lead too deep"
        }
    }
}
