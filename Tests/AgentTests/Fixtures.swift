import Datastore
import NetworkValues
import Resources

@testable import Dataplane

func endpoint(_ name: String, _ address: String = "10.65.0.2/32") -> Resource {
    .workloadEndpoint(
        WorkloadEndpoint(
            metadata: Metadata(name: name, namespace: "default"), node: "node1",
            ipNetworks: [try! IPPrefix(parsing: address)], interfaceName: try! InterfaceName(parsing: "cali1")))
}

func put(_ resource: Resource) -> DatastoreEvent {
    .put(resource, ResourceLocation(file: "a.yaml", line: 1, column: 1))
}

let rejected = RejectedResource(
    resource: "b.yaml", location: ResourceLocation(file: "b.yaml", line: 2, column: 3), message: "not valid",
    lastGoodKept: false)

func state(_ phase: EndpointState.Phase) -> EndpointState {
    EndpointState(phase: phase, reason: "", filter: .enforced, networks: [], nats: [])
}
