import Dataplane
import Nftables
import Testing

/// Whatever else the ruleset comes to hold, nothing passes before the MAC was checked: asserted on the chains that are
/// in the kernel, path by path.
struct GuardOrderTests {
    private let namespace: NetworkNamespace

    init() throws {
        namespace = try NetworkNamespace()
    }

    private func program(_ options: DataplaneOptions = DataplaneOptions(node: "host")) throws -> ProgrammedHost {
        let host = try ProgrammedHost(namespace, options: options)
        try host.take(NftInteropTests.model)
        try host.update()
        return host
    }

    private static let variants =
        NftInteropTests.variants + [DataplaneOptions(node: "host", filtersND: false)]

    @Test(arguments: variants.indices)
    func noAcceptStandsAboveTheSourceCheck(variant: Int) throws {
        let host = try program(Self.variants[variant])
        #expect(try Guard(host.snapshot().tables.chains).flaws == [])
        withExtendedLifetime(host) {}
    }

    @Test func theFilterStandsBeforeDefragmentationAndEverythingOfOurs() throws {
        let host = try program()
        let chains = try host.snapshot().tables.chains
        let bases = chains.filter { $0.key.table == .margay && $0.value.base?.hook == .prerouting }
        let first = try #require(bases.min { $0.value.base!.priority < $1.value.base!.priority })
        #expect(first.key.name == "source-filter")
        // NF_IP_PRI_CONNTRACK_DEFRAG and NF_IP_PRI_RAW_BEFORE_DEFRAG in netfilter_ipv4.h.
        #expect(first.value.base!.priority <= -450)
        #expect(bases.count > 1)
        #expect(first.value.base!.policy == .accept, "other software's packets are not ours to drop")
    }

    /// What would be a hole is found as one.
    @Test(arguments: [
        "insert rule inet margay source-filter ct state established accept",
        "insert rule inet margay source-filter udp sport 68 udp dport 67 accept",
        "insert rule inet margay source accept",
        "insert rule inet margay source-ipv4 ip saddr 0.0.0.0 accept",
        "insert rule inet margay source-ipv6 icmpv6 type 135 accept",
        "insert rule inet margay drop-mac accept", "flush chain inet margay drop-mac",
        "flush chain inet margay source", "insert rule inet margay source-ipv4 iifname \"cali1\" return",
        "insert rule arp margay source arp operation request accept", "flush chain arp margay source",
    ])
    func aHoleIsSeen(change: String) throws {
        let host = try program()
        try namespace.nft(change)
        #expect(try Guard(host.snapshot().tables.chains).flaws.isEmpty == false)
        withExtendedLifetime(host) {}
    }
}

/// Follows every path from the source filter's base chains to its end.
private struct Guard {
    /// Paths that end in a pass without a check, and packets that conntrack could excuse.
    private(set) var flaws: [String] = []
    private let chains: [ChainID: ChainContents]

    /// A match in one of these binds a packet to a MAC, or to an endpoint that has none. One that is of no endpoint is none
    /// of the filter's business.
    private static let checks: Set<String> = [
        "macs", "source4", "source6", "bare", "bare4", "bare6", "sender", "probe", "bare-wide",
    ]

    init(_ chains: [ChainID: ChainContents]) {
        self.chains = chains
        follow(ChainID(.margay, "source-filter"), isChecked: false, [])
        if chains[ChainID(.margayARP, "input")] != nil {
            follow(ChainID(.margayARP, "input"), isChecked: false, [])
        }
    }

    private mutating func follow(_ id: ChainID, isChecked: Bool, _ path: [String]) {
        let path = path + [id.name]
        guard let chain = chains[id], path.count < 20 else {
            flaws.append("\(path): no such chain, or a loop")
            return
        }
        for (index, rule) in chain.rules.enumerated() {
            let place = "\(path) rule \(index)"
            var isBound = isChecked
            for expression in rule.expressions {
                switch expression {
                case .lookup(let set, _, nil, false) where Self.checks.contains(set): isBound = true
                case .lookup("endpoints", _, nil, true): isBound = true
                case .conntrackState: flaws.append("\(place) asks conntrack")
                case .lookup(_, _, .some, _), .foreign: flaws.append("\(place): \(expression)")
                case .verdict(.accept) where !isBound: flaws.append("\(place) accepts what was not checked")
                case .verdict(.return): flaws.append("\(place) returns")
                case .verdict(.goto(let target)), .verdict(.jump(let target)):
                    follow(ChainID(id.table, target), isChecked: isBound, path)
                default: break
                }
            }
        }
        // The end of a chain that was gone to is the base chain's policy, which accepts.
        if chain.base == nil, chain.rules.last?.isUnconditional != true {
            flaws.append("\(path) has an open end")
        }
    }
}

extension CompiledRule {
    /// Whether it decides about every packet.
    fileprivate var isUnconditional: Bool {
        expressions.allSatisfy { expression in
            switch expression {
            case .verdict(.accept), .verdict(.drop), .verdict(.goto), .counter: true
            default: false
            }
        } && expressions.contains { if case .verdict = $0 { true } else { false } }
    }
}
