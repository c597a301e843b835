import Dataplane
import NetworkValues
import Resources

/// One end of the flow in question, before an address is chosen.
struct Subject: Hashable {
    enum Who: Hashable {
        /// Of this node, and programmed.
        case endpoint(WorkloadEndpoint)
        case remote(WorkloadEndpoint)
        case interface(InterfaceName)
        case host
        case outside
    }

    let party: Who
    /// The address that was asked about, or its internal one.
    var address: IPAddress?
    /// The address that was asked about, if it is an endpoint's external one.
    var external: IPAddress?
    var notes: [String] = []

    init(_ party: Who, address: IPAddress? = nil) {
        self.party = party
        self.address = address
    }

    var localEndpoint: WorkloadEndpoint? { if case .endpoint(let endpoint) = party { endpoint } else { nil } }

    var key: ResourceKey? { localEndpoint?.key }

    var interfaceWithoutEndpoint: InterfaceName? { if case .interface(let name) = party { name } else { nil } }

    /// By which rules of ours may know it.
    var interface: InterfaceName? { localEndpoint?.interfaceName ?? interfaceWithoutEndpoint }

    var isJudged: Bool { interface != nil }

    /// The networks of an endpoint; `nil` for whatever is not known to have some.
    var networks: [IPPrefix]? {
        switch party {
        case .endpoint(let endpoint), .remote(let endpoint): endpoint.ipNetworks
        case .interface, .host, .outside: nil
        }
    }

    func party(at address: IPAddress?) -> Explanation.Party {
        switch party {
        case .endpoint(let endpoint):
            .init(
                kind: .endpoint, name: endpoint.key.shortName, interface: endpoint.interfaceName, node: nil,
                address: address)
        case .remote(let endpoint):
            .init(kind: .remote, name: endpoint.key.shortName, interface: nil, node: endpoint.node, address: address)
        case .interface(let name):
            .init(kind: .interface, name: nil, interface: name, node: nil, address: address)
        case .host: .init(kind: .host, name: nil, interface: nil, node: nil, address: address)
        case .outside: .init(kind: .outside, name: nil, interface: nil, node: nil, address: address)
        }
    }
}

extension Explainer {
    /// - Throws: ``ExplainError`` for a name that nothing has, or several have.
    func subject(named text: String) throws(ExplainError) -> Subject {
        if let address = try? IPAddress(parsing: text) {
            return subject(at: address)
        }
        let matches = endpoints.filter { key, endpoint in
            key.shortName == text || key.name == text
                || model.endpoints[key] != nil && endpoint.interfaceName.rawValue == text
        }
        let interface = try? InterfaceName(parsing: text)
        let owner = interface.flatMap(model.claims.owner)
        // Of several endpoints with one interface the one that has it is meant.
        let losers = matches.keys.filter { key in
            key != owner && owner != nil && key.shortName != text && key.name != text
        }
        let candidates = matches.filter { !losers.contains($0.key) }
        guard let (key, endpoint) = candidates.first else {
            return try subject(withoutEndpoint: text, interface)
        }
        guard candidates.count == 1 else {
            let list = candidates.map { "\($0.key.shortName) (\($0.value.interfaceName)\(nodeWords($0.value)))" }
            throw ExplainError("\"\(text)\" is ambiguous: \(list.sorted().joined(separator: ", "))")
        }
        guard model.endpoints[key] != nil else { return Subject(.remote(endpoint)) }
        if let owner = model.claims.owner(of: endpoint.interfaceName), owner != key {
            throw ExplainError(
                "\(key.shortName) is not programmed: its interface \(endpoint.interfaceName) belongs to "
                    + "\(owner.shortName)")
        }
        return Subject(.endpoint(endpoint))
    }

    private func nodeWords(_ endpoint: WorkloadEndpoint) -> String {
        guard let node = endpoint.node, node != model.options.node else { return "" }
        return " on node \(node)"
    }

    private func subject(withoutEndpoint text: String, _ name: InterfaceName?) throws(ExplainError) -> Subject {
        if let name {
            if model.options.interfacePrefixes.contains(where: name.rawValue.hasPrefix) {
                return Subject(.interface(name))
            }
            if model.interfaces[name] != nil {
                throw ExplainError(
                    "\(name) is an interface of the host that no endpoint has; name an address instead")
            }
        }
        throw ExplainError(
            "no endpoint has the name or interface \"\(text)\", and it is no address; margay get wep lists the names")
    }

    /// Whoever has the address.
    func subject(at address: IPAddress) -> Subject {
        let host = IPPrefix(host: address)
        let local =
            model.claims.owner(of: host)
            ?? model.endpoints.filter { key, endpoint in
                endpoint.ipNetworks.contains { $0.contains(address) && model.claims.owner(of: $0) == key }
            }.keys.min()
        if let endpoint = local.flatMap({ model.endpoints[$0] }) {
            var subject = Subject(.endpoint(endpoint), address: address)
            if let nat = endpoint.ipNATs.first(where: { $0.externalIP == address }),
                !endpoint.ipNetworks.contains(where: { $0.contains(address) })
            {
                (subject.address, subject.external) = (nat.internalIP, address)
            }
            return subject
        }
        if hostNetworks.contains(where: { $0.contains(address) }) { return Subject(.host, address: address) }
        let remote = endpoints.filter { $0.value.ipNetworks.contains { $0.contains(address) } }
        if let key = remote.keys.min(), let endpoint = remote[key] {
            return Subject(.remote(endpoint), address: address)
        }
        return Subject(.outside, address: address)
    }

    /// The addresses that the packet bears before any translation.
    func addresses(
        of from: Subject, _ to: Subject, _ question: ExplainQuestion
    ) throws(ExplainError) -> (source: IPAddress, destination: IPAddress) {
        let needed: IPFamily? =
            switch question.protocol {
            case IPProtocol.icmp.rawValue: .v4
            case IPProtocol.icmpv6.rawValue: .v6
            default: nil
            }
        for family in IPFamily.allCases
        where (question.family ?? family) == family && (needed ?? family) == family {
            if let source = address(of: from, family, isSource: true),
                let destination = address(of: to, family, isSource: false)
            {
                return (source, destination)
            }
        }
        func words(_ name: String, _ subject: Subject) -> String {
            let addresses = subject.address.map { [$0.description] } ?? subject.networks?.map(\.shortText) ?? []
            return "\(name) has \(addresses.isEmpty ? "no address" : addresses.joined(separator: ", "))"
        }
        let asked = question.family.map { " with --ip-version \($0 == .v4 ? 4 : 6)" } ?? ""
        let kind = needed.map { " of IPv\($0 == .v4 ? 4 : 6), which the protocol belongs to" } ?? ""
        throw ExplainError(
            "there are no two addresses of one family\(asked)\(kind): \(words(question.from, from)); "
                + words(question.to, to))
    }

    private func address(of subject: Subject, _ family: IPFamily, isSource: Bool) -> IPAddress? {
        if let address = isSource ? subject.address : subject.external ?? subject.address {
            return address.family == family ? address : nil
        }
        guard let networks = subject.networks?.filter({ $0.family == family }) else {
            // Of an interface without endpoint no rule of ours knows an address.
            return IPAddress(family: family, rawValue: 0)
        }
        // One that was not lost to another endpoint, if there is one.
        let owned = networks.first { network in subject.key.map { model.claims.owner(of: network) == $0 } ?? true }
        return (owned ?? networks.first)?.address
    }
}

extension IPPrefix {
    var shortText: String { isHost ? "\(address)" : description }
}
