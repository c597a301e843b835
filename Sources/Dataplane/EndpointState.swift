import NetworkValues
import Nftables
import Routing
import Policy
package import Resources

/// How a part of an endpoint stands in the kernel.
package enum ProgrammingState: String, Hashable, Sendable {
    case programmed, pending, conflict, error
}

/// How an endpoint stands, judged by what was read back from the kernel.
package struct EndpointState: Hashable, Sendable {
    package enum Phase: String, Hashable, Sendable {
        /// All that it needs was read back.
        case up
        /// The interface is not running.
        case down
        /// The interface is absent, or the kernel has not confirmed everything yet.
        case pending
        /// Closed by a rule of ours.
        case blocked
        /// Another endpoint has its interface or one of its addresses.
        case conflict
        case error
    }

    package enum FilterState: String, Hashable, Sendable {
        case enforced
        /// The resource names no MAC.
        case absent
        /// Nothing may leave the endpoint, since no frame could have its MAC.
        case unenforceable
        /// Something of the source filter is not in the kernel.
        case missing
        /// Something in the kernel lets other packets pass, or may.
        case altered
    }

    package var phase: Phase
    /// Why it is in this phase; when up, what a person may want to know all the same, or empty.
    package var reason: String
    package var filter: FilterState
    package var networks: [ProgrammingState]
    package var nats: [ProgrammingState]
}

extension DataplaneModel {
    /// - Parameters:
    ///   - failure: What the kernel last said against one of the endpoint's objects.
    ///   - audit: The model's present ``sourceFilterAudit``, for whoever asks about many endpoints.
    package func state(
        of key: ResourceKey, failure: (ObjectID) -> String? = { _ in nil }, audit: SourceFilterAudit? = nil
    ) -> EndpointState? {
        guard let endpoint = endpoints[key] else { return nil }
        let audit = audit ?? sourceFilterAudit
        let interface = endpoint.interfaceName
        if let owner = claims.owner(of: interface), owner != key {
            return EndpointState(
                phase: .conflict, reason: "interface \(interface) belongs to \(owner.shortName)",
                filter: endpoint.mac == nil ? .absent : .missing,
                networks: endpoint.ipNetworks.map { _ in .conflict }, nats: endpoint.ipNATs.map { _ in .conflict })
        }
        var reasons = Reasons()
        let networks = endpoint.ipNetworks.map { state(of: $0, endpoint, key, failure, &reasons) }
        let nats = endpoint.ipNATs.map { state(of: $0, endpoint, key, failure, &reasons) }
        judgeSpoofedPrefixes(of: endpoint, &reasons)
        let objects = bundle(of: key)?.unsettled(tracker) ?? []
        let filter = filterState(of: endpoint, objects, audit)
        judgeSourceFilter(of: endpoint, audit, &reasons)
        // In the order of their names: dictionaries would give other reasons each time somebody asks.
        let unsettled = (objects + unsettledJudges(of: key, audit))
            .map { (name: describe($0), failure: failure($0)) }
        for object in unsettled.sorted(by: { $0.name < $1.name }) {
            if let text = object.failure {
                reasons.note(.error, text)
            } else {
                reasons.note(.pending, "\(object.name) is not in the kernel yet")
            }
        }
        switch interfaces[interface] {
        case nil: reasons.note(.pending, "interface \(interface) does not exist")
        case let state? where !state.isUp: reasons.note(.down, "interface \(interface) is down")
        case let state? where !state.isRunning: reasons.note(.down, "interface \(interface) has no carrier")
        default: break
        }
        if yielding.contains(key) {
            reasons.note(.up, "the source has lost it: held until margay confirm")
        }
        for profile in endpoint.profiles where !hasProfile(profile) {
            reasons.note(.up, "profile \(profile) does not exist and allows nothing")
        }
        for note in announcementNotes(on: endpoint, nats) {
            reasons.note(.up, note)
        }
        if !host.canLog {
            for judge in loggingJudges.intersection(groups[key]?.judges ?? []).sorted() {
                reasons.note(.up, "\(judge.policyWords) logs nothing: this kernel cannot")
            }
        }
        if !options.interfacePrefixes.contains(where: interface.rawValue.hasPrefix) {
            reasons.note(.up, "\(interface) has no workload prefix: it is open once this endpoint goes")
        }
        if endpoint.profiles.isEmpty, groups[key]?.policies.tiers.isEmpty != false {
            reasons.note(.up, "no profiles and no policy: closed in both directions")
        }
        return EndpointState(
            phase: reasons.phase, reason: reasons.text, filter: filter, networks: networks, nats: nats)
    }

    private func state(
        of nat: IPNAT, _ endpoint: WorkloadEndpoint, _ key: ResourceKey, _ failure: (ObjectID) -> String?,
        _ reasons: inout Reasons
    ) -> ProgrammingState {
        let state = state(of: IPPrefix(host: nat.externalIP), endpoint, key, failure, &reasons)
        guard state == .programmed || state == .pending else { return state }
        // Where the internal address was lost, nothing of the mapping is wanted.
        let networks = endpoint.ipNetworks.filter { $0.contains(nat.internalIP) }
        if networks.allSatisfy({ claims.owner(of: $0) != key }) { return .conflict }
        guard state == .programmed else { return state }
        let mapping = Element(ElementKey([Value(nat.externalIP)]), target: .data(MapData(Value(nat.internalIP))))
        let id = ElementID(KnownSet.dnat(nat.externalIP.family).id, mapping)
        return tracker.elements.isSettled(id) ? .programmed : .pending
    }

    /// A network counts as programmed once its route is read back.
    private func state(
        of network: IPPrefix, _ endpoint: WorkloadEndpoint, _ key: ResourceKey, _ failure: (ObjectID) -> String?,
        _ reasons: inout Reasons
    ) -> ProgrammingState {
        let name = network.isHost ? "\(network.address)" : "\(network)"
        if let owner = claims.owner(of: network), owner != key {
            reasons.note(.conflict, "\(name) belongs to \(owner.shortName)")
            return .conflict
        }
        guard host.families.contains(network.family) else {
            reasons.note(.error, "\(name): this kernel runs without IPv6 (ipv6.disable)")
            return .error
        }
        guard let interface = interfaces[endpoint.interfaceName],
            !MACFilter(endpoint.mac, on: interface.layer).isUnenforceable
        else {
            return .pending
        }
        let route = options.workloadRoute(to: network, interfaceIndex: interface.index)
        if tracker.routes.isSettled(route) { return .programmed }
        return failure(.route(route)) == nil ? .pending : .error
    }

    /// The source filter admits the prefixes; the kernel's own check of return paths comes after it.
    private func judgeSpoofedPrefixes(of endpoint: WorkloadEndpoint, _ reasons: inout Reasons) {
        let prefixes = endpoint.allowSpoofedSourcePrefixes.filter { $0.family == .v4 }
        guard host.reversePathFilter != 0, !prefixes.isEmpty else { return }
        let list = prefixes.map(\.description).joined(separator: ", ")
        reasons.note(
            .error,
            "allowSpoofedSourcePrefixes \(list): the kernel drops these sources, since net.ipv4.conf.all.rp_filter is "
                + "\(host.reversePathFilter); set it to 0")
    }
}

extension ResourceKey {
    /// Namespace and name, as a person types them.
    package var shortName: String { namespace.map { "\($0)/\(name)" } ?? name }
}
