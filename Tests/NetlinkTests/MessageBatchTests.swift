import CMNL
import Testing

@testable import Netlink

private func bytes(of batch: borrowing MessageBatch) -> [UInt8] {
    batch.withUnsafeBytes { Array($0) }
}

private struct BodyFailed: Error {}

struct MessageBatchTests {
    @Test func aMessageIsHeaderFixedHeaderAndPaddedAttributes() {
        var batch = MessageBatch(firstSequence: 0x0102_0304)
        batch.append(type: 0x1a, flags: [.create], header: UInt16(0xbbaa)) { message in
            message.put(1, UInt8(0x7f))
            message.put(2, UInt16(0x0201))
            message.put(3, UInt32(0x0403_0201))
            message.put(4, UInt64(0x0807_0605_0403_0201))
            message.put(5, bigEndian: UInt32(0x0102_0304))
            message.put(6, string: "cal")
            message.put(7)
            message.put(8, octets: [9, 9, 9, 9, 9])
        }
        #expect(
            bytes(of: batch) == [
                88, 0, 0, 0, 0x1a, 0, 0x01, 0x04, 4, 3, 2, 1, 0, 0, 0, 0,  // nlmsghdr; NLM_F_REQUEST was added
                0xaa, 0xbb, 0, 0,
                5, 0, 1, 0, 0x7f, 0, 0, 0,
                6, 0, 2, 0, 1, 2, 0, 0,
                8, 0, 3, 0, 1, 2, 3, 4,
                12, 0, 4, 0, 1, 2, 3, 4, 5, 6, 7, 8,
                8, 0, 5, 0, 1, 2, 3, 4,
                8, 0, 6, 0, 0x63, 0x61, 0x6c, 0,
                4, 0, 7, 0,
                9, 0, 8, 0, 9, 9, 9, 9, 9, 0, 0, 0,
            ])
    }

    @Test func aNestCountsWhatItHoldsAndIsFlagged() {
        var batch = MessageBatch()
        batch.append(type: 1, flags: [], header: UInt32(0)) { message in
            message.nest(9) { inner in
                inner.put(1, UInt8(5))
                inner.nest(2) { $0.put(3) }
            }
            message.put(4)
        }
        #expect(
            bytes(of: batch)[20...] == [
                20, 0, 9, 0x80, 5, 0, 1, 0, 5, 0, 0, 0, 8, 0, 2, 0x80, 4, 0, 3, 0,
                4, 0, 4, 0,
            ])
    }

    @Test func sequencesAreConsecutiveAndNameTheIndex() {
        var batch = MessageBatch(firstSequence: .max - 1)
        let sequences = (0..<4).map { _ in batch.append(type: 1, flags: [], header: UInt32(0)) }
        #expect(sequences == [.max - 1, .max, 0, 1])
        #expect(batch.lastSequence == 1)
        #expect(sequences.map { batch.index(ofSequence: $0) } == [0, 1, 2, 3])
        #expect(batch.index(ofSequence: 2) == nil)
        #expect(batch.index(ofSequence: .max - 2) == nil)
    }

    @Test func onlyTheLastMessageAsksForTheAcknowledgement() {
        var batch = MessageBatch(firstSequence: 7)
        #expect(batch.requestAcknowledgement() == nil)
        batch.append(type: 1, flags: [], header: UInt32(0))
        batch.append(type: 1, flags: [], header: UInt32(0))
        #expect(batch.requestAcknowledgement() == 8)
        #expect(bytes(of: batch)[6] == 0x01)
        #expect(bytes(of: batch)[26] == 0x05)
    }

    @Test func aForeignLibraryMayFillAMessageBehindItsHeader() {
        var batch = MessageBatch(firstSequence: 3, capacity: 16)
        for _ in 0..<3 {
            batch.append(type: 0x0a06, flags: [.create]) { header in
                mnl_attr_put_u32(header, 1, 0x0403_0201)
                mnl_attr_put(header, 2, 1, "x")
                header.pointee.nlmsg_seq = 99
            }
        }
        let message: [UInt8] = [8, 0, 1, 0, 1, 2, 3, 4, 5, 0, 2, 0, 0x78, 0, 0, 0]
        let all = bytes(of: batch)
        #expect(all.count == 96)
        for (index, start) in stride(from: 0, to: 96, by: 32).enumerated() {
            #expect(all[start..<start + 16] == [32, 0, 0, 0, 6, 10, 1, 4, UInt8(3 + index), 0, 0, 0, 0, 0, 0, 0])
            #expect(all[start + 16..<start + 32] == message[...])
        }
    }

    @Test func aMessageWhoseBodyThrowsIsNotThere() {
        var batch = MessageBatch()
        batch.append(type: 1, flags: [], header: UInt32(0))
        #expect(throws: BodyFailed.self) {
            try batch.append(type: 2, flags: []) { header in
                mnl_attr_put_u32(header, 1, 1)
                throw BodyFailed()
            }
        }
        #expect(throws: BodyFailed.self) {
            try batch.append(type: 2, flags: [], header: UInt32(0)) { message in
                message.put(1, UInt32(1))
                throw BodyFailed()
            }
        }
        #expect(batch.count == 1)
        #expect(batch.byteCount == 20)
        #expect(batch.append(type: 3, flags: [], header: UInt32(0)) == 2)
    }

    @Test func paddingThatALibrarySkipsIsZeroEvenWhereAnAbandonedMessageStood() {
        var batch = MessageBatch(firstSequence: 1)
        #expect(throws: BodyFailed.self) {
            try batch.append(type: 2, flags: []) { header in
                for _ in 0..<8 { mnl_attr_put_u32(header, 0xffff, .max) }
                throw BodyFailed()
            }
        }
        batch.append(type: 2, flags: []) { header in
            mnl_attr_put(header, 1, 1, "x")
            header.pointee.nlmsg_len += 8
        }
        #expect(bytes(of: batch)[16...] == [5, 0, 1, 0, 0x78, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    }

    @Test func aBatchKeepsWhatItHoldsWhileItGrows() {
        var batch = MessageBatch(capacity: 0)
        for value in 0..<5000 as Range<UInt32> {
            batch.append(type: 1, flags: [], header: value) { $0.put(1, value) }
        }
        batch.withUnsafeBytes { all in
            #expect(all.count == 5000 * 28)
            for value in 0..<5000 {
                #expect(all.loadUnaligned(fromByteOffset: value * 28 + 16, as: UInt32.self) == UInt32(value))
                #expect(all.loadUnaligned(fromByteOffset: value * 28 + 24, as: UInt32.self) == UInt32(value))
            }
        }
    }
}
