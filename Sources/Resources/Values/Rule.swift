public import NetworkValues

/// One rule of a profile: packets that match everything it names meet its action.
public struct Rule: Hashable, Sendable {
    public enum Action: String, Hashable, Sendable, CaseIterable {
        case allow = "Allow"
        case deny = "Deny"
    }

    public var action: Action
    /// `nil` matches every protocol.
    public var `protocol`: IPProtocol?
    public var source: EntityRule
    public var destination: EntityRule
    /// Remarks about the rule, without effect.
    public var annotations: [String: String]

    public init(
        action: Action, protocol: IPProtocol? = nil, source: EntityRule = EntityRule(),
        destination: EntityRule = EntityRule(), annotations: [String: String] = [:]
    ) {
        self.action = action
        self.protocol = `protocol`
        self.source = source
        self.destination = destination
        self.annotations = annotations
    }
}

/// What one end of a connection must be to match a rule.
public struct EntityRule: Hashable, Sendable {
    /// The address is in one of these networks, which may be of both families; empty matches every address.
    public var nets: [IPPrefix]
    /// The port is in one of these ranges; empty matches every port. Only in rules for TCP, UDP or SCTP.
    public var ports: [PortRange]

    public init(nets: [IPPrefix] = [], ports: [PortRange] = []) {
        self.nets = nets
        self.ports = ports
    }
}
