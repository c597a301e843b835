import CMNL
import Glibc
import Testing

@testable import Netlink

/// An answer as the kernel lays it out.
private func message(type: UInt16, flags: UInt16, _ payload: [UInt8]) -> [UInt8] {
    let length = UInt32(16 + payload.count)
    return withUnsafeBytes(of: length.littleEndian) { Array($0) } + [UInt8(type), 0]
        + [UInt8(flags & 0xff), UInt8(flags >> 8)] + [7, 0, 0, 0, 1, 0, 0, 0] + payload
}

private func reply(_ datagram: [UInt8]) throws -> KernelReply {
    try datagram.withUnsafeBytes { bytes in
        var reader = MessageReader(bytes)
        guard let message = try reader.next() else { throw NetlinkError(.malformed("nothing"), operation: "test") }
        return message.type == 2
            ? try KernelReply(errorMessage: message) : try KernelReply(doneMessage: message)
    }
}

private let refused: [UInt8] = [0xff, 0xff, 0xff, 0xff]  // -EPERM
/// The header of a request of 24 bytes.
private let request: [UInt8] = [24, 0, 0, 0, 0x18, 0, 5, 0, 7, 0, 0, 0, 0, 0, 0, 0]
private let text: [UInt8] = [7, 0, 1, 0, 0x6e, 0x6f, 0, 0]  // NLMSGERR_ATTR_MSG "no"
private let place: [UInt8] = [8, 0, 2, 0, 36, 0, 0, 0]  // NLMSGERR_ATTR_OFFS

struct KernelReplyTests {
    @Test func anAcknowledgementIsNoError() throws {
        #expect(try reply(message(type: 2, flags: 0x100, [0, 0, 0, 0] + request)).error("x") == nil)
    }

    @Test func aRefusalCarriesTheKernelsWordsAndThePlace() throws {
        let error = try #require(
            try reply(message(type: 2, flags: 0x300, refused + request + text + place)).error("add", "route"))
        #expect(error.code == .refused(errno: EPERM))
        #expect(error.kernelMessage == "no")
        #expect(error.offset == 36)
    }

    @Test func theRepeatedRequestIsSteppedOverWhenItIsNotCapped() throws {
        let body: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]
        let error = try #require(
            try reply(message(type: 2, flags: 0x200, refused + request + body + text)).error("add"))
        #expect(error.kernelMessage == "no")
    }

    @Test func withoutTheFlagWhatFollowsIsNoAttribute() throws {
        let error = try #require(try reply(message(type: 2, flags: 0x100, refused + request + text)).error("add"))
        #expect(error.kernelMessage == nil)
    }

    @Test func theEndOfADumpMayBeARefusal() throws {
        #expect(try reply(message(type: 3, flags: 2, [0, 0, 0, 0])).error("dump") == nil)
        let error = try #require(try reply(message(type: 3, flags: 0x202, refused + text)).error("dump"))
        #expect(error.code == .refused(errno: EPERM))
        #expect(error.kernelMessage == "no")
    }

    @Test func aReplyCutShortIsMalformed() {
        #expect(throws: NetlinkError.self) { try reply(message(type: 2, flags: 0, refused)) }
        #expect(throws: NetlinkError.self) { try reply(message(type: 3, flags: 0, [0, 0])) }
    }

    @Test(arguments: [
        Array(request.prefix(12)), [8, 0, 0, 0] + request.dropFirst(4), [0, 0, 0, 0] + request.dropFirst(4), request,
    ])
    func messagesThatCannotBeAreErrors(datagram: [UInt8]) {
        datagram.withUnsafeBytes { bytes in
            _ = #expect(throws: NetlinkError.self) {
                var reader = MessageReader(bytes)
                while let message = try reader.next() { _ = message.type }
            }
        }
    }
}
