import NetworkValues
import Nftables
import Testing

struct SetTests {
    @Test func concatenatedKeysArePaddedToRegisters() throws {
        let key = ElementKey([
            Value(try InterfaceName(parsing: "cali1")), Value(MACAddress(rawValue: 0x0200_0000_0001)),
            Value(try IPAddress(parsing: "10.0.0.1")),
        ])
        #expect(
            key.bytes == Array("cali1".utf8) + [UInt8](repeating: 0, count: 11) + [2, 0, 0, 0, 0, 1, 0, 0, 10, 0, 0, 1])
        let type: KeyType = [.interfaceName, .etherAddress, .ipv4Address]
        #expect(type.length == key.bytes.count)
        // As nft numbers it: strace of its own NEWSET message shows 0x00029247.
        #expect(type.number == 0x29247)
        #expect(ElementKey([Value(bigEndian: 80)]).bytes == [0, 80])
    }

    @Test(arguments: [
        (["10.0.0.0/8"], ["00000000 end", "0a000000", "0b000000 end"]),
        (["10.0.0.0/9", "10.128.0.0/9", "10.1.0.0/16"], ["00000000 end", "0a000000", "0b000000 end"]),
        (["0.0.0.0/8"], ["00000000", "01000000 end"]), (["255.0.0.0/8"], ["00000000 end", "ff000000"]),
        (["0.0.0.0/0"], ["00000000"]),
        (["192.168.0.0/16", "10.0.0.0/8"], ["00000000 end", "0a000000", "0b000000 end", "c0a80000", "c0a90000 end"]),
        ([], []),
    ])
    func networksBecomeDisjointRanges(networks: [String], expected: [String]) throws {
        let prefixes = try networks.map { try IPPrefix(parsing: $0) }
        #expect(Intervals(prefixes, family: .v4).elements.map(describe) == expected)
    }

    @Test func portsBecomeRangesOfTwoBytes() {
        let elements = Intervals([PortRange(443), PortRange(80), PortRange(1000, 2000)!, PortRange(81)]).elements
        #expect(
            elements.map(describe) == [
                "0000 end", "0050", "0052 end", "01bb", "01bc end", "03e8", "07d1 end",
            ])
    }

    @Test func networksOfTheOtherFamilyAreLeftOut() throws {
        let prefixes = [try IPPrefix(parsing: "::/0"), try IPPrefix(parsing: "10.0.0.0/8")]
        #expect(Intervals(prefixes, family: .v6).elements.map(describe) == [String(repeating: "0", count: 32)])
    }

    private func describe(_ element: Element) -> String {
        element.key.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            + (element.isIntervalEnd ? " end" : "")
    }
}

struct KeyTextTests {
    @Test func keysAreWrittenAsNftWritesThem() throws {
        let key = ElementKey([
            Value(try InterfaceName(parsing: "cali1")), Value(MACAddress(rawValue: 0x0200_0000_0001)),
            Value(try IPAddress(parsing: "10.0.0.1")),
        ])
        #expect(
            KeyType([.interfaceName, .etherAddress, .ipv4Address]).text(of: key)
                == "\"cali1\" . 02:00:00:00:00:01 . 10.0.0.1")
        #expect(KeyType([.inetService]).text(of: ElementKey([Value(bigEndian: 443)])) == "443")
        #expect(
            KeyType([.ipv6Address]).text(of: ElementKey([Value(try IPAddress(parsing: "2001:db8::1"))]))
                == "2001:db8::1")
        // A foreign set's key, of a type that is not known here.
        #expect(KeyType([]).text(of: ElementKey(bytes: [1, 171])) == "0x01ab")
    }
}
