import Conntrack
import NetworkValues
import Testing

/// The entries of a namespace, as the kernel counts and lists them.
struct ConntrackTests {
    private let namespace: NetworkNamespace

    init() throws { namespace = try NetworkNamespace() }

    private func connect(_ namespace: NetworkNamespace) throws -> ConntrackConnection {
        try namespace.run { try ConntrackConnection() }
    }

    private func insert(_ source: String, _ destination: String) throws {
        try namespace.command([
            "conntrack", "-I", "-p", "udp", "-s", source, "-d", destination, "--sport", "4000", "--dport", "7", "-t",
            "600",
        ]).succeed()
    }

    @Test func theirNumberIsThisNamespacesAlone() throws {
        var connection = try connect(namespace)
        var others = try connect(try NetworkNamespace())
        var counts = [connection.count()]
        try insert("10.65.0.1", "192.0.2.2")
        counts.append(connection.count())
        try insert("2001:db8::1", "2001:db8::2")
        counts.append(connection.count())
        let ofOthers = others.count()
        let refusals = try connection.delete(try connection.entries(of: nil) { _ in true })
        counts.append(connection.count())
        #expect(counts == [0, 1, 2, 0])
        #expect(ofOthers == 0)
        #expect(refusals == [nil, nil])
    }

    @Test(
        arguments: [(nil, ["10.65.0.1", "2001:db8::1"]), (.v4, ["10.65.0.1"]), (.v6, ["2001:db8::1"])]
            as [(IPFamily?, [String])])
    func oneListHasBothFamiliesOrOne(family: IPFamily?, sources: [String]) throws {
        var connection = try connect(namespace)
        try insert("10.65.0.1", "192.0.2.2")
        try insert("2001:db8::1", "2001:db8::2")
        let entries = try connection.entries(of: family) { _ in true }
        #expect(entries.map { "\($0.original.source)" }.sorted() == sources)
        let wanted = try connection.entries(of: family) { $0.family == .v6 }
        #expect(wanted.map(\.original.source) == entries.map(\.original.source).filter { $0.family == .v6 })
    }
}
