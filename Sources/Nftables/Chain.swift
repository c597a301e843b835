/// A chain: a named list of rules, reached from a hook (a base chain) or from a verdict.
public struct Chain: Hashable, Sendable {
    public let name: String
    /// Where the kernel enters the chain; `nil` for a chain that only verdicts reach.
    public let base: BaseChain?

    public init(_ name: String, base: BaseChain? = nil) {
        self.name = name
        self.base = base
    }
}

/// How a base chain hangs in the packet path. None of it can be changed in place: a chain with another type, hook or
/// priority must be deleted and made anew (the kernel answers EOPNOTSUPP or EBUSY).
public struct BaseChain: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable { case filter, nat, route }

    public enum Hook: String, Hashable, Sendable {
        case prerouting, input, forward, output, postrouting, ingress, egress
    }

    public enum Policy: UInt32, Hashable, Sendable { case drop = 0, accept = 1 }

    public let kind: Kind
    public let hook: Hook
    /// Lower runs earlier; conntrack's defragmentation stands at -400, conntrack at -200, filter at 0
    /// (`enum nf_ip_hook_priorities`).
    public let priority: Int32
    public let policy: Policy

    public init(_ kind: Kind, hook: Hook, priority: Int32, policy: Policy = .accept) {
        self.kind = kind
        self.hook = hook
        self.priority = priority
        self.policy = policy
    }

    /// The hook's number in `family` (`enum nf_inet_hooks`, `NF_ARP_*`, `NF_BR_*`, `enum nf_dev_hooks`); `nil` where the
    /// family lacks the hook.
    public func hookNumber(in family: TableFamily) -> UInt32? {
        Self.hooks(of: family).firstIndex(of: hook).map { UInt32($0) }
    }

    /// The hook with this number in `family`, the inverse of ``hookNumber(in:)``.
    public static func hook(number: UInt32, in family: TableFamily) -> Hook? {
        let hooks = hooks(of: family)
        return number < hooks.count ? hooks[Int(number)] : nil
    }

    /// By their numbers.
    private static func hooks(of family: TableFamily) -> [Hook] {
        switch family {
        case .inet: [.prerouting, .input, .forward, .output, .postrouting, .ingress]
        case .ip, .ip6, .bridge: [.prerouting, .input, .forward, .output, .postrouting]
        case .arp: [.input, .output]
        case .netdev: [.ingress, .egress]
        }
    }
}
