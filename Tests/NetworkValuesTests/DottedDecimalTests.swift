import Glibc
import NetworkValues
import Testing

/// IPv4 addresses, which are read without the C library, are read as it reads them.
struct DottedDecimalTests {
    private static let parts = [
        "", "0", "00", "1", "01", "9", "10", "25", "255", "256", "260", "0255", "999", "1a", " 1",
    ]

    private static func differs(_ text: String) -> Bool {
        var octets = [UInt8](repeating: 0, count: 4)
        let expected = inet_pton(AF_INET, text, &octets) == 1 ? IPAddress(octets: octets) : nil
        return (try? IPAddress(parsing: text)) != expected
    }

    @Test func fourPartsAreReadAsTheLibraryReadsThem() {
        var texts = [""]
        for position in 0..<4 {
            texts = texts.flatMap { text in Self.parts.map { position == 0 ? $0 : "\(text).\($0)" } }
        }
        #expect(texts.count == 50_625)
        #expect(texts.filter(Self.differs) == [])
    }

    @Test(arguments: [
        "", ".", "1", "1.2", "1.2.3", "1.2.3.4.5", "1.2.3.4.", ".1.2.3.4", "1..2.3", "1.2.3.4\n", "+1.2.3.4",
    ])
    func fewerAndMorePartsAreRefused(_ text: String) {
        #expect(!Self.differs(text))
        #expect((try? IPAddress(parsing: text)) == nil)
    }
}
