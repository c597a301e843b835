/// What the comment of a rule in the kernel says of where the rule comes from.
package enum RuleLabel: Hashable, Sendable {
    /// By its place among the policy's rules of a direction, from 0. The name of a policy of a namespace is
    /// `namespace/name`.
    case policy(tier: String, name: String, direction: TrafficDirection, index: Int)
    case profile(name: String, direction: TrafficDirection, index: Int)
    /// What denies at the end of a tier.
    case tierEnd(String)
    /// What denies after the last profile.
    case profilesEnd

    /// `nil` for a comment that is none of these.
    package init?(comment: String) {
        if comment == "no profile allows" {
            self = .profilesEnd
            return
        }
        let words = comment.split(separator: " ")
        switch words.first {
        case "tier" where words.count == 3 && words[2] == "end": self = .tierEnd(String(words[1]))
        case "policy" where words.count == 3:
            let parts = words[1].split(separator: "/", maxSplits: 1)
            guard parts.count == 2, let (direction, index) = Self.place(words[2]) else { return nil }
            self = .policy(tier: String(parts[0]), name: String(parts[1]), direction: direction, index: index)
        case "profile" where words.count == 3:
            guard let (direction, index) = Self.place(words[2]) else { return nil }
            self = .profile(name: String(words[1]), direction: direction, index: index)
        default: return nil
        }
    }

    /// `ingress[2]`
    private static func place(_ text: Substring) -> (TrafficDirection, Int)? {
        let parts = text.split(separator: "[")
        guard parts.count == 2, parts[1].hasSuffix("]"), let direction = TrafficDirection(rawValue: String(parts[0])),
            let index = Int(parts[1].dropLast())
        else { return nil }
        return (direction, index)
    }

    package var comment: String {
        let text =
            switch self {
            case .policy(let tier, let name, let direction, let index):
                "policy \(tier)/\(name) \(direction.rawValue)[\(index)]"
            case .profile(let name, let direction, let index): "profile \(name) \(direction.rawValue)[\(index)]"
            case .tierEnd(let name): "tier \(name) end"
            case .profilesEnd: "no profile allows"
            }
        return Dataplane.comment(text)
    }
}
