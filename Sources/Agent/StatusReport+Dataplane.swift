import Dataplane
import DataplaneLinux
import NetworkValues
import Nftables
import Resources
import Status

extension StatusReport.Endpoint {
    init(_ endpoint: WorkloadEndpoint, _ key: ResourceKey, _ state: EndpointState) {
        self.init(
            name: key.name, namespace: endpoint.namespace,
            workload: endpoint.workload ?? endpoint.pod ?? endpoint.containerID ?? "",
            orchestrator: endpoint.orchestrator ?? "", interfaceName: endpoint.interfaceName.rawValue,
            state: .init(rawValue: state.phase.rawValue) ?? .error, reason: state.reason,
            macFilter: MACFilter(
                mac: endpoint.mac.map { "\($0)" }, state: .init(rawValue: state.filter.rawValue) ?? .missing),
            networks: zip(endpoint.ipNetworks, state.networks).map { Network(cidr: "\($0)", state: .init($1)) },
            nats: zip(endpoint.ipNATs, state.nats).map {
                NAT(internalIP: "\($0.internalIP)", externalIP: "\($0.externalIP)", state: .init($1))
            },
            profiles: endpoint.profiles)
    }
}

extension StatusReport.Endpoint.Progress {
    init(_ state: ProgrammingState) {
        self = Self(rawValue: state.rawValue) ?? .error
    }
}

extension StatusReport.Endpoint.Counters {
    init(_ counters: InterfaceCounters) {
        self.init(
            toWorkload: .init(packets: counters.toWorkload.packets, bytes: counters.toWorkload.bytes),
            fromWorkload: .init(packets: counters.fromWorkload.packets, bytes: counters.fromWorkload.bytes),
            drops: .init(
                mac: counters.drops[.mac] ?? 0, ip: counters.drops[.ip] ?? 0, arp: counters.drops[.arp] ?? 0,
                nd: counters.drops[.nd] ?? 0, ra: counters.drops[.ra] ?? 0, dhcp: counters.drops[.dhcp] ?? 0,
                policy: counters.drops[.policy] ?? 0, host: counters.drops[.host] ?? 0))
    }
}
