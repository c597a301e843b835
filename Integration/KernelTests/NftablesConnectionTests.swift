import Glibc
import Netlink
import NetworkValues
import Nftables
import NftablesNetlink
import Testing

private let table = Table(.inet, "margay-test")

private func address(_ number: UInt32) -> Value { Value(IPAddress(family: .v4, rawValue: UInt128(number))) }

struct NftablesConnectionTests {
    let namespace: NetworkNamespace

    init() throws {
        namespace = try NetworkNamespace()
    }

    private func connect() throws -> NftablesConnection {
        try namespace.run { try NftablesConnection() }
    }

    private func transaction(_ operations: Transaction.Operation...) -> Transaction {
        var transaction = Transaction()
        for operation in operations { transaction.append(operation) }
        return transaction
    }

    private func shown() throws -> String {
        try namespace.command(["nft", "list", "ruleset"]).succeed()
    }

    private let accept = Rule(.verdict(.accept)).compiled(in: .inet)

    @Test func whatIsOnlyCheckedIsJudgedAndLeavesNothing() throws {
        var connection = try connect()
        let generation = try connection.generation()
        var transaction = transaction(
            .addTable(table), .addChain(table, Chain("c")), .addRule(table, chain: "c", accept),
            .addRule(table, chain: "c", Rule(.log(prefix: "p: ")).compiled(in: .inet)))
        try connection.check(transaction)
        transaction.append(.addRule(table, chain: "absent", accept))
        do throws(CommitError) {
            try connection.check(transaction)
            Issue.record("the kernel takes a rule for a chain that is not there")
        } catch {
            guard case .refused(let refusal) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(refusal.failures.map(\.operation) == [4])
        }
        #expect(try connection.generation() == generation)
        #expect(try shown() == "")
    }

    @Test func theRefusedOneOfManyElementsIsNamed() throws {
        var connection = try connect()
        let map = NamedSet("map", key: [.ipv4Address], mapping: .data([.ipv4Address]), size: 4096)
        func element(_ number: UInt32, _ data: UInt32) -> Element {
            Element(ElementKey([address(number)]), target: .data(MapData(address(data))))
        }
        try connection.commit(
            transaction(.addTable(table), .addSet(table, map), .addElements(table, set: "map", [element(1500, 1)])))
        do throws(CommitError) {
            try connection.commit(
                transaction(
                    .addChain(table, Chain("c")),
                    .addElements(table, set: "map", ElementList((0..<3000).map { element($0, 2) }))))
            Issue.record("the kernel takes another target for an element that is there")
        } catch {
            guard case .refused(let refusal) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(refusal.failures.map(\.operation) == [1])
            #expect(refusal.failures.map(\.element) == [1500])
            #expect(refusal.failures.map(\.error.errno) == [EEXIST])
        }
    }

    @Test func oneRefusedOperationUndoesAllOthersAndIsNamed() throws {
        var connection = try connect()
        try connection.commit(transaction(.addTable(table), .addChain(table, Chain("kept"))))
        let before = try shown()
        let bad = transaction(
            .addChain(table, Chain("good")), .addRule(table, chain: "kept", accept),
            .addRule(table, chain: "absent", accept), .addSet(table, NamedSet("also-good", key: [.ipv4Address])))
        do throws(CommitError) {
            try connection.commit(bad)
            Issue.record("the kernel took a rule for a chain that is not there")
        } catch {
            guard case .refused(let refusal) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(refusal.failures.map(\.operation) == [2])
            #expect(refusal.failures[0].error.errno == ENOENT)
            for part in ["add rule", "inet margay-test absent", "ENOENT"] {
                #expect("\(error)".contains(part), "\(error)")
            }
        }
        #expect(try shown() == before)
        // The connection is as good as before.
        try connection.commit(transaction(.addChain(table, Chain("good"))))
        #expect(try connection.chain("good", in: table)?.chain == Chain("good"))
    }

    @Test func everyRefusedOperationIsNamed() throws {
        var connection = try connect()
        try connection.commit(transaction(.addTable(table), .addSet(table, NamedSet("set", key: [.ipv4Address]))))
        let before = try shown()
        let bad = transaction(
            .deleteChain(table, "absent"), .addChain(table, Chain("good")),
            .deleteElements(table, set: "set", [Element(ElementKey([address(1)]))]),
            .addElements(table, set: "nowhere", [Element(ElementKey([address(1)]))]))
        do throws(CommitError) {
            try connection.commit(bad)
            Issue.record("the kernel deleted what was not there")
        } catch {
            guard case .refused(let refusal) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(refusal.failures.map(\.operation) == [0, 2, 3])
            #expect(refusal.failures.allSatisfy { $0.error.errno == ENOENT })
            #expect("\(refusal.failures[1].error)".contains("set inet margay-test set"))
        }
        #expect(try shown() == before)
    }

    @Test func aFullSetRefusesTheWholeTransaction() throws {
        var connection = try connect()
        try connection.commit(
            transaction(.addTable(table), .addSet(table, NamedSet("s", key: [.ipv4Address], size: 2))))
        let three = (1...3).map { Element(ElementKey([address($0)])) }
        #expect(throws: CommitError.self) {
            try connection.commit(transaction(.addElements(table, set: "s", ElementList(three))))
        }
        let left = try connection.elements(of: "s", in: table)
        #expect(left == [])
        try connection.commit(transaction(.addElements(table, set: "s", ElementList(three.prefix(2)))))
        #expect(try connection.elements(of: "s", in: table)?.count == 2)
    }

    @Test func batchesOfElementsBeyondOneMessageComeBackAsTheyWent() throws {
        var connection = try connect()
        let set = NamedSet(
            "source", key: [.interfaceName, .etherAddress, .ipv4Address], size: 8192, hasCounters: true)
        let map = NamedSet("map", key: [.ipv4Address], mapping: .data([.ipv4Address]), size: 8192)
        let elements = (0..<5000).map { index in
            Element(
                ElementKey([
                    Value(try! InterfaceName(parsing: "cali\(index)")),
                    Value(MACAddress(rawValue: 0x0200_0000_0000 + UInt64(index))), address(0x0a41_0000 + UInt32(index)),
                ]))
        }
        let pairs = (0..<5000).map { index in
            Element(ElementKey([address(0xc633_0000 + index)]), target: .data(MapData(address(0x0a41_0000 + index))))
        }
        try connection.commit(
            transaction(
                .addTable(table), .addSet(table, set), .addSet(table, map),
                .addElements(table, set: "source", ElementList(elements)),
                .addElements(table, set: "map", ElementList(pairs))))
        let found = try connection.elements(of: "source", in: table)
        #expect(found.map { Set($0.map(\.element)) } == Set(elements))
        #expect(found?.count == 5000)
        #expect(found?.allSatisfy { $0.counter == CounterValue() } == true)
        #expect(try connection.elements(of: "map", in: table).map { Set($0.map(\.element)) } == Set(pairs))
        // nft agrees about one in the middle.
        let asked = "{ \"cali2500\" . 02:00:00:00:09:c4 . 10.65.9.196 }"
        #expect(
            try namespace.execute("nft", "get", "element", "inet", "margay-test", "source", asked).exitCode == 0)

        try connection.commit(transaction(.deleteElements(table, set: "source", ElementList(elements.dropFirst(3)))))
        #expect(
            try connection.elements(of: "source", in: table).map { Set($0.map(\.element)) } == Set(elements.prefix(3)))
        #expect(try connection.elements(of: "map", in: table)?.count == 5000)
    }

    @Test func elementsCountTheirPackets() throws {
        var connection = try connect()
        let set = NamedSet("counted", key: [.ipv4Address], size: 8, hasCounters: true)
        let loopback: [UInt32] = [0x7f00_0001, 0x7f00_0002]
        let elements = loopback.map { Element(ElementKey([address($0)])) }
        let rule = Rule(.match(.inSet([.ipv4Destination], "counted")), .verdict(.accept)).compiled(in: .inet)
        try connection.commit(
            transaction(
                .addTable(table), .addSet(table, set),
                .addChain(table, Chain("output", base: BaseChain(.filter, hook: .output, priority: 0))),
                .addRule(table, chain: "output", rule), .addElements(table, set: "counted", ElementList(elements))))
        let socket = try namespace.run { try InternetSocket.datagrams() }
        for _ in 0..<3 { try socket.send("12345678", to: IPAddress(family: .v4, rawValue: 0x7f00_0001), port: 9) }
        // 20 bytes of IP, 8 of UDP and 8 of data; the refusals that come back go to the address the kernel chose.
        let one = try connection.element(elements[1], of: "counted", in: table)
        #expect(one?.counter == CounterValue())
        let all = try connection.elements(of: "counted", in: table) ?? []
        let counted = all.first { $0.element == elements[0] }?.counter
        #expect((counted?.packets ?? 0) >= 3)
        #expect(try connection.element(elements[0], of: "counted", in: table)?.counter == counted)
        // Another element's coming and going leaves the counts.
        let third = Element(ElementKey([address(0x7f00_0003)]))
        try connection.commit(transaction(.addElements(table, set: "counted", [third, elements[0]])))
        try connection.commit(transaction(.deleteElements(table, set: "counted", [third])))
        #expect(try connection.element(elements[0], of: "counted", in: table)?.counter == counted)
    }

    @Test func whatIsAbsentReadsAsAbsent() throws {
        var connection = try connect()
        #expect(try connection.table(table) == nil)
        #expect(try connection.chains(in: table).isEmpty)
        #expect(try connection.chain("chain", in: table) == nil)
        #expect(try connection.sets(in: table).isEmpty)
        #expect(try connection.elements(of: "set", in: table) == nil)
        #expect(try connection.element(Element(ElementKey([address(1)])), of: "set", in: table) == nil)

        try connection.commit(
            transaction(.addTable(table), .addSet(table, NamedSet("set", key: [.ipv4Address], size: 8))))
        #expect(try connection.table(table)?.flags == [])
        #expect(try connection.table(Table(.arp, "margay-test")) == nil)
        #expect(try connection.chains(in: table).isEmpty)
        #expect(try connection.chain("chain", in: table) == nil)
        #expect(try connection.elements(of: "absent", in: table) == nil)
        #expect(try connection.elements(of: "set", in: table) == [])
        #expect(try connection.element(Element(ElementKey([address(1)])), of: "set", in: table) == nil)
    }

    @Test func tablesOfOthersAreNotReadAsOurs() throws {
        var connection = try connect()
        for other in ["margay-test2", "margay"] {
            try namespace.nft("add table inet \(other)")
            try namespace.nft("add chain inet \(other) same")
            try namespace.nft("add rule inet \(other) same accept")
            try namespace.nft("add set inet \(other) numbers { type ipv4_addr; }")
        }
        try namespace.nft("add table arp margay-test")
        try namespace.nft("add chain arp margay-test same")
        #expect(try connection.chains(in: table).isEmpty)
        #expect(try connection.sets(in: table).isEmpty)
        #expect(try connection.chains(in: Table(.arp, "margay-test")).keys.sorted() == ["same"])
        try connection.commit(transaction(.addTable(table), .addChain(table, Chain("same"))))
        #expect(try connection.chain("same", in: table)?.rules == [])
        #expect(try connection.chains(in: table)["same"]?.rules == [])
    }

    @Test func theGenerationMovesWithEverybodysTransactions() throws {
        var connection = try connect()
        let first = try connection.generation()
        #expect(try connection.generation() == first)
        try namespace.nft("add table inet other")
        let second = try connection.generation()
        #expect(second != first)
        try connection.commit(transaction(.addTable(table)))
        #expect(try connection.generation() != second)
    }

    @Test func anEmptyTransactionChangesNothing() throws {
        var connection = try connect()
        let generation = try connection.generation()
        try connection.commit(Transaction())
        #expect(try connection.generation() == generation)
    }
}
