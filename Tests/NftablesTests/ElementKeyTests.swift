import NetworkValues
import Nftables
import Testing

struct ElementKeyTests {
    @Test func valuesStandAsTheirBytes() throws {
        let values = [
            Value(try InterfaceName(parsing: "cali1")), Value(try #require(MACAddress(octets: [2, 0, 0, 0, 0, 1]))),
            Value(try IPAddress(parsing: "10.65.0.2")), Value(try IPAddress(parsing: "2001:db8::1")), Value(octet: 6),
        ]
        let bytes: [[UInt8]] = [
            Array("cali1".utf8) + [UInt8](repeating: 0, count: 11), [2, 0, 0, 0, 0, 1], [10, 65, 0, 2],
            [0x20, 1, 0xd, 0xb8] + [UInt8](repeating: 0, count: 11) + [1], [6],
        ]
        #expect(values.map(\.bytes) == bytes)
        for (value, bytes) in zip(values, bytes) { #expect(ElementKey([value]) == ElementKey(bytes: bytes)) }
        #expect(ElementKey(values).bytes == bytes[0] + bytes[1] + [0, 0] + bytes[2] + bytes[3] + [6, 0, 0, 0])
    }

    /// However a value was made, it is the same.
    @Test func valuesAreTheirBytesAndTheirText() throws {
        let address = Value(try IPAddress(parsing: "10.65.0.2"))
        let same = Value(bytes: [10, 65, 0, 2], text: "10.65.0.2")
        #expect(address == same && Set([address, same]).count == 1)
        #expect(address != Value(bytes: [10, 65, 0, 2], text: "web"))
        #expect(address != Value(bytes: [10, 65, 0, 3], text: "10.65.0.2"))
    }

    @Test func keysOfEveryLengthDifferInEveryByte() {
        for count in 0...ElementKey.longest {
            let bytes = (0..<UInt8(count)).map { $0 }
            let key = ElementKey(bytes: bytes)
            #expect(key.bytes == bytes && key.count == count)
            for index in bytes.indices {
                var other = bytes
                other[index] ^= 0x80
                #expect(ElementKey(bytes: other) != key)
                #expect((ElementKey(bytes: other) < key) == other.lexicographicallyPrecedes(bytes))
            }
            #expect(ElementKey(bytes: bytes + [0].prefix(count < ElementKey.longest ? 1 : 0)) != key || count == 64)
        }
    }
}
