import Datastore
import NetworkValues
import Resources

@testable import DatastoreDirectory

/// A valid document; `version` tells one version of the resource from another.
func endpoint(_ name: String, version: Int = 1) -> String {
    """
    apiVersion: projectcalico.org/v3
    kind: WorkloadEndpoint
    metadata: {name: \(name), namespace: default}
    spec:
      node: node1
      orchestrator: k8s
      endpoint: eth0
      interfaceName: cali\(name)
      mac: "ca:fe:00:00:00:0\(version)"
      ipNetworks: [10.0.0.\(version)/32]

    """
}

/// A document with two errors that still tells which resource it is.
func invalidEndpoint(_ name: String) -> String {
    endpoint(name).replacing("ca:fe:00:00:00:01", with: "nonsense").replacing("10.0.0.1/32", with: "10.0.0.999/32")
}

/// A document of which nothing can be read.
let unreadableDocument = "metadata: }{\n"

func yaml(_ documents: String...) -> String { documents.joined(separator: "---\n") }

/// Events as short lines: `put a 1`, `delete a`, `rejected b.yaml:1 WorkloadEndpoint default/a kept`.
func summary(_ events: [DatastoreEvent]) -> [String] {
    events.flatMap { event -> [String] in
        switch event {
        case .snapshotBegins: ["begins"]
        case .put(let resource, _): ["put \(resource.key.name) \(version(of: resource))"]
        case .delete(let key): ["delete \(key.name)"]
        case .rejections(let rejections): rejections.isEmpty ? ["no rejections"] : rejections.map(summary)
        case .inSync: ["in sync"]
        case .lost: ["lost"]
        }
    }
}

func summary(_ rejection: RejectedResource) -> String {
    let file = rejection.location.file.split(separator: "/").last ?? ""
    let name = rejection.resource.hasSuffix(file) ? "?" : String(rejection.resource.split(separator: "/").last ?? "")
    return "rejected \(file):\(rejection.location.line) \(name)" + (rejection.lastGoodKept ? " kept" : "")
}

func version(of resource: Resource) -> Int {
    guard case .workloadEndpoint(let endpoint) = resource, let mac = endpoint.mac else { return 0 }
    return Int("\(mac)".suffix(1)) ?? 0
}
