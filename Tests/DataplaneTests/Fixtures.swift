import NetworkValues
import Nftables
import Resources
import Routing

@testable import Dataplane

let options = DataplaneOptions(node: "node1")

func endpoint(
    _ name: String, _ interface: String, mac: String? = "02:00:00:00:00:01", _ addresses: [String],
    nats: [(String, String)] = [], profiles: [String] = ["open"], created: String? = nil, node: String = "node1"
) -> Resource {
    .workloadEndpoint(
        WorkloadEndpoint(
            metadata: Metadata(name: name, namespace: "default", creationTimestamp: created), node: node,
            ipNetworks: addresses.map { try! IPPrefix(parsing: $0) },
            ipNATs: nats.map {
                IPNAT(internalIP: try! IPAddress(parsing: $0.0), externalIP: try! IPAddress(parsing: $0.1))
            }, profiles: profiles, interfaceName: try! InterfaceName(parsing: interface),
            mac: mac.map { try! HardwareAddress(parsing: $0) }))
}

func profile(_ name: String, ingress: [Resources.Rule] = [], egress: [Resources.Rule] = []) -> Resource {
    .profile(Profile(metadata: Metadata(name: name), ingress: ingress, egress: egress))
}

func up(_ index: UInt32) -> InterfaceState { InterfaceState(index: index, isUp: true, isRunning: true) }

func name(_ text: String) -> InterfaceName { try! InterfaceName(parsing: text) }

extension DataplaneModel {
    /// What the kernel is to hold, with the elements of a set as nft would show their keys.
    func wanted(_ set: KnownSet) -> [[UInt8]] {
        tracker.elements.desiredKeys.filter { $0.set == set.id }.map(\.key.bytes)
            .sorted { $0.lexicographicallyPrecedes($1) }
    }

    func wantedRoutes() -> [String] {
        tracker.routes.desiredKeys.map { "\($0.destination) \($0.interfaceIndex ?? 0)" }.sorted()
    }

    func state(_ name: String) -> EndpointState? {
        state(of: ResourceKey(kind: .workloadEndpoint, namespace: "default", name: name))
    }
}

func address(_ text: String) -> IPAddress? { try? IPAddress(parsing: text) }
