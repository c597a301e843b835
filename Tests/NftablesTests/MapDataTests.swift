import NetworkValues
import Testing

@testable import Nftables

struct MapDataTests {
    @Test(arguments: [0, 1, 4, 15, 16, 17, 20, 64]) func itHoldsItsBytes(_ count: Int) {
        let bytes = [UInt8]((0..<count).map { UInt8($0 + 1) })
        let data = MapData(bytes: bytes)
        #expect(data.bytes == bytes && data.count == count)
        #expect(data == MapData(bytes: bytes) && data.hashValue == MapData(bytes: bytes).hashValue)
        #expect(data != MapData(bytes: bytes + [0]))
        for place in bytes.indices {
            var others = bytes
            others[place] ^= 0x80
            #expect(data != MapData(bytes: others))
        }
    }

    @Test func itIsWhatAnAddressIsInRegisters() throws {
        let address = Value(try IPAddress(parsing: "203.0.113.1"))
        #expect(MapData(address) == [203, 0, 113, 1])
    }
}
