import Testing

@testable import Netlink

private func read(_ bytes: [UInt8]) throws(NetlinkError) -> [[UInt8]] {
    // typed throws do not pass through withUnsafeBytes of an array
    let result = bytes.withUnsafeBytes { buffer -> Result<[[UInt8]], NetlinkError> in
        Result { () throws(NetlinkError) in
            var reader = AttributeReader(buffer)
            var found: [[UInt8]] = []
            while let attribute = try reader.next() {
                found.append([UInt8(truncatingIfNeeded: attribute.type)] + attribute.payload)
            }
            return found
        }
    }
    return try result.get()
}

private func first<Value>(
    _ bytes: [UInt8], _ body: (Attribute) throws(NetlinkError) -> Value
) throws -> Value {
    try bytes.withUnsafeBytes { buffer in
        var reader = AttributeReader(buffer)
        return try body(try #require(try reader.next()))
    }
}

struct AttributeReaderTests {
    @Test func attributesComeInOrderWithoutTheirPadding() throws {
        #expect(try read([5, 0, 1, 0, 7, 0, 0, 0, 4, 0, 2, 0, 6, 0, 3, 0, 8, 9]) == [[1, 7], [2], [3, 8, 9]])
        #expect(try read([]) == [])
    }

    @Test func theNestedAndByteOrderFlagsAreNoPartOfTheType() throws {
        #expect(try read([4, 0, 1, 0x80, 4, 0, 2, 0x40]) == [[1], [2]])
    }

    @Test(
        arguments: [
            [0, 0, 1, 0], [3, 0, 1, 0], [5, 0, 1, 0], [8, 0, 1, 0, 1, 2, 3], [4, 0, 1, 0, 9], [4, 0, 1, 0, 0, 0, 0, 0],
        ] as [[UInt8]])
    func aLengthThatCannotBeIsAnErrorAndNeverALoop(bytes: [UInt8]) {
        let error = #expect(throws: NetlinkError.self) { try read(bytes) }
        guard case .malformed = error?.code else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func integersNeedTheirExactSize() throws {
        let word: [UInt8] = [8, 0, 1, 0, 1, 2, 3, 4]
        #expect(try first(word) { a throws(NetlinkError) in try a.integer(UInt32.self) } == 0x0403_0201)
        #expect(try first(word) { a throws(NetlinkError) in try a.bigEndian(UInt32.self) } == 0x0102_0304)
        #expect(throws: NetlinkError.self) {
            try first(word) { a throws(NetlinkError) in try a.integer(UInt16.self) }
        }
        #expect(throws: NetlinkError.self) {
            try first([5, 0, 1, 0, 1, 0, 0, 0]) { a throws(NetlinkError) in try a.integer(UInt16.self) }
        }
    }

    @Test func aStringEndsAtItsZeroOrWithThePayload() throws {
        #expect(try first([8, 0, 1, 0, 0x61, 0x62, 0, 0x63]) { $0.string } == "ab")
        #expect(try first([6, 0, 1, 0, 0x61, 0x62, 0, 0]) { $0.string } == "ab")
    }

    @Test func nestedAttributesAreBoundedByTheirNest() throws {
        #expect(throws: NetlinkError.self) {
            // The inner attribute claims a byte that belongs to the next outer one.
            try first([9, 0, 1, 0x80, 6, 0, 2, 0, 1, 0, 0, 0, 4, 0, 3, 0]) { attribute throws(NetlinkError) in
                var nested = attribute.nested
                _ = try nested.next()
            }
        }
    }

    /// Whatever arrives, reading ends, and no payload lies outside.
    @Test func arbitraryBytesAreReadToAnEnd() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<5000 {
            let bytes = (0..<Int.random(in: 0..<64, using: &random)).map { _ in
                // Small numbers, so that many lengths fit.
                UInt8.random(in: 0..<12, using: &random)
            }
            bytes.withUnsafeBytes { buffer in
                var reader = AttributeReader(buffer)
                var steps = 0
                while let attribute = try? reader.next() {
                    steps += 1
                    guard let start = attribute.payload.baseAddress, let base = buffer.baseAddress else { continue }
                    #expect(start >= base && start + attribute.payload.count <= base + buffer.count)
                    if steps > 16 {
                        Issue.record("\(bytes) yields more attributes than fit")
                        return
                    }
                }
            }
        }
    }
}
