import Glibc
import Netlink
import Nftables
import NftablesNetlink
import Testing

struct NftablesMonitorTests {
    private let namespace: NetworkNamespace
    private let table = Table(.inet, "margay")

    init() throws {
        namespace = try NetworkNamespace()
    }

    /// A connection of ours and a monitor that hears all but its transactions.
    private func listen(receiveBufferSize: Int32 = 8 << 20) throws -> Listener {
        let connection = try namespace.run { try NftablesConnection() }
        let portID = connection.portID
        let monitor = try namespace.run {
            try NftablesMonitor([table], except: portID, receiveBufferSize: receiveBufferSize)
        }
        return Listener(connection: connection, monitor: monitor)
    }

    private struct Listener: ~Copyable {
        var connection: NftablesConnection
        var monitor: NftablesMonitor
    }

    private func transaction(_ operations: Transaction.Operation...) -> Transaction {
        operations.reduce(into: Transaction()) { $0.append($1) }
    }

    @Test func whatOthersDoToAWatchedTableIsToldWithWhoDidIt() throws {
        var listener = try listen()
        try namespace.nft("add table inet margay; add chain inet margay c; add set inet margay s { type ipv4_addr; }")
        let made = try listener.monitor.changes()
        #expect(made.tables[table] == .init(isWhole: true, chains: ["c"], sets: ["s"]))
        #expect(made.writers.map(\.name) == ["nft"])
        #expect(!made.concernsOthers && !made.isOverrun)

        try namespace.nft("add element inet margay s { 10.0.0.1 }")
        #expect(try listener.monitor.changes().tables[table] == .init(sets: ["s"]))
        try namespace.nft("add rule inet margay c accept")
        #expect(try listener.monitor.changes().tables[table] == .init(chains: ["c"]))
        try namespace.nft("flush chain inet margay c")
        #expect(try listener.monitor.changes().tables[table] == .init(chains: ["c"]))
        try namespace.nft("flush ruleset")
        #expect(try listener.monitor.changes().tables[table]?.isWhole == true)
        #expect(try listener.monitor.changes().isEmpty)
    }

    @Test func ourOwnTransactionsAreNoNews() throws {
        var listener = try listen()
        try listener.connection.commit(
            transaction(.addTable(table), .addChain(table, Chain("ours")), .addChain(table, Chain("theirs"))))
        #expect(try listener.monitor.changes().isEmpty)
        try namespace.nft("delete chain inet margay theirs")
        try listener.connection.commit(transaction(.deleteTable(table)))
        #expect(try listener.monitor.changes().tables == [table: .init(chains: ["theirs"])])
    }

    @Test func ofOthersTablesIsToldOnlyThatSomethingOtherThanElementsChanged() throws {
        var listener = try listen()
        try namespace.nft("add table ip margay; add chain ip margay c; add set ip margay s { type ipv4_addr; }")
        let change = try listener.monitor.changes()
        #expect(change.concernsOthers && change.tables.isEmpty && change.writers.isEmpty)
        try namespace.nft("add element ip margay s { 10.0.0.1 }")
        #expect(try listener.monitor.changes().isEmpty)
    }

    @Test func aFullQueueIsAnOverrunAndTheMonitorGoesOn() throws {
        var listener = try listen(receiveBufferSize: 4096)
        let chains = (0..<400).map { "add chain inet margay c\($0)" }.joined(separator: "; ")
        try namespace.nft("add table inet margay; \(chains)")
        #expect(try listener.monitor.changes().isOverrun)
        try namespace.nft("delete chain inet margay c7")
        #expect(try listener.monitor.changes().tables == [table: .init(chains: ["c7"])])
    }
}
