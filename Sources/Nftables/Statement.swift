public import NetworkValues

/// Conntrack's view of a packet, as bits (`NF_CT_STATE_BIT` in `nf_conntrack_common.h`).
public struct ConntrackState: OptionSet, Hashable, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    public static let invalid = ConntrackState(rawValue: 1)
    public static let established = ConntrackState(rawValue: 2)
    public static let related = ConntrackState(rawValue: 4)
    public static let new = ConntrackState(rawValue: 8)
}

/// A condition on a packet.
public enum Match: Hashable, Sendable {
    case equal(Field, Value)
    case notEqual(Field, Value)
    /// An address field lies in the network. Use a field of the network's family, and no inverted /0: nft can write
    /// no rule that matches nothing.
    case network(Field, IPPrefix, isInverted: Bool = false)
    /// A 16-bit field lies in the inclusive range.
    case range(Field, PortRange, isInverted: Bool = false)
    /// An interface name starts with the text (nft's `"cali*"`).
    case namePrefix(Field, String, isInverted: Bool = false)
    /// The concatenation of the fields is in the set.
    case inSet([Field], String, isInverted: Bool = false)
    /// Any of the states.
    case conntrackState(ConntrackState)
}

/// A part of a rule: a condition, or something that happens once all conditions before it hold.
public enum Statement: Hashable, Sendable {
    case match(Match)
    case counter
    /// Goes on only with so many packets a second, after a burst of as many as that says.
    case limit(perSecond: UInt64, burst: UInt32)
    /// A line in the kernel's log, at level `info`, for every packet that comes here. The prefix has at most 127 bytes
    /// (`NF_LOG_PREFIXLEN` with its final zero), and no quotes.
    case log(prefix: String)
    case verdict(Verdict)
    /// The verdict that the map holds for the fields; a miss goes on with the next rule.
    case verdictMap([Field], String)
    /// The address becomes what the map holds for the fields; a miss goes on with the next rule.
    case translate(NATKind, NATFamily, [Field], map: String)
}

/// A rule: statements in order, and a comment that `nft list` shows.
public struct Rule: Hashable, Sendable {
    public let statements: [Statement]
    /// At most 128 bytes reach the kernel (`NFTNL_UDATA_COMMENT_MAXLEN`).
    public let comment: String?

    public init(_ statements: [Statement], comment: String? = nil) {
        self.statements = statements
        self.comment = comment
    }

    public init(_ statements: Statement..., comment: String? = nil) {
        self.init(statements, comment: comment)
    }
}

/// A rule in the kernel's terms: what is sent, and what read-back yields.
public struct CompiledRule: Hashable, Sendable {
    public let expressions: [Expression]
    public let comment: String?

    public init(expressions: [Expression], comment: String?) {
        self.expressions = expressions
        self.comment = comment
    }
}
