import Datastore
import Logging
import Resources

@testable import DatastoreEtcd

extension EtcdChange {
    /// - Parameter path: Below ``EtcdKey/prefix``.
    init(_ path: String, _ value: String?) {
        self.init(key: Array((EtcdKey.prefix + path).utf8), value: value.map { Array($0.utf8) })
    }

    /// A profile that calicoctl would have written.
    static func profile(_ name: String, action: String = "Allow") -> Self {
        Self(
            "profiles/\(name)",
            """
            {"kind":"Profile","apiVersion":"projectcalico.org/v3","metadata":{"name":"\(name)"},\
            "spec":{"ingress":[{"action":"\(action)"}]}}
            """)
    }
}

extension EtcdState {
    init() { self.init(reader: ResourceReader(), logger: Logger(label: "test")) }

    /// A listing that finds this, and no more.
    mutating func listing(_ found: [EtcdChange]) -> [DatastoreEvent] {
        beginListing() + list(found) + endListing()
    }
}

/// Events in a few words each.
func words(_ events: [DatastoreEvent]) -> [String] {
    events.map { event in
        switch event {
        case .snapshotBegins: "snapshot"
        case .put(let resource, _): "put \(resource.key)"
        case .delete(let key): "delete \(key)"
        case .rejections(let list):
            "rejections" + list.map { " [\($0.resource)\($0.lastGoodKept ? ", kept" : "")]" }.joined()
        case .inSync: "in sync"
        case .lost(let reason): "lost \(reason)"
        }
    }
}
