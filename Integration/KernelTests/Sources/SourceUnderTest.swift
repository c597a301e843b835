import Datastore
import DatastoreDirectory
import DatastoreEtcd
import Glibc
import Logging
import Resources
import TestSupport

/// The kinds of sources that the product has, each of which is held to ``SourceConformanceTests``.
enum SourceKind: CaseIterable { case directory, etcd }

/// A source that a test changes, takes away and gives back.
protocol SourceUnderTest {
    func datastore() -> any Datastore

    /// Writes a resource's text where the source keeps the resource of that name.
    func put(_ text: String, as name: String, _ plural: String) throws

    func delete(_ name: String, _ plural: String) throws

    /// Takes the source away from whoever follows it. What it holds can still be changed.
    func disconnect() throws

    func reconnect() throws
}

extension SourceKind {
    func make() throws -> any SourceUnderTest {
        switch self {
        case .directory: DirectoryUnderTest()
        case .etcd: try EtcdUnderTest()
        }
    }
}

/// A folder with a file per resource.
private final class DirectoryUnderTest: SourceUnderTest {
    private let outside = TemporaryFolder()
    private var isConnected = true

    init() { outside.makeFolder("resources") }

    private func path(_ name: String, _ plural: String) -> String {
        outside.path(of: "\(isConnected ? "resources" : "away")/\(plural).\(name).json")
    }

    func datastore() -> any Datastore {
        DirectoryDatastore(
            path: outside.path(of: "resources"), allowWideNetworks: false, logger: Logger(label: "test"))
    }

    func put(_ text: String, as name: String, _ plural: String) throws {
        let draft = outside.write(text, to: "draft")
        guard rename(draft, path(name, plural)) == 0 else { throw TestKitError("rename: errno \(errno)") }
    }

    func delete(_ name: String, _ plural: String) throws { unlink(path(name, plural)) }

    func disconnect() throws {
        guard rename(outside.path(of: "resources"), outside.path(of: "away")) == 0 else {
            throw TestKitError("rename: errno \(errno)")
        }
        isConnected = false
    }

    func reconnect() throws {
        guard rename(outside.path(of: "away"), outside.path(of: "resources")) == 0 else {
            throw TestKitError("rename: errno \(errno)")
        }
        isConnected = true
    }
}

/// An etcd with a second address: the one that whoever follows it is kept from.
private final class EtcdUnderTest: SourceUnderTest {
    private let cluster: EtcdCluster
    private static let port = 23_999

    init() throws {
        let own = "http://127.0.0.1:\(EtcdCluster.clientPort(0))"
        // The last of an option's values counts.
        cluster = try EtcdCluster(arguments: ["--listen-client-urls", "\(own),http://127.0.0.1:\(Self.port)"])
    }

    func datastore() -> any Datastore {
        cluster.datastore(EtcdAccess(endpoints: [EtcdEndpoint("http://127.0.0.1:\(Self.port)")!]))
    }

    private func key(_ name: String, _ plural: String) -> String {
        let isNamespaced = ["workloadendpoints", "networkpolicies", "networksets"].contains(plural)
        return isNamespaced ? "\(plural)/default/\(name)" : "\(plural)/\(name)"
    }

    func put(_ text: String, as name: String, _ plural: String) throws {
        try cluster.put(key(name, plural), text)
    }

    func delete(_ name: String, _ plural: String) throws { try cluster.delete(key(name, plural)) }

    /// Resets the connection: what happens to one that falls silent is EtcdFaultTests'.
    func disconnect() throws {
        try cluster.namespace.nft(
            """
            add table inet away
            add chain inet away input { type filter hook input priority 0; }
            add rule inet away input tcp dport \(Self.port) reject with tcp reset
            add rule inet away input tcp sport \(Self.port) reject with tcp reset
            """)
        // A connection on which nothing is said would not notice.
        _ = try cluster.namespace.execute("ss", "-K", "sport", "=", ":\(Self.port)")
    }

    func reconnect() throws { try cluster.namespace.nft("delete table inet away") }
}
