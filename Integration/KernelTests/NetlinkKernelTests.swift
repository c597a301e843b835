import CMNL
import Glibc
import Netlink
import Testing

/// `RTM_NEWROUTE` of an IPv4 address on an interface, as the tests of the batch need it.
private func appendRoute(
    _ last: UInt8, interface: UInt32, to batch: inout MessageBatch, flags: MessageFlags = [.create, .exclusive]
) {
    let header = rtmsg(
        rtm_family: 2, rtm_dst_len: 32, rtm_src_len: 0, rtm_tos: 0, rtm_table: 254, rtm_protocol: 77, rtm_scope: 253,
        rtm_type: 1, rtm_flags: 0)
    batch.append(type: UInt16(RTM_NEWROUTE), flags: flags, header: header) { message in
        message.put(UInt16(RTA_DST.rawValue), octets: [10, 65, 0, last])
        message.put(UInt16(RTA_OIF.rawValue), interface)
    }
}

private func linkDump(_ firstSequence: UInt32) -> MessageBatch {
    var request = MessageBatch(firstSequence: firstSequence)
    request.append(type: UInt16(RTM_GETLINK), flags: .dump, header: ifinfomsg())
    return request
}

/// What an nfnetlink batch of tables consists of (linux/netfilter/nfnetlink.h and nf_tables.h).
private enum Tables {
    static let newTable: UInt16 = 10 << 8
    static let deleteTable: UInt16 = 10 << 8 | 2

    /// `struct nfgenmsg`: family, version, and the subsystem in network order.
    private struct Header: BitwiseCopyable {
        var family: UInt8 = 0
        var version: UInt8 = 0
        var resource: UInt16 = UInt16(10).bigEndian
    }

    static func begin(_ batch: inout MessageBatch, generation: UInt32? = nil) {
        batch.append(type: 16, flags: [], header: Header()) { message in
            if let generation { message.put(1, bigEndian: generation) }
        }
    }

    static func end(_ batch: inout MessageBatch) {
        batch.append(type: 17, flags: [], header: Header())
    }

    static func append(_ type: UInt16, _ name: String, flags: MessageFlags, to batch: inout MessageBatch) {
        batch.append(type: type, flags: flags, header: Header(family: 1, resource: 0)) { $0.put(1, string: name) }
    }
}

struct NetlinkKernelTests {
    let namespace: NetworkNamespace

    init() throws {
        namespace = try NetworkNamespace()
    }

    private func tables() throws -> String {
        try namespace.command(["nft", "list", "tables"]).succeed()
    }

    @Test func aSocketStaysInTheNamespaceItWasOpenedIn() throws {
        try namespace.ip("link add cali1 type veth peer name peer1")
        var socket = try namespace.run { try NetlinkSocket(family: .route) }
        // Used from this thread, which is in another namespace.
        let count = try socket.dump(linkDump(socket.nextSequence), object: "links", into: 0) { count, _ in count += 1 }
        #expect(count == 3)
    }

    @Test func aRefusalOfTheKernelIsIsolatedToItsMessage() throws {
        try namespace.ip("link add cali1 type veth peer name peer1", "link set cali1 up", "link set peer1 up")
        let index = try namespace.run { if_nametoindex("cali1") }
        var socket = try namespace.run { try NetlinkSocket(family: .route) }
        var batch = MessageBatch(firstSequence: socket.nextSequence)
        for (position, interface) in [index, 999_999, index, 888_888, index].enumerated() {
            appendRoute(UInt8(position + 1), interface: interface, to: &batch)
        }
        let last = batch.requestAcknowledgement()
        let errors = try socket.transact(batch, expectingAckFor: last)
        #expect(errors.map(\.index) == [1, 3])
        #expect(errors.map(\.error.code) == [.refused(errno: ENODEV), .refused(errno: ENODEV)])
        #expect(errors.map(\.sequence) == [batch.firstSequence + 1, batch.firstSequence + 3])
        let routes = try namespace.ip("route show proto 77").split(separator: "\n").map { $0.prefix { $0 != " " } }
        #expect(routes == ["10.65.0.1", "10.65.0.3", "10.65.0.5"])
    }

    @Test func theLastMessagesRefusalAnswersForItsAcknowledgement() throws {
        var socket = try namespace.run { try NetlinkSocket(family: .route) }
        var batch = MessageBatch(firstSequence: socket.nextSequence)
        appendRoute(1, interface: 999_999, to: &batch)
        let last = batch.requestAcknowledgement()
        #expect(try socket.transact(batch, expectingAckFor: last).map(\.index) == [0])
    }

    @Test func silenceIsSuccessOnlyWhereNoAcknowledgementIsExpected() throws {
        var socket = try namespace.run { try NetlinkSocket(family: .route) }
        var batch = MessageBatch(firstSequence: socket.nextSequence)
        // The loopback takes the route; nobody asked the kernel to say so.
        appendRoute(1, interface: 1, to: &batch)
        #expect(try socket.transact(batch, expectingAckFor: nil) == [])
        var again = MessageBatch(firstSequence: socket.nextSequence)
        appendRoute(2, interface: 1, to: &again)
        let error = #expect(throws: NetlinkError.self) {
            try socket.transact(again, expectingAckFor: again.lastSequence)
        }
        #expect(error?.code == .unacknowledged)
    }

    @Test func theKernelsWordsAndThePlaceOfTheFaultSurface() throws {
        var socket = try namespace.run { try NetlinkSocket(family: .route) }
        var batch = MessageBatch(firstSequence: socket.nextSequence)
        // Host bits beyond the prefix length.
        let header = rtmsg(
            rtm_family: 2, rtm_dst_len: 8, rtm_src_len: 0, rtm_tos: 0, rtm_table: 254, rtm_protocol: 77,
            rtm_scope: 253, rtm_type: 1, rtm_flags: 0)
        batch.append(type: UInt16(RTM_NEWROUTE), flags: .create, header: header) {
            $0.put(UInt16(RTA_DST.rawValue), octets: [10, 1, 2, 3])
            $0.put(UInt16(RTA_OIF.rawValue), UInt32(1))
        }
        // An attribute that is too short for its type.
        batch.append(type: UInt16(RTM_NEWROUTE), flags: .create, header: header) {
            $0.put(UInt16(RTA_OIF.rawValue), UInt8(1))
        }
        let errors = try socket.transact(batch, expectingAckFor: batch.requestAcknowledgement())
        #expect(errors.map(\.index) == [0, 1])
        #expect(errors[0].error.code == .refused(errno: EINVAL))
        #expect(try #require(errors[0].error.kernelMessage).contains("prefix"))
        #expect(errors[1].error.offset == 28)
    }

    @Test func aNetfilterTransactionTakesEffectWholly() throws {
        var socket = try namespace.run { try NetlinkSocket(family: .netfilter) }
        var batch = MessageBatch(firstSequence: socket.nextSequence)
        Tables.begin(&batch)
        Tables.append(Tables.newTable, "margay-a", flags: .create, to: &batch)
        Tables.append(Tables.newTable, "margay-b", flags: .create, to: &batch)
        // Asked for by the last message that every kernel acknowledges.
        let last = batch.requestAcknowledgement()
        Tables.end(&batch)
        #expect(try socket.transact(batch, expectingAckFor: last) == [])
        #expect(try tables() == "table inet margay-a\ntable inet margay-b\n")
    }

    @Test func aNetfilterTransactionWithFaultsNamesThemAllAndLeavesNothing() throws {
        var socket = try namespace.run { try NetlinkSocket(family: .netfilter) }
        var batch = MessageBatch(firstSequence: socket.nextSequence)
        Tables.begin(&batch)
        Tables.append(Tables.newTable, "margay-a", flags: .create, to: &batch)
        Tables.append(Tables.deleteTable, "absent-1", flags: [], to: &batch)
        Tables.append(Tables.newTable, "margay-b", flags: .create, to: &batch)
        Tables.append(Tables.deleteTable, "absent-2", flags: [], to: &batch)
        let last = batch.requestAcknowledgement()
        Tables.end(&batch)
        let errors = try socket.transact(batch, expectingAckFor: last)
        #expect(errors.map(\.index) == [2, 4])
        #expect(errors.allSatisfy { $0.error.code == .refused(errno: ENOENT) })
        // The attribute with the table's name.
        #expect(errors[0].error.offset == 20)
        #expect(try tables() == "")
    }

    @Test func aTransactionForAnOlderGenerationIsRefusedAsAWhole() throws {
        var socket = try namespace.run { try NetlinkSocket(family: .netfilter) }
        var batch = MessageBatch(firstSequence: socket.nextSequence)
        Tables.begin(&batch, generation: 12_345)
        Tables.append(Tables.newTable, "margay-a", flags: .create, to: &batch)
        let last = batch.requestAcknowledgement()
        Tables.end(&batch)
        let errors = try socket.transact(batch, expectingAckFor: last)
        #expect(errors.map(\.index) == [0])
        #expect(errors.first?.error.code == .refused(errno: ERESTART))
    }

    /// 2 MB in one sendmsg: ten times the default send buffer.
    @Test func aBatchFarBeyondTheDefaultSendBufferIsTaken() throws {
        var socket = try namespace.run { try NetlinkSocket(family: .netfilter) }
        var batch = MessageBatch(firstSequence: socket.nextSequence)
        Tables.begin(&batch)
        for _ in 0..<40_000 {
            Tables.append(Tables.newTable, "margay-the-same-table-again", flags: .create, to: &batch)
        }
        let last = batch.requestAcknowledgement()
        Tables.end(&batch)
        #expect(batch.byteCount > 2_000_000)
        #expect(try socket.transact(batch, expectingAckFor: last) == [])
    }

    @Test func answersThatOverrunTheReceiveBufferLeaveTheOutcomeUnknownAndTheSocketUsable() throws {
        var socket = try namespace.run { try NetlinkSocket(family: .route, receiveBufferSize: 1) }
        var batch = MessageBatch(firstSequence: socket.nextSequence)
        for _ in 0..<500 { appendRoute(1, interface: 999_999, to: &batch) }
        let last = batch.requestAcknowledgement()
        let error = #expect(throws: NetlinkError.self) { try socket.transact(batch, expectingAckFor: last) }
        #expect(error?.code == .overrun)
        #expect(error?.isOutcomeUnknown == true)

        var next = MessageBatch(firstSequence: socket.nextSequence)
        appendRoute(2, interface: 1, to: &next)
        #expect(try socket.transact(next, expectingAckFor: next.requestAcknowledgement()) == [])
    }

    @Test func aRefusedDumpIsThatRefusal() throws {
        var socket = try namespace.run { try NetlinkSocket(family: .route) }
        var request = MessageBatch(firstSequence: socket.nextSequence)
        var header = ifinfomsg()
        header.ifi_flags = 1  // strictly checked: no filter of link dumps
        request.append(type: UInt16(RTM_GETLINK), flags: .dump, header: header)
        let error = #expect(throws: NetlinkError.self) {
            try socket.dump(request, object: "links", into: 0) { _, _ in }
        }
        #expect(error?.code == .refused(errno: EINVAL))
        #expect(error?.object == "links")
        #expect(error?.kernelMessage != nil)
    }

    @Test func whatTheCallerThrowsEndsTheDumpAndLeavesTheSocketUsable() throws {
        try namespace.ip("link add cali1 type veth peer name peer1")
        var socket = try namespace.run { try NetlinkSocket(family: .route) }
        let stop = NetlinkError(.malformed("enough"), operation: "test")
        let error = #expect(throws: NetlinkError.self) {
            try socket.dump(linkDump(socket.nextSequence), object: "links", into: 0) {
                _, _ throws(NetlinkError) in throw stop
            }
        }
        #expect(error?.code == stop.code)
        let count = try socket.dump(linkDump(socket.nextSequence), object: "links", into: 0) { count, _ in count += 1 }
        #expect(count == 3)
    }

    /// A dump comes in parts of 32 KiB; between two of them the test itself changes what is dumped.
    @Test func anInterruptedDumpIsBegunAgainUntilItIsConsistent() throws {
        try namespace.addManyLinks(100)
        var socket = try namespace.run { try NetlinkSocket(family: .route) }
        var attempts = 0
        let links = try socket.dump(linkDump(socket.nextSequence), object: "links", into: 0) { seen, _ in
            if seen == 0 {
                attempts += 1
                if attempts <= 2 {
                    _ = try? namespace.ip("link add late\(attempts) type veth peer name later\(attempts)")
                }
            }
            seen += 1
        }
        #expect(attempts == 3)
        #expect(links == 205)
    }

    @Test func aDumpThatNeverIsConsistentEndsWithAClearError() throws {
        try namespace.addManyLinks(100)
        var socket = try namespace.run { try NetlinkSocket(family: .route) }
        var attempts = 0
        let error = #expect(throws: NetlinkError.self) {
            try socket.dump(linkDump(socket.nextSequence), object: "links", into: 0, attempts: 3) { seen, _ in
                if seen == 0 {
                    attempts += 1
                    _ = try? namespace.ip("link add late\(attempts) type veth peer name later\(attempts)")
                }
                seen += 1
            }
        }
        #expect(attempts == 3)
        #expect(error?.code == .interrupted(attempts: 3))
        #expect(error?.object == "links")
    }

    /// The same race as it comes in life, with thousands of links and another thread's churn.
    @Test func dumpsUnderChurnHoldEveryLinkThatStoodStill() throws {
        try namespace.addManyLinks(1000)
        var socket = try namespace.run { try NetlinkSocket(family: .route) }
        let churn = try namespace.command([
            "sh", "-c",
            // Bounded, so that on a busy machine too a dump gets through in the end.
            "for i in $(seq 50); do ip link add churn type veth peer name nruch; ip link del churn; sleep 0.01; done",
        ]).start()
        defer { churn.signal(SIGKILL) }
        for _ in 0..<10 {
            let request = linkDump(socket.nextSequence)
            let names = try socket.dump(request, object: "links", into: Set<String>(), attempts: 10_000) {
                names, message throws(NetlinkError) in
                var attributes = try message.attributes(after: ifinfomsg.self)
                while let attribute = try attributes.next() {
                    if attribute.type == UInt16(IFLA_IFNAME) { names.insert(attribute.string) }
                }
            }
            #expect((0..<1000).allSatisfy { names.contains("many\($0)") })
        }
    }

    @Test func eventsArriveAtMembersOnly() throws {
        var member = try namespace.run {
            try NetlinkSocket(family: .route, groups: [UInt32(RTNLGRP_LINK.rawValue)])
        }
        var other = try namespace.run { try NetlinkSocket(family: .route) }
        try namespace.ip("link add cali1 type veth peer name peer1")
        var types: [UInt16] = []
        _ = try member.receiveEvents { types.append($0.type) }
        #expect(types.contains(UInt16(RTM_NEWLINK)))
        try member.leave(group: UInt32(RTNLGRP_LINK.rawValue))
        try other.join(group: UInt32(RTNLGRP_LINK.rawValue))
        try namespace.ip("link del cali1")
        var late: [UInt16] = []
        _ = try member.receiveEvents { late.append($0.type) }
        #expect(late == [])
        _ = try other.receiveEvents { late.append($0.type) }
        #expect(late.contains(UInt16(RTM_DELLINK)))
    }
}

extension NetworkNamespace {
    /// Makes `count` veth pairs, `many0`… with peers `ynam0`….
    func addManyLinks(_ count: Int) throws {
        let lines = (0..<count).map { "link add many\($0) type veth peer name ynam\($0)" }
        try command(["sh", "-ec", "printf '%s\\n' \"$1\" | ip -batch -", "sh", lines.joined(separator: "\n")]).succeed(
            limit: .seconds(60))
    }
}
