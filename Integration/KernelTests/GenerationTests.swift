import Dataplane
import Nftables
import Testing

/// Tables are passed over in a comparison only as long as nobody, this program included, has committed anything.
struct GenerationTests {
    private let topology: Topology
    private let host: ProgrammedHost
    /// Its interface goes with it.
    private let one: Workload

    init() throws {
        topology = try Topology()
        one = try topology.addSilentWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01")
        host = try ProgrammedHost(topology.host)
        try host.program(
            ResourceText.open, ResourceText.endpoint("one", "cali1", mac: "02:00:00:00:00:01", ["10.65.0.1"]))
        // Reads what the first one has written.
        try host.update()
    }

    @Test func tablesThatNobodyTouchedAreNotReadAgain() throws {
        #expect(try host.hasKnownTables())
    }

    @Test(arguments: [
        ["delete", "element", "inet", "margay", "endpoints", "{ \"cali1\" }"],
        ["flush", "chain", "inet", "margay", "profile-open-egress"],
        ["add", "rule", "inet", "margay", "profile-open-egress", "counter"],
        ["delete", "table", "arp", "margay"], ["add", "table", "inet", "somebody-elses"],
    ])
    func afterAnybodysTransactionTheyAre(change: [String]) throws {
        let before = try host.snapshot()
        try topology.host.command(["nft"] + change).succeed()
        #expect(try host.hasKnownTables() == false)
        try host.update()
        let after = try host.snapshot()
        #expect(after.tables.sets == before.tables.sets && after.tables.elements == before.tables.elements)
        #expect(after.tables.chains == before.tables.chains && after.tables.states == before.tables.states)
    }

    @Test func afterATransactionOfOursTheyAre() throws {
        host.removeEndpoint("one")
        try host.update()
        #expect(try host.hasKnownTables() == false)
    }

    /// The kernel tells of a table's end after that of its rules and chains, which may be thousands.
    @Test(arguments: [Table.margay, .margayARP])
    func aTableThatIsGoneIsReadAsAWholeWhateverWasHeardFirst(table: Table) throws {
        try topology.host.nft("delete table \(table)")
        var touched = TouchedObjects()
        touched.chains = [ChainID(table, table == .margay ? "from-cali1" : "source")]
        #expect(try host.look(at: touched) == [Drift(object: .table(table), change: .deleted)])
        try host.update()
        touched.sets = [KnownSet.endpoints.id, KnownSet.arpEndpoints.id]
        #expect(try host.look(at: touched) == [])
    }
}
