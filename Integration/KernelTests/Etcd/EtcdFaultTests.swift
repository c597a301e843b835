import DatastoreEtcd
import Glibc
import Logging
import Resources
import Testing

@Suite struct EtcdFaultTests {
    static func profile(_ name: String, action: String = "Allow") -> String {
        """
        {"kind":"Profile","apiVersion":"projectcalico.org/v3","metadata":{"name":"\(name)"},\
        "spec":{"ingress":[{"action":"\(action)"}],"egress":[{"action":"\(action)"}]}}
        """
    }

    @Test("what is put, changed and deleted is told, across a member's end and return") func restart() async throws {
        let cluster = try EtcdCluster()
        try cluster.put("profiles/a", Self.profile("a"))
        try cluster.put("profiles/b", Self.profile("b"))
        let observer = Observer(cluster.datastore())
        try await observer.wait(for: "the first listing") { $0.names == ["Profile a", "Profile b"] && $0.isInSync }

        try cluster.put("profiles/c", Self.profile("c"))
        try cluster.delete("profiles/a")
        try await observer.wait(for: "changes") { $0.names == ["Profile b", "Profile c"] }

        try cluster.signal(0, SIGKILL)
        try await observer.wait(for: "the loss") { !$0.isInSync }
        #expect(observer.view.names == ["Profile b", "Profile c"])

        try cluster.start(0)
        try await observer.wait(for: "the return") { $0.isInSync }
        try cluster.put("profiles/d", Self.profile("d"))
        try await observer.wait(for: "a change after it") { $0.names == ["Profile b", "Profile c", "Profile d"] }
        await observer.stop()
    }
}

extension EtcdCluster {
    func datastore(_ access: EtcdAccess? = nil) -> EtcdDatastore {
        EtcdDatastore(
            access: access ?? self.access, allowWideNetworks: false, logger: Logger(label: "test"), executor: executor)
    }
}
