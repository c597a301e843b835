/// What a rule of the kernel stands for: its comment, by which people and `explain` find the policy and the rule.
package enum RuleLabel: Hashable, Sendable, CustomStringConvertible {
    /// A rule of a policy, by the policy's display name.
    case policy(tier: String, name: String, direction: TrafficDirection, index: Int)
    /// A rule of a profile.
    case profile(name: String, direction: TrafficDirection, index: Int)
    /// No rule of the tier's policies has decided.
    case tierEnd(String)
    /// No profile allows the packet.
    case profilesEnd

    private static let noProfile = "no profile allows"

    /// The inverse of ``description``; `nil` for any other comment.
    package init?(comment: String) {
        let words = comment.split(separator: " ", omittingEmptySubsequences: false)
        switch (words.first, words.count) {
        case _ where comment == Self.noProfile: self = .profilesEnd
        case ("tier", 3) where words[2] == "end": self = .tierEnd(String(words[1]))
        case ("policy", 3):
            guard let (direction, index) = Self.place(words[2]), let slash = words[1].firstIndex(of: "/") else {
                return nil
            }
            let name = words[1][words[1].index(after: slash)...]
            self = .policy(tier: String(words[1][..<slash]), name: String(name), direction: direction, index: index)
        case ("profile", 3):
            guard let (direction, index) = Self.place(words[2]) else { return nil }
            self = .profile(name: String(words[1]), direction: direction, index: index)
        default: return nil
        }
    }

    private static func place(_ text: Substring) -> (TrafficDirection, Int)? {
        guard text.last == "]", let bracket = text.firstIndex(of: "["),
            let direction = TrafficDirection(rawValue: String(text[..<bracket])),
            let index = Int(text[text.index(after: bracket)...].dropLast())
        else { return nil }
        return (direction, index)
    }

    package var description: String {
        switch self {
        case .policy(let tier, let name, let direction, let index):
            "policy \(Self.tier(tier))/\(Self.name(name)) \(direction.rawValue)[\(index)]"
        case .profile(let name, let direction, let index):
            "profile \(Self.name(name)) \(direction.rawValue)[\(index)]"
        case .tierEnd(let tier): "tier \(Self.tier(tier)) end"
        case .profilesEnd: Self.noProfile
        }
    }

    /// The rule's comment.
    package var comment: String { Dataplane.comment(description) }

    /// How lines in the kernel's log begin that the rule leaves: at most 127 bytes.
    var logPrefix: String {
        let words = description.split(separator: " ", maxSplits: 1)
        return "margay \(words.last ?? ""): "
    }

    /// A policy's or a profile's name as labels have it: at most 64 bytes. nft shows 128 bytes of a comment.
    package static func name(_ text: String) -> String { StableHash.shortened(text, to: 64) }

    /// A tier's name as labels have it: at most 32 bytes.
    package static func tier(_ text: String) -> String { StableHash.shortened(text, to: 32) }
}

extension StableHash {
    /// The text itself if it has at most `limit` bytes; else its beginning, and a hash that keeps it apart from others.
    static func shortened(_ text: String, to limit: Int) -> String {
        guard text.utf8.count > limit else { return text }
        var hash = StableHash()
        hash.combine(text)
        return "\(String(decoding: text.utf8.prefix(limit - 18), as: UTF8.self))..\(hash.text)"
    }
}
