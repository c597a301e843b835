import CMNL
import NetworkValues
import Testing

@testable import Conntrack
@testable import Netlink

private func address(_ text: String) -> IPAddress { try! IPAddress(parsing: text) }

/// What is made of each message of a batch, as if the kernel had sent it.
private func decode(_ batch: borrowing MessageBatch) throws -> [ConntrackEntry?] {
    try batch.withUnsafeBytes { bytes throws in
        var reader = MessageReader(bytes)
        var entries: [ConntrackEntry?] = []
        while let message = try reader.next() { entries.append(try ConntrackEntry(message)) }
        return entries
    }
}

private func octets(_ batch: borrowing MessageBatch) -> [UInt8] { batch.withUnsafeBytes { Array($0) } }

/// The attributes of a tuple, laid out as the kernel does: the addresses, then the protocol's own.
private func tuple(_ addresses: [UInt8], _ transport: [UInt8]) -> [UInt8] {
    func attribute(_ type: UInt16, _ payload: [UInt8]) -> [UInt8] {
        let length = UInt8(payload.count + 4)
        return [length, 0, UInt8(type & 0xff), UInt8(type >> 8)] + payload
            + [UInt8](repeating: 0, count: (4 - payload.count % 4) % 4)
    }
    return attribute(1 | 0x8000, addresses) + attribute(2 | 0x8000, transport)
}

private let fromOne: [UInt8] = [8, 0, 1, 0, 10, 65, 0, 1, 8, 0, 2, 0, 192, 0, 2, 2]
private let backToOne: [UInt8] = [8, 0, 1, 0, 192, 0, 2, 2, 8, 0, 2, 0, 198, 51, 100, 1]
private let ports: [UInt8] = [5, 0, 1, 0, 17, 0, 0, 0, 6, 0, 2, 0, 0x0f, 0xa0, 0, 0, 6, 0, 3, 0, 0, 53, 0, 0]
private let back: [UInt8] = [5, 0, 1, 0, 17, 0, 0, 0, 6, 0, 2, 0, 0, 53, 0, 0, 6, 0, 3, 0, 0x0f, 0xa0, 0, 0]

/// A message as a dump of the kernel has it.
private func entryMessage(
    _ batch: inout MessageBatch, _ original: [UInt8], _ reply: [UInt8], status: UInt32 = 8, zone: UInt16? = nil,
    type: UInt16 = ConntrackMessage.new
) {
    batch.append(type: type, flags: [], header: NetfilterHeader(family: 2)) { message in
        message.put(1 | UInt16(NLA_F_NESTED), octets: original)
        message.put(2 | UInt16(NLA_F_NESTED), octets: reply)
        message.put(3, bigEndian: status)
        message.put(7, bigEndian: UInt32(30))
        message.put(12, bigEndian: UInt32(0xdead_beef))
        if let zone { message.put(18, bigEndian: zone) }
    }
}

struct ConntrackCodecTests {
    @Test func anEntryHasBothDirections() throws {
        var batch = MessageBatch()
        entryMessage(&batch, tuple(fromOne, ports), tuple(backToOne, back))
        let entry = try #require(try decode(batch)[0])
        #expect(
            entry.original
                == ConntrackTuple(
                    source: address("10.65.0.1"), destination: address("192.0.2.2"), protocol: 17,
                    transport: .ports(source: 4000, destination: 53)))
        #expect(
            entry.reply
                == ConntrackTuple(
                    source: address("192.0.2.2"), destination: address("198.51.100.1"), protocol: 17,
                    transport: .ports(source: 53, destination: 4000)))
        #expect((entry.family, entry.zone, entry.id) == (.v4, 0, 0xdead_beef))
        #expect(!entry.isExpected)
    }

    @Test func theAnnouncedFlowsAndTheZonesAreToldApart() throws {
        var batch = MessageBatch()
        entryMessage(&batch, tuple(fromOne, ports), tuple(backToOne, back), status: 9, zone: 7)
        let entry = try #require(try decode(batch)[0])
        #expect(entry.isExpected && entry.zone == 7)
        #expect("\(entry)" == "flow of protocol 17, 10.65.0.1 to 192.0.2.2 in zone 7")
    }

    static let transports: [([UInt8], UInt8, ConntrackTuple.Transport)] = [
        (
            [5, 0, 1, 0, 1, 0, 0, 0, 6, 0, 4, 0, 1, 2, 0, 0, 5, 0, 5, 0, 8, 0, 0, 0, 5, 0, 6, 0, 0, 0, 0, 0],
            1, .icmp(type: 8, code: 0, id: 0x0102)
        ),
        (
            [5, 0, 1, 0, 58, 0, 0, 0, 6, 0, 7, 0, 1, 2, 0, 0, 5, 0, 8, 0, 128, 0, 0, 0, 5, 0, 9, 0, 3, 0, 0, 0],
            58, .icmp(type: 128, code: 3, id: 0x0102)
        ),
        // A protocol that conntrack knows nothing of.
        ([5, 0, 1, 0, 99, 0, 0, 0], 99, .none),
    ]

    @Test(arguments: transports)
    func everyProtocolIsRead(bytes: [UInt8], number: UInt8, transport: ConntrackTuple.Transport) throws {
        var batch = MessageBatch()
        entryMessage(&batch, tuple(fromOne, bytes), tuple(backToOne, bytes))
        let entry = try #require(try decode(batch)[0])
        #expect(entry.original.protocol == number && entry.original.transport == transport)
    }

    @Test func addressesOfIPv6AreRead() throws {
        let (one, two) = (address("2001:db8::1"), address("2001:db8::2"))
        var batch = MessageBatch()
        entryMessage(
            &batch, tuple([20, 0, 3, 0] + one.octets + [20, 0, 4, 0] + two.octets, ports),
            tuple([20, 0, 3, 0] + two.octets + [20, 0, 4, 0] + one.octets, back))
        let entry = try #require(try decode(batch)[0])
        #expect((entry.family, entry.original.source, entry.reply.source) == (.v6, one, two))
    }

    @Test func whatNamesNoFlowIsNone() throws {
        var batch = MessageBatch()
        entryMessage(&batch, tuple([], ports), tuple(backToOne, back))
        entryMessage(&batch, tuple(fromOne, ports), tuple(backToOne, back), type: 0x0102)
        #expect(try decode(batch) == [nil, nil])
    }

    @Test func aTupleThatDoesNotHoldTogetherIsAnError() {
        var batch = MessageBatch()
        entryMessage(&batch, [200, 0, 1, 0, 1, 2, 3, 4], tuple(backToOne, back))
        #expect(throws: NetlinkError.self) { try decode(batch) }
    }

    /// `IPCTNL_MSG_CT_DELETE` of the very entry: the kernel's own octets, its zone and its id.
    @Test func aDeletionRepeatsTheKernelsOctets() throws {
        var dump = MessageBatch()
        // An attribute that nobody here knows, as a later kernel may have one.
        let original = tuple(fromOne, ports) + [8, 0, 9, 0, 1, 2, 3, 4]
        entryMessage(&dump, original, tuple(backToOne, back), zone: 7)
        let entry = try #require(try decode(dump)[0])
        var batch = MessageBatch(firstSequence: 1)
        entry.appendDeletion(to: &batch)
        #expect(
            octets(batch) == [
                UInt8(16 + 4 + 4 + original.count + 8 + 8), 0, 0, 0, 2, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0,
                2, 0, 0, 0,  // nfgenmsg
                UInt8(4 + original.count), 0, 1, 0x80,  // CTA_TUPLE_ORIG
            ] + original + [6, 0, 18, 0, 0, 7, 0, 0] + [8, 0, 12, 0, 0xde, 0xad, 0xbe, 0xef])
    }
}
