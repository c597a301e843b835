public import NetworkValues
public import Selectors

/// One rule of a policy or a profile: packets that match everything it names meet its action.
///
/// A field and its negation may both be given; both must hold.
public struct Rule: Hashable, Sendable {
    public enum Action: String, Hashable, Sendable, CaseIterable {
        /// The packet goes on to whatever else has a say in it, and to its destination.
        case allow = "Allow"
        /// The packet is dropped.
        case deny = "Deny"
        /// The packet leaves a line in the kernel's log and goes on with the next rule.
        case log = "Log"
        /// In a policy: the packet goes on with the endpoint's next tier, or with its profiles after the last.
        ///
        /// In a profile: with its next profile; after the last one it is denied. Felix does the same: a profile's Pass
        /// returns to the endpoint's chain, which asks the next profile unless one has accepted.
        case pass = "Pass"
    }

    public var action: Action
    /// `nil` matches both families, as far as the other fields leave them: see ``families``.
    public var ipVersion: IPFamily?
    /// `nil` matches every protocol.
    public var `protocol`: IPProtocol?
    public var notProtocol: IPProtocol?
    /// Only in rules for ICMP or ICMPv6, and then about that protocol's messages.
    public var icmp: ICMPFields?
    /// Only in rules for ICMP or ICMPv6: messages of that protocol which are not of this type, or if there is a code,
    /// not of both this type and this code.
    public var notICMP: ICMPFields?
    public var source: EntityRule
    public var destination: EntityRule
    /// Remarks about the rule, without effect.
    public var annotations: [String: String]
    /// Of a rule in the older format.
    public var v1Spelling: V1Spelling

    public init(
        action: Action, ipVersion: IPFamily? = nil, protocol: IPProtocol? = nil, icmp: ICMPFields? = nil,
        notProtocol: IPProtocol? = nil, notICMP: ICMPFields? = nil, source: EntityRule = EntityRule(),
        destination: EntityRule = EntityRule(), annotations: [String: String] = [:], v1Spelling: V1Spelling = []
    ) {
        self.action = action
        self.ipVersion = ipVersion
        self.protocol = `protocol`
        self.icmp = icmp
        self.notProtocol = notProtocol
        self.notICMP = notICMP
        self.source = source
        self.destination = destination
        self.annotations = annotations
        self.v1Spelling = v1Spelling
    }
}

/// The kind of an ICMP or ICMPv6 message (RFC 792, RFC 4443).
public struct ICMPFields: Hashable, Sendable {
    /// 0...254, as in Calico: iptables takes 255 for every type.
    public var type: UInt8
    /// `nil` matches every code.
    public var code: UInt8?

    public init(type: UInt8, code: UInt8? = nil) {
        self.type = type
        self.code = code
    }
}

/// What one end of a connection must be to match a rule.
public struct EntityRule: Hashable, Sendable {
    /// The address is in one of these networks, which may be of both families; empty matches every address.
    public var nets: [IPPrefix]
    /// The address is in none of these networks. Networks of one family leave the other alone.
    public var notNets: [IPPrefix]
    /// The port is one of these; empty matches every port. Only in rules for TCP, UDP or SCTP.
    public var ports: [RulePort]
    /// The port is none of these. Only in rules for TCP, UDP or SCTP.
    public var notPorts: [RulePort]
    /// The address is one of something that this selects: of the policy's own namespace, unless
    /// ``namespaceSelector`` says of which.
    public var selector: Selector?
    /// The address is none of something that this selects.
    public var notSelector: Selector?
    public var namespaceSelector: Selector?
    public var serviceAccounts: ServiceAccountMatch?
    /// Of a rule in the older format.
    public var v1Spelling: V1Spelling

    public init(
        nets: [IPPrefix] = [], notNets: [IPPrefix] = [], ports: [RulePort] = [], notPorts: [RulePort] = [],
        selector: Selector? = nil, notSelector: Selector? = nil, namespaceSelector: Selector? = nil,
        serviceAccounts: ServiceAccountMatch? = nil, v1Spelling: V1Spelling = []
    ) {
        self.nets = nets
        self.notNets = notNets
        self.ports = ports
        self.notPorts = notPorts
        self.selector = selector
        self.notSelector = notSelector
        self.namespaceSelector = namespaceSelector
        self.serviceAccounts = serviceAccounts
        self.v1Spelling = v1Spelling
    }

    /// Whether it matches everything.
    public var isEmpty: Bool {
        nets.isEmpty && notNets.isEmpty && ports.isEmpty && notPorts.isEmpty && selector == nil && notSelector == nil
            && namespaceSelector == nil && serviceAccounts == nil
    }
}

/// A port of a rule: numbers, or the name that endpoints give to one of theirs.
public enum RulePort: Hashable, Sendable {
    case range(PortRange)
    /// Whatever port the endpoint at that address has under this name for the rule's protocol.
    case name(String)
}

extension Sequence<RulePort> {
    public var ranges: [PortRange] { compactMap { if case .range(let range) = $0 { range } else { nil } } }
    public var names: [String] { compactMap { if case .name(let name) = $0 { name } else { nil } } }
}

/// Workloads by the service account that they run as.
public struct ServiceAccountMatch: Hashable, Sendable {
    /// Any of these; empty is all.
    public var names: [String]
    /// By the account's labels.
    public var selector: Selector?

    public init(names: [String] = [], selector: Selector? = nil) {
        self.names = names
        self.selector = selector
    }
}

/// Which of the older format's spellings a rule came in, so that it goes out in them again; without any other effect.
public struct V1Spelling: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// `!protocol` for `notProtocol`, and so on, as before Calico 2.0.
    public static let exclamationMark = V1Spelling(rawValue: 1)
    /// `net` for a list `nets` of one.
    public static let net = V1Spelling(rawValue: 2)
    /// `notNet` for a list `notNets` of one.
    public static let notNet = V1Spelling(rawValue: 4)
    /// `next-tier` for `pass`.
    public static let nextTier = V1Spelling(rawValue: 8)
}
