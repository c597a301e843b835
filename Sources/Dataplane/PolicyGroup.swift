import Nftables

/// The ordered profiles that judge an endpoint's traffic. Endpoints with the same list share its chains, so that the
/// kernel validates them once, however many endpoints there are.
package struct PolicyGroup: Hashable, Sendable {
    package let profiles: [String]

    package init(profiles: [String]) {
        self.profiles = profiles
    }

    /// A short name in which the number of profiles keeps the three forms apart.
    var name: String {
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

    package func chain(_ direction: TrafficDirection) -> String { "\(name)-\(direction.rawValue)" }

    /// The group's chains: invalid packets go first, then the profiles in order, then the denial that counts per
    /// endpoint. A profile that does not exist contributes nothing.
    func bundle(existing: (String) -> Bool) -> ObjectBundle {
        var bundle = ObjectBundle()
        for direction in TrafficDirection.allCases {
            let jumps = profiles.filter(existing).map {
                Rule(.jump(ProfileRenderer.chain(of: $0, direction)), comment: comment("profile \($0)"))
            }
            bundle.add(
                ChainDefinition(
                    .margay, chain(direction),
                    [Rule(.invalid, .counter, .drop)] + jumps + [Rule(.goto(direction.denial))]))
        }
        return bundle
    }
}

/// Traffic as the workload sees it.
package enum TrafficDirection: String, Hashable, Sendable, CaseIterable {
    case ingress, egress

    /// The chain that drops and counts what policy denies.
    package var denial: String { self == .ingress ? Skeleton.Name.denyIngress : Skeleton.Name.denyEgress }

    /// The map that leads an interface to its chain.
    var dispatch: KnownSet { self == .ingress ? .to : .from }

    /// The endpoint's own chain.
    func chain(of interface: String) -> String { "\(self == .ingress ? "to" : "from")-\(interface)" }
}

/// nft shows at most 128 bytes of a comment, and quotes it.
func comment(_ text: String) -> String {
    String(decoding: text.utf8.filter { $0 != UInt8(ascii: "\"") && $0 >= 32 }.prefix(120), as: UTF8.self)
}
