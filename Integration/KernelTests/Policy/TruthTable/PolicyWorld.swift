import NetworkValues

/// Everything that has a say in policy, in the tests' own words, which share nothing with the product's.
struct PolicyWorld: Sendable {
    var namespaces: [Namespace] = []
    var accounts: [Account] = []
    var endpoints: [Endpoint] = []
    var networkSets: [NetworkSet] = []
    var profiles: [Profile] = []
    var tiers: [Tier] = []
    var policies: [Policy] = []
    var kubernetesPolicies: [KubernetesPolicy] = []

    enum Direction: String, Hashable, Sendable, CaseIterable {
        case ingress = "Ingress"
        case egress = "Egress"
    }

    enum Transport: String, Hashable, Sendable, CaseIterable {
        case tcp = "TCP"
        case udp = "UDP"
        case sctp = "SCTP"
        case icmp = "ICMP"
        case icmpv6 = "ICMPv6"

        var hasPorts: Bool { self != .icmp && self != .icmpv6 }
    }

    struct Namespace: Hashable, Sendable {
        var name: String
        var labels: [String: String]
    }

    struct Account: Hashable, Sendable {
        var namespace: String
        var name: String
        var labels: [String: String]
    }

    struct NamedPort: Hashable, Sendable {
        var name: String
        var transport: Transport
        var number: UInt16
    }

    struct Endpoint: Hashable, Sendable {
        var name: String
        var namespace: String
        /// The number of its interface and its MAC; `nil` for one of another node.
        var local: Int?
        var addresses: [IPAddress]
        var account: String?
        var isKubernetes = false
        var labels: [String: String] = [:]
        var profiles: [String] = []
        var ports: [NamedPort] = []
    }

    struct NetworkSet: Hashable, Sendable {
        var name: String
        /// `nil` for one of the whole cluster.
        var namespace: String?
        var labels: [String: String]
        var nets: [IPPrefix]
    }

    struct Profile: Hashable, Sendable {
        var name: String
        var labels: [String: String]
        var rules: [Direction: [Rule]]
    }

    struct Tier: Hashable, Sendable {
        var name: String
        var order: Int?
        /// What becomes of packets that no rule decides: they pass on to the next tier, or they are denied.
        var passes: Bool
    }

    struct Policy: Hashable, Sendable {
        var name: String
        /// `nil` for one of the whole cluster.
        var namespace: String?
        var tier: String
        var order: Int?
        var selector: LabelCondition?
        /// Only without ``namespace``.
        var namespaceSelector: LabelCondition?
        var accountSelector: LabelCondition?
        /// As written.
        var types: [Direction]?
        var rules: [Direction: [Rule]]
    }

    enum Action: String, Hashable, Sendable {
        case allow = "Allow"
        case deny = "Deny"
        case log = "Log"
        case pass = "Pass"
    }

    struct Message: Hashable, Sendable {
        var type: UInt8
        var code: UInt8?
    }

    struct Rule: Hashable, Sendable {
        var action: Action
        var version: Int?
        var transport: Transport?
        var notTransport: Transport?
        var message: Message?
        var notMessage: Message?
        var source = Side()
        var destination = Side()
    }

    enum Port: Hashable, Sendable {
        case range(ClosedRange<UInt16>)
        case name(String)
    }

    struct Side: Hashable, Sendable {
        var nets: [IPPrefix] = []
        var notNets: [IPPrefix] = []
        var ports: [Port] = []
        var notPorts: [Port] = []
        var selector: LabelCondition?
        var notSelector: LabelCondition?
        var namespaceSelector: LabelCondition?
        var accounts: [String] = []
        var accountSelector: LabelCondition?
    }

    // MARK: Kubernetes

    struct KubernetesPolicy: Hashable, Sendable {
        var name: String
        var namespace: String
        var pods: LabelCondition
        var types: [Direction]?
        var rules: [Direction: [KubernetesRule]]
    }

    struct KubernetesRule: Hashable, Sendable {
        /// Empty is everybody.
        var peers: [Peer]
        /// Empty is every port of every protocol.
        var ports: [KubernetesPort]
    }

    enum Peer: Hashable, Sendable {
        case block(IPPrefix, except: [IPPrefix])
        /// `nil` namespaces are the policy's own, `nil` pods are all.
        case pods(LabelCondition?, namespaces: LabelCondition?)
    }

    struct KubernetesPort: Hashable, Sendable {
        /// `nil` is TCP.
        var transport: Transport?
        /// `nil` is every port.
        var port: Port?
    }
}

/// The first packet of a flow.
struct PolicyProbe: Hashable, Sendable {
    var source: IPAddress
    var destination: IPAddress
    var transport: PolicyWorld.Transport
    /// Of TCP, UDP and SCTP.
    var sourcePort: UInt16 = 0
    var destinationPort: UInt16 = 0
    /// Of ICMP and ICMPv6.
    var message = PolicyWorld.Message(type: 0, code: 0)
}

extension PolicyProbe: CustomStringConvertible {
    var description: String {
        guard transport.hasPorts else {
            return "\(transport.rawValue) \(message.type)/\(message.code ?? 0) \(source) > \(destination)"
        }
        return "\(transport.rawValue) \(source) \(sourcePort) > \(destination) \(destinationPort)"
    }
}
