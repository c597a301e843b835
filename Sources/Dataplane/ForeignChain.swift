package import NetworkValues
package import Nftables

/// A base chain of another program that drops, or may drop, what our chains let pass.
///
/// An accept ends the judgement of its own base chain and of no other: a packet of an endpoint passes only if every base
/// chain on its way lets it, whatever their priorities.
package struct ForeignChain: Hashable, Sendable {
    package enum Effect: String, Hashable, Sendable {
        /// Nothing in it lets a packet pass.
        case drops
        /// It drops what none of its rules lets pass; which those are is for a person to read.
        case mayDrop
    }

    package let chain: HookedChain
    package let effect: Effect
    /// What drops: `policy drop`, or that the last rule does.
    package let ending: String
    /// Whether it stands in the way of what endpoints and others send each other, and not only of what the host itself
    /// sends and receives: that most hosts protect themselves is no news.
    package let concernsForwarding: Bool

    /// Those of `chains` that stand in the way of packets of these families.
    package static func judge(_ chains: [HookedChain], families: Set<IPFamily>) -> [ForeignChain] {
        chains.compactMap { ForeignChain($0, families) }.sorted { $0.place < $1.place }
    }

    private var place: (Table, String) { (chain.table, chain.name) }

    private init?(_ chain: HookedChain, _ families: Set<IPFamily>) {
        let hook = chain.base.hook
        switch chain.table.family {
        case .inet, .netdev: guard !families.isEmpty else { return nil }
        case .ip, .arp: guard families.contains(.v4) else { return nil }
        case .ip6: guard families.contains(.v6) else { return nil }
        // What is routed never passes there; at a bridge's other hooks it does where the uplink is a bridge.
        case .bridge: guard !families.isEmpty, hook != .forward else { return nil }
        }
        guard let (effect, ending) = Self.ending(of: chain) else { return nil }
        self.chain = chain
        self.ending = ending
        let isOnEveryWay = chain.table.family != .bridge && chain.devices.isEmpty
        self.effect = isOnEveryWay ? effect : .mayDrop
        concernsForwarding =
            chain.table.family != .bridge && chain.table.family != .arp && hook != .input && hook != .output
    }

    /// What becomes of a packet that no rule with a condition decides on; `nil` if it passes.
    private static func ending(of chain: HookedChain) -> (Effect, String)? {
        var letsPass = false
        for rule in chain.rules {
            switch rule.outcome {
            case .passes: return nil
            case .denies(let words): return (letsPass ? .mayDrop : .drops, words)
            case .mayPass: letsPass = true
            case .goesOn: break
            }
        }
        guard chain.base.policy == .drop else { return nil }
        return (letsPass ? .mayDrop : .drops, "policy drop")
    }
}

extension CompiledRule {
    fileprivate enum Outcome {
        /// Every packet that comes here.
        case passes, denies(String)
        /// Some packet may leave the chain here, or come to rules that let it pass.
        case mayPass
        /// Drops some, or only counts.
        case goesOn
    }

    fileprivate var outcome: Outcome {
        var isConditional = false
        var mayPass = false
        for expression in expressions {
            switch expression {
            case .counter, .log: break
            case .verdict(.accept): if isConditional { mayPass = true } else { return .passes }
            case .verdict(.drop): if !isConditional { return .denies("a last rule that drops") }
            case .verdict(.jump), .verdict(.goto), .verdict(.return): mayPass = true
            case .lookup(_, _, let register, _):
                isConditional = true
                if register == .verdict { mayPass = true }
            case .meta, .payload, .extensionHeader, .compare, .outsideRange, .mask, .conntrackState, .limit:
                isConditional = true
            case .foreign("reject"), .foreign("target REJECT"):
                if !isConditional { return .denies("a last rule that rejects") }
            case .foreign(let name):
                isConditional = true
                // What only compares and loads; anything else may decide in ways that are not known here.
                if !Self.conditions.contains(name) { mayPass = true }
            case .nat: mayPass = true
            }
        }
        return mayPass ? .mayPass : .goesOn
    }

    private static let conditions: Set = [
        "meta", "payload", "exthdr", "cmp", "range", "bitwise", "byteorder", "lookup", "ct", "fib", "rt", "socket",
        "limit", "quota", "connlimit", "numgen", "hash", "osf", "match", "log",
    ]
}

extension ForeignChain {
    /// `chain ip filter FORWARD (hook forward, priority 0, policy drop)`
    package var text: String {
        let place =
            "hook \(chain.base.hook.rawValue)"
            + (chain.devices.isEmpty ? "" : " of \(chain.devices.joined(separator: ", "))")
        return "chain \(chain.table) \(chain.name) (\(place), priority \(chain.base.priority), \(ending))"
    }

    /// The whole matter for a person who wonders why packets do not come through.
    /// - Parameter prefixes: What the names of workload interfaces start with.
    package func text(prefixes: [String]) -> String {
        let whose = concernsForwarding ? "of endpoints" : "between endpoints and this host"
        let interfaces = prefixes.map { "\($0)*" }.joined(separator: ", ")
        let remedy =
            "what our chains accept still has to pass it: have the program that made it accept \(interfaces)"
            + (concernsForwarding ? " in both directions (with Docker in the chain DOCKER-USER)" : "")
        return switch effect {
        case .drops: "\(text) drops all packets \(whose) that come there: \(remedy)"
        case .mayDrop: "\(text) may drop packets \(whose), unless a rule of it accepts them: \(remedy)"
        }
    }
}
