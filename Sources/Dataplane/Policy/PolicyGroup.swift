import Nftables
package import Policy
import Resources

/// The ordered policies and profiles that judge an endpoint's traffic. Endpoints with the same lists share its chains, so
/// that the kernel validates them once, however many endpoints there are.
package struct PolicyGroup: Hashable, Sendable {
    /// What all copies share: thousands of endpoints have the same group.
    private final class Shared: Sendable {
        let policies: EndpointPolicies
        let name: String
        let nameHash: Int
        let ingress: (chain: String, stub: ChainContents)
        let egress: (chain: String, stub: ChainContents)

        init(_ policies: EndpointPolicies) {
            self.policies = policies
            name = PolicyGroup.name(policies)
            nameHash = name.hashValue
            ingress = Self.entry(name, .ingress)
            egress = Self.entry(name, .egress)
        }

        private static func entry(_ name: String, _ direction: TrafficDirection) -> (chain: String, stub: ChainContents)
        {
            let chain = "\(name)-\(direction.rawValue)"
            return (chain, ChainContents(stubTo: chain))
        }
    }

    private let shared: Shared

    package var policies: EndpointPolicies { shared.policies }
    package var profiles: [String] { policies.profiles }
    var judges: Set<ResourceKey> { policies.judges }

    package init(_ policies: EndpointPolicies) {
        shared = Shared(policies)
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.shared === right.shared || left.name == right.name && left.policies == right.policies
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(shared.nameHash) }

    /// A short name, in which the number of profiles and the mark of policies keep the four forms apart.
    var name: String { shared.name }

    private static func name(_ policies: EndpointPolicies) -> String {
        let profiles = policies.profiles
        guard policies.tiers.isEmpty else {
            var hash = StableHash()
            for tier in policies.tiers {
                hash.combine("\(tier.name) \(tier.defaultAction.rawValue)")
                for list in [tier.ingress, tier.egress] {
                    for key in list { hash.combine("\(key)") }
                    hash.combine("")
                }
            }
            for profile in profiles { hash.combine(profile) }
            return "group-p-\(hash.text)"
        }
        switch profiles.count {
        case 0: return "group-0"
        case 1 where profiles[0].utf8.count <= 64: return "group-1-\(profiles[0])"
        default:
            var hash = StableHash()
            for profile in profiles {
                hash.combine(profile)
            }
            return "group-\(profiles.count)-\(hash.text)"
        }
    }

    /// Where packets of an endpoint of the group come.
    package func chain(_ direction: TrafficDirection) -> String {
        direction == .ingress ? shared.ingress.chain : shared.egress.chain
    }

    /// What an endpoint's own chain holds: the way to the group's.
    func stub(_ direction: TrafficDirection) -> ChainContents {
        direction == .ingress ? shared.ingress.stub : shared.egress.stub
    }

    /// All that can judge a packet of that direction, in order.
    func tiers(_ direction: TrafficDirection) -> [(tier: EndpointPolicies.Tier, policies: [ResourceKey])] {
        policies.tiers.map { (tier: $0, policies: direction == .ingress ? $0.ingress : $0.egress) }
            .filter { !$0.policies.isEmpty }
    }

    /// The group's chains: invalid packets go first, then the tiers' policies in order, then the profiles, then the denial
    /// that counts per endpoint. What does not exist contributes nothing.
    ///
    /// A tier of which a policy passes ends the chain, and Pass is a `goto` the next one: `return` could not tell it from
    /// a policy that does not decide. What stands behind a tier that ends in a denial and passes nothing is left out.
    /// - Parameters:
    ///   - policy: `nil` for one without rules to be had.
    ///   - hasProfile: Whether a profile exists.
    func bundle(
        policy: (ResourceKey) -> PolicyRenderer?, hasProfile: (String) -> Bool, canLog: Bool = true,
        kind: @escaping (MemberSet) -> MemberSet.Kind = { _ in .addresses }
    ) -> ObjectBundle {
        var bundle = ObjectBundle()
        for direction in TrafficDirection.allCases {
            var chain = chain(direction)
            var rules = [Rule(.invalid, .counter, .drop)]
            var parts = 1
            var isDecided = false
            for (tier, policies) in tiers(direction) where !isDecided {
                let next = "\(self.chain(direction))-\(parts)"
                var passes = false
                for renderer in policies.compactMap(policy) {
                    switch renderer.form(direction) {
                    case .nothing: break
                    case .jump:
                        let label = "policy \(RuleLabel.tier(tier.name))/\(RuleLabel.name(renderer.name))"
                        rules.append(Rule(.jump(renderer.chain(direction)), comment: comment(label)))
                    case .inline:
                        passes = true
                        rules += renderer.renderer(direction, canLog: canLog, pass: .goto(next), kind: kind)
                            .rendered(renderer.rules[direction], &bundle)
                    }
                }
                switch tier.defaultAction {
                case .pass where passes: rules.append(Rule(.goto(next)))
                case .pass: break
                default:
                    rules.append(
                        Rule(.counter, .goto(direction.denial), comment: RuleLabel.tierEnd(tier.name).comment))
                    isDecided = !passes
                }
                guard passes else { continue }
                bundle.add(ChainDefinition(.margay, chain, rules))
                (chain, rules) = (next, [])
                parts += 1
            }
            if !isDecided {
                rules += profiles.filter(hasProfile).map {
                    Rule(.jump(ProfileRenderer.chain(of: $0, direction)), comment: comment("profile \($0)"))
                }
                rules.append(
                    Rule(.counter, .goto(direction.denial), comment: RuleLabel.profilesEnd.comment))
            }
            bundle.add(ChainDefinition(.margay, chain, rules))
        }
        return bundle
    }
}

/// Traffic as the workload sees it.
package enum TrafficDirection: String, Hashable, Sendable, CaseIterable {
    case ingress, egress

    /// The chain that drops and counts what policy denies.
    package var denial: String { self == .ingress ? Skeleton.Name.denyIngress : Skeleton.Name.denyEgress }

    /// What the own chain of an endpoint holds that is closed.
    var closedStub: ChainContents { self == .ingress ? Self.closedIngress : Self.closedEgress }

    private static let closedIngress = ChainContents(stubTo: TrafficDirection.ingress.denial)
    private static let closedEgress = ChainContents(stubTo: TrafficDirection.egress.denial)

    /// The map that leads an interface to its chain.
    var dispatch: KnownSet { self == .ingress ? .to : .from }

    /// The endpoint's own chain.
    func chain(of interface: String) -> String { "\(self == .ingress ? "to" : "from")-\(interface)" }
}

extension ChainContents {
    /// Counts what passes, and leads it on.
    fileprivate init(stubTo chain: String) {
        self = ChainDefinition(.margay, chain, [Rule(.counter, .goto(chain))]).contents
    }
}

/// nft shows at most 128 bytes of a comment, and quotes it.
func comment(_ text: String) -> String {
    String(decoding: text.utf8.filter { $0 != UInt8(ascii: "\"") && $0 >= 32 }.prefix(120), as: UTF8.self)
}
