import NetworkValues

/// Random worlds. The same seed makes the same worlds.
struct PolicyWorldGenerator {
    private(set) var random: SplitMix64
    /// For names that nothing had before.
    private var named = 0

    init(seed: UInt64) {
        random = SplitMix64(state: seed)
    }

    mutating func pick<Values: Collection>(_ values: Values) -> Values.Element { values.randomElement(using: &random)! }

    mutating func happens(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    mutating func shuffled(_ names: some Sequence<String>) -> [String] { names.sorted().shuffled(using: &random) }

    /// A few of these, in their order.
    private mutating func some<Value>(_ values: [Value], _ percent: Int) -> [Value] {
        values.filter { _ in happens(percent) }
    }

    private mutating func maybe<Value>(_ percent: Int, _ value: (inout Self) -> Value) -> Value? {
        happens(percent) ? value(&self) : nil
    }

    // MARK: What there is

    static let namespaces = ["a", "b", "c"]
    static let localEndpoints = 5
    /// Where the remote endpoints are, and what the sets hold and do not hold.
    static let outside: [IPAddress] =
        [
            "198.51.100.7", "198.51.100.100", "198.51.100.200", "203.0.113.9", "203.0.113.70", "100.64.0.1",
            "2001:db8:2::7", "2001:db8:2:1::7", "2001:db8:3::7", "2001:db8:4::7",
        ].map(address) + (1...4).flatMap { remoteAddresses($0) }

    private static let nets: [IPPrefix] = [
        "198.51.100.0/25", "198.51.100.128/25", "198.51.100.7/32", "198.51.100.0/24", "203.0.113.0/24",
        "203.0.113.64/26", "10.66.0.0/30", "10.65.0.2/32", "10.65.0.0/16", "2001:db8:2::/48", "2001:db8:2:1::/64",
        "2001:db8:3::7/128", "2001:db8:66::/126", "2001:db8:65::2/128", "2001:db8:65::/48",
    ].map { try! IPPrefix(parsing: $0) }

    private static let values = [
        "app": ["web", "db", "front"], "env": ["prod", "test"], "zone": ["north", "south"], "role": ["r1", "r2", ""],
    ]
    private static let namespaceValues = ["team": ["red", "blue"], "env": ["prod", "test"]]
    private static let accountValues = ["kind": ["robot", "human"]]
    private static let accounts = ["builder", "runner"]
    private static let profiles = ["plain", "open", "guarded", "labels", "absent"]
    private static let ports: [PolicyWorld.Port] = [
        .range(80...80), .range(443...443), .range(8000...8100), .range(5000...5000), .name("http"), .name("dns"),
        .name("admin"), .name("nowhere"),
    ]

    static func localAddresses(_ number: Int) -> [IPAddress] {
        ["10.65.0.\(number)", "2001:db8:65::\(number)"].map(address)
            + (number == 3 ? ["10.65.0.13", "2001:db8:65::13"].map(address) : [])
    }

    static func remoteAddresses(_ number: Int) -> [IPAddress] {
        ["10.66.0.\(number)", "2001:db8:66::\(number)"].map(address)
    }

    /// A world from nothing.
    mutating func world() -> PolicyWorld {
        var world = PolicyWorld()
        // The third has no resource.
        world.namespaces = Self.namespaces.dropLast().map { name in
            PolicyWorld.Namespace(name: name, labels: labels(Self.namespaceValues))
        }
        for namespace in Self.namespaces {
            for name in some(Self.accounts, 60) {
                world.accounts.append(.init(namespace: namespace, name: name, labels: labels(Self.accountValues)))
            }
        }
        world.endpoints = (1...Self.localEndpoints).map { local($0) } + (1...4).map { remote($0) }
        world.networkSets = (0..<4).map { _ in networkSet() }
        world.profiles = Self.profiles.dropLast().map { profile($0) }
        world.tiers = [
            PolicyWorld.Tier(name: "security", order: pick([100, 200]), passes: happens(40)),
            PolicyWorld.Tier(name: "platform", order: pick([nil, 100, 200]), passes: happens(40)),
        ]
        if happens(30) { world.tiers.append(.init(name: "default", order: pick([nil, 50, 150]), passes: happens(30))) }
        world.policies = (0..<Int.random(in: 4...9, using: &random)).map { _ in policy(world) }
        world.kubernetesPolicies = (0..<Int.random(in: 0...2, using: &random)).map { _ in kubernetesPolicy() }
        return world
    }

    /// The same world after a few edits.
    mutating func edit(_ world: PolicyWorld) -> PolicyWorld {
        var world = world
        for _ in 0..<Int.random(in: 2...8, using: &random) {
            switch Int.random(in: 0..<12, using: &random) {
            case 0, 1:
                let index = pick(world.endpoints.indices)
                let former = world.endpoints[index]
                let number = Int(former.name.dropFirst())!
                world.endpoints[index] = former.local == nil ? remote(number) : local(number)
            case 2:
                world.endpoints.removeAll { $0.local == nil && $0.name == "r\(Int.random(in: 1...4, using: &random))" }
            case 3: world.networkSets[pick(world.networkSets.indices)].nets = nets(40)
            case 4: world.networkSets[pick(world.networkSets.indices)] = networkSet()
            case 5: world.namespaces[pick(world.namespaces.indices)].labels = labels(Self.namespaceValues)
            case 6:
                guard !world.accounts.isEmpty else { break }
                world.accounts[pick(world.accounts.indices)].labels = labels(Self.accountValues)
            case 7: world.profiles[pick(world.profiles.indices)] = profile(pick(Self.profiles.dropLast()))
            case 8: if world.policies.count > 2 { world.policies.remove(at: pick(world.policies.indices)) }
            case 9: world.policies.append(policy(world))
            case 10: world.policies[pick(world.policies.indices)].order = pick([nil, 10, 500, 1000])
            default:
                let index = pick(world.policies.indices)
                let former = world.policies[index]
                var policy = policy(world)
                (policy.name, policy.namespace, policy.tier) = (former.name, former.namespace, former.tier)
                if policy.namespace != nil { policy.namespaceSelector = nil }
                world.policies[index] = policy
            }
        }
        // Profiles and remote endpoints were chosen by number: each once.
        var seen: Set<String> = []
        world.profiles.removeAll { !seen.insert($0.name).inserted }
        return world
    }

    // MARK: Who

    private mutating func labels(_ values: [String: [String]]) -> [String: String] {
        var labels: [String: String] = [:]
        for key in values.keys.sorted() where happens(55) { labels[key] = pick(values[key]!) }
        return labels
    }

    private mutating func endpoint(_ name: String, _ namespace: String) -> PolicyWorld.Endpoint {
        var endpoint = PolicyWorld.Endpoint(name: name, namespace: namespace, addresses: [])
        endpoint.account = maybe(50) { $0.pick(Self.accounts) }
        endpoint.isKubernetes = happens(60)
        endpoint.labels = labels(Self.values.filter { $0.key != "zone" })
        // What nobody may claim of himself.
        if happens(15) { endpoint.labels["pcns.team"] = "red" }
        if happens(15) { endpoint.labels["pcsa.kind"] = "robot" }
        endpoint.profiles = some(Self.profiles + ["kns.\(namespace)", "ksa.\(namespace).builder"], 30).shuffled(
            using: &random)
        if happens(40), !endpoint.profiles.contains("open") { endpoint.profiles.append("open") }
        endpoint.ports = some(
            [
                .init(name: "http", transport: .tcp, number: pick([80, 8080])),
                .init(name: "dns", transport: .udp, number: 53), .init(name: "admin", transport: .sctp, number: 5000),
                .init(name: "metrics", transport: .tcp, number: 9000),
            ], 60)
        return endpoint
    }

    private mutating func local(_ number: Int) -> PolicyWorld.Endpoint {
        var endpoint = endpoint("l\(number)", ["a", "a", "b", "b", "c"][number - 1])
        endpoint.local = number
        endpoint.addresses = Self.localAddresses(number)
        return endpoint
    }

    private mutating func remote(_ number: Int) -> PolicyWorld.Endpoint {
        var endpoint = endpoint("r\(number)", ["a", "b", "c", "a"][number - 1])
        endpoint.addresses = Self.remoteAddresses(number)
        return endpoint
    }

    private mutating func nets(_ percent: Int) -> [IPPrefix] {
        let nets = some(Self.nets, percent)
        return nets.isEmpty ? [pick(Self.nets)] : nets
    }

    private mutating func networkSet() -> PolicyWorld.NetworkSet {
        named += 1
        return PolicyWorld.NetworkSet(
            name: "n\(named)", namespace: maybe(50) { $0.pick(Self.namespaces) }, labels: labels(Self.values),
            nets: nets(20))
    }

    // MARK: Selectors

    private mutating func condition(_ values: [String: [String]], depth: Int = 0) -> LabelCondition {
        if depth < 2, happens(35) {
            let left = condition(values, depth: depth + 1)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: return .not(left)
            case 1, 2: return .both(left, condition(values, depth: depth + 1))
            default: return .either(left, condition(values, depth: depth + 1))
            }
        }
        let key = pick(values.keys.sorted())
        let value = pick(values[key]!)
        switch Int.random(in: 0..<12, using: &random) {
        case 0, 1, 2: return .equals(key, value)
        case 3: return .differs(key, value)
        case 4: return .has(key)
        case 5: return .not(.has(key))
        case 6: return .isIn(key, some(values[key]!, 60) + ["other"])
        case 7: return .isNotIn(key, [value, "other"])
        case 8: return .contains(key, pick(["e", "o", "r"]))
        case 9: return .startsWith(key, pick(["w", "d", "r", "p"]))
        case 10: return .endsWith(key, pick(["b", "t", "d", "1"]))
        default: return .all
        }
    }

    private mutating func endpoints() -> LabelCondition {
        happens(20)
            ? condition(["projectcalico.org/namespace": Self.namespaces, "pcns.team": ["red"], "pcsa.kind": ["robot"]])
            : condition(Self.values)
    }

    /// Not `all()` itself: what that selects beside endpoints of namespaces is said of rules' namespaces alone.
    private mutating func ofAccounts() -> LabelCondition {
        let condition = condition(Self.accountValues.merging(["projectcalico.org/name": Self.accounts]) { $1 })
        return condition.saysAll ? .has("kind") : condition
    }

    private mutating func ofNamespaces() -> LabelCondition {
        condition(Self.namespaceValues.merging(["projectcalico.org/name": Self.namespaces]) { $1 })
    }

    // MARK: Rules

    private mutating func policy(_ world: PolicyWorld) -> PolicyWorld.Policy {
        named += 1
        let tier = pick(["default", "default", "security", "platform"])
        // Not in the order of their making.
        let name = "\(pick(["b", "m", "x"]))\(named)"
        let namespace = maybe(45) { $0.pick(Self.namespaces) }
        var policy = PolicyWorld.Policy(
            name: tier == "default" ? name : "\(tier).\(name)", namespace: namespace, tier: tier,
            order: pick([nil, 10, 20, 500, 1000]), selector: maybe(70) { $0.endpoints() },
            namespaceSelector: namespace == nil ? maybe(30) { $0.ofNamespaces() } : nil,
            accountSelector: maybe(15) { $0.ofAccounts() },
            types: pick([nil, nil, [.ingress], [.egress], [.ingress, .egress]]), rules: [:])
        for direction in PolicyWorld.Direction.allCases where policy.types?.contains(direction) ?? happens(75) {
            policy.rules[direction] = rules(direction, passes: 20)
        }
        return policy
    }

    private mutating func profile(_ name: String) -> PolicyWorld.Profile {
        var profile = PolicyWorld.Profile(name: name, labels: labels(Self.values), rules: [:])
        guard name != "labels" else { return profile }
        for direction in PolicyWorld.Direction.allCases {
            profile.rules[direction] =
                name == "open" ? [PolicyWorld.Rule(action: .allow)] : rules(direction, passes: 10)
        }
        return profile
    }

    private mutating func rules(_ direction: PolicyWorld.Direction, passes: Int) -> [PolicyWorld.Rule] {
        var rules = (0..<Int.random(in: 0...4, using: &random)).map { _ in rule(direction, passes: passes) }
        if happens(35) { rules.append(.init(action: pick([.allow, .allow, .pass]))) }
        return rules
    }

    private mutating func rule(_ direction: PolicyWorld.Direction, passes: Int) -> PolicyWorld.Rule {
        while true {
            var rule = PolicyWorld.Rule(
                action: happens(passes) ? .pass : pick([.allow, .allow, .allow, .deny, .deny, .log]))
            rule.version = maybe(10) { $0.pick([4, 6]) }
            rule.transport = maybe(55) { $0.pick([.tcp, .tcp, .udp, .sctp, .icmp, .icmpv6]) }
            if rule.transport == nil { rule.notTransport = maybe(30) { $0.pick(PolicyWorld.Transport.allCases) } }
            if let transport = rule.transport, !transport.hasPorts {
                let types: [UInt8] = transport == .icmp ? [8, 13] : [128, 139]
                rule.message = maybe(40) { .init(type: $0.pick(types), code: $0.pick([nil, 0, 1])) }
                if rule.message == nil {
                    rule.notMessage = maybe(50) { .init(type: $0.pick(types), code: $0.pick([nil, 0, 1])) }
                }
            }
            let hasPorts = rule.transport?.hasPorts ?? false
            let peer = side(who: 65, nets: 20, ports: hasPorts ? (direction == .ingress ? 10 : 60) : 0)
            let own = side(who: 8, nets: 8, ports: hasPorts ? (direction == .ingress ? 60 : 10) : 0)
            (rule.source, rule.destination) = direction == .ingress ? (peer, own) : (own, peer)
            if rule.canMatch { return rule }
        }
    }

    private mutating func side(who: Int, nets: Int, ports: Int) -> PolicyWorld.Side {
        var side = PolicyWorld.Side()
        if happens(who) {
            side.selector = maybe(60) { $0.endpoints() }
            side.namespaceSelector = maybe(35) { $0.happens(20) ? .global : $0.ofNamespaces() }
            side.notSelector = maybe(15) { $0.endpoints() }
            if happens(12) { side.accounts = some(Self.accounts, 70) }
            side.accountSelector = maybe(20) { $0.ofAccounts() }
        }
        if happens(nets) { side.nets = self.nets(25) }
        if happens(nets / 2) { side.notNets = self.nets(15) }
        if happens(ports) { side.ports = some(Self.ports, 30) }
        if happens(ports / 4) { side.notPorts = some(Self.ports, 20) }
        return side
    }

    // MARK: Kubernetes

    private mutating func kubernetesPolicy() -> PolicyWorld.KubernetesPolicy {
        named += 1
        var policy = PolicyWorld.KubernetesPolicy(
            name: "k\(named)", namespace: pick(Self.namespaces), pods: kubernetesCondition(Self.values),
            types: pick([nil, [.ingress], [.ingress, .egress]]), rules: [:])
        for direction in PolicyWorld.Direction.allCases where policy.types?.contains(direction) ?? happens(75) {
            policy.rules[direction] = (0..<Int.random(in: 0...3, using: &random)).map { _ in kubernetesRule() }
        }
        return policy
    }

    /// One of those that a `LabelSelector` can say.
    private mutating func kubernetesCondition(_ values: [String: [String]]) -> LabelCondition {
        let conditions = values.keys.sorted().map { key -> LabelCondition in
            let value = pick(values[key]!)
            switch Int.random(in: 0..<9, using: &random) {
            case 0, 1: return .equals(key, value)
            case 2: return .has(key)
            case 3: return .not(.has(key))
            case 4: return .isIn(key, [value, "other"])
            case 5: return .isNotIn(key, [value])
            default: return .all
            }
        }
        return conditions.dropFirst().reduce(conditions[0]) { .both($0, $1) }
    }

    private mutating func kubernetesRule() -> PolicyWorld.KubernetesRule {
        var rule = PolicyWorld.KubernetesRule(peers: [], ports: [])
        for _ in 0..<Int.random(in: 0...2, using: &random) {
            if happens(30) {
                let block = pick(Self.nets)
                let inside = Self.nets.filter { block.contains($0) && $0.length > block.length }
                rule.peers.append(.block(block, except: some(inside, 50)))
            } else {
                let namespaces = maybe(50) { $0.kubernetesCondition(Self.namespaceValues) }
                let pods = maybe(namespaces == nil ? 100 : 60) { $0.kubernetesCondition(Self.values) }
                rule.peers.append(.pods(pods, namespaces: namespaces))
            }
        }
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            rule.ports.append(
                .init(transport: pick([nil, .tcp, .udp, .sctp]), port: maybe(85) { $0.pick(Self.ports) }))
        }
        return rule
    }

    // MARK: Packets

    /// First packets of flows between local endpoints, and between them and the outside, both ways. None belongs to the
    /// flow of another.
    mutating func probes(_ count: Int) -> [PolicyProbe] {
        let locals = (1...Self.localEndpoints).map { Self.localAddresses($0) }
        var pairs: [(IPAddress, IPAddress)] = []
        for (number, own) in locals.enumerated() {
            let others = locals.enumerated().filter { $0.offset != number }.flatMap(\.element)
            for address in own {
                pairs += others.filter { $0.family == address.family }.map { (address, $0) }
                for outside in Self.outside where outside.family == address.family {
                    pairs += [(address, outside), (outside, address)]
                }
            }
        }
        // Messages of ICMP have identifiers of their own.
        var flows: Set<PolicyProbe> = []
        var probes: [PolicyProbe] = []
        pairs.shuffle(using: &random)
        for index in 0..<count {
            let (source, destination) = pairs[index % pairs.count]
            let probe = probe(from: source, to: destination)
            guard !flows.contains(probe), !flows.contains(probe.answer) else { continue }
            flows.insert(probe)
            probes.append(probe)
        }
        return probes
    }

    private mutating func probe(from source: IPAddress, to destination: IPAddress) -> PolicyProbe {
        let transports: [PolicyWorld.Transport] = [.tcp, .tcp, .udp, .sctp, source.family == .v4 ? .icmp : .icmpv6]
        var probe = PolicyProbe(source: source, destination: destination, transport: pick(transports))
        guard probe.transport.hasPorts else {
            // The source filter lets no workload ask for a node's information (139).
            let types: [UInt8] =
                source.family == .v4 ? [8, 8, 13] : Self.outside.contains(source) ? [128, 139] : [128]
            probe.message = .init(type: pick(types), code: pick([0, 0, 1]))
            return probe
        }
        let ports: [UInt16] = [80, 8080, 443, 53, 8000, 8100, 8101, 5000, 9000, 7]
        probe.sourcePort = happens(20) ? pick(ports) : UInt16.random(in: 20000...60000, using: &random)
        probe.destinationPort = pick(ports)
        return probe
    }
}

extension LabelCondition {
    /// Whether `all()` stands in it.
    fileprivate var saysAll: Bool {
        switch self {
        case .all: true
        case .not(let condition): condition.saysAll
        case .both(let left, let right), .either(let left, let right): left.saysAll || right.saysAll
        default: false
        }
    }
}

extension PolicyWorld.Rule {
    /// Whether the fields that leave only one family leave the same one: a rule that can never match is refused.
    fileprivate var canMatch: Bool {
        let versions: [(number: Int, family: IPFamily, foreign: PolicyWorld.Transport)] = [
            (4, .v4, .icmpv6), (6, .v6, .icmp),
        ]
        return versions.contains { number, family, foreign in
            guard version == nil || version == number && notTransport != foreign, transport != foreign else {
                return false
            }
            return [source.nets, destination.nets].allSatisfy { nets in
                nets.isEmpty || nets.contains { $0.family == family }
            }
        }
    }
}

extension PolicyProbe {
    /// What conntrack takes for an answer.
    fileprivate var answer: PolicyProbe {
        var answer = self
        (answer.source, answer.destination) = (destination, source)
        (answer.sourcePort, answer.destinationPort) = (destinationPort, sourcePort)
        return answer
    }
}
