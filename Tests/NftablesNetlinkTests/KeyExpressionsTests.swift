import Nftables
import Testing

@testable import NftablesNetlink

/// The user data by which nft lists a set whose key has no type name.
struct KeyExpressionsTests {
    private static let key: KeyType = [.interfaceName, .transportBytes(offset: 8, length: 16)]

    /// As nft 1.0.6 sends them for `typeof iifname . @th,64,128`, the byte order in front.
    private static let userData: [UInt8] = [
        0, 4, 0, 0, 0, 0, 3, 64, 0, 4, 13, 0, 0, 0, 1, 56, 0, 14, 0, 4, 9, 0, 0, 0, 1, 6, 0, 4, 6, 0, 0, 0, 1, 38, 0, 4,
        7, 0, 0, 0, 1, 30, 0, 4, 0, 0, 0, 0, 1, 4, 0, 0, 0, 0, 2, 4, 3, 0, 0, 0, 3, 4, 64, 0, 0, 0, 4, 4, 128, 0, 0, 0,
    ]

    @Test func theyAreNftsOwn() {
        #expect(KeyExpressions.encode(Self.key) == Array(Self.userData.dropFirst(8)))
        #expect(KeyExpressions.decode(Self.userData) == Self.key)
    }

    @Test func whatIsCutShortOrOfAnotherKindIsNoKeyOfOurs() {
        for count in 0..<Self.userData.count {
            #expect(KeyExpressions.decode(Array(Self.userData.prefix(count))) != Self.key)
        }
        // oifname, the network header, half a byte.
        for (place, byte) in [(28, UInt8(7)), (56, 2), (62, 60)] {
            var other = Self.userData
            other[place] = byte
            #expect(KeyExpressions.decode(other) != Self.key, "\(place)")
        }
    }
}
