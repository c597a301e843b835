import NetworkValues
import Testing

struct AddressTests {
    @Test(arguments: [
        ("ca:fe:1d:52:bb:e9", "ca:fe:1d:52:bb:e9"), ("CA-FE-1D-52-BB-E9", "ca:fe:1d:52:bb:e9"),
        ("00:00:00:00:00:01", "00:00:00:00:00:01"), ("02:00:00:ff:fe:00:00:01", "02:00:00:ff:fe:00:00:01"),
        ("cafe.1d52.BBE9", "ca:fe:1d:52:bb:e9"), ("0200.00ff.fe00.0001", "02:00:00:ff:fe:00:00:01"),
        ("10:20:30:40:50:59", "10:20:30:40:50:59"),
    ])
    func hardwareAddressesAreRead(text: String, expected: String) throws {
        #expect(try HardwareAddress(parsing: text).description == expected)
    }

    @Test(arguments: [
        "", "ca:fe:1d:52:bb", "ca:fe:1d:52:bb:e9:00", "ca:fe:1d:52:bb:zz", "ca:fe:1d:52:bb:+9",
        "ca:fe:1d-52-bb-e9", "c:fe:1d:52:bb:e9", " ca:fe:1d:52:bb:e9", "ca:fe:1d:52:bb:e9:", "cafe1d52bbe9",
        "cafe.1d52:bbe9", "cafe:1d52:bbe9", "cafe.1d52.bbe", "ca.fe.1d.52.bb.e9", "cafe.1d52", "::::::", ":::::",
        "00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:01",
    ])
    func otherTextsAreNoHardwareAddresses(text: String) {
        #expect(throws: InvalidValue.self) { try HardwareAddress(parsing: text) }
    }

    @Test(arguments: [
        "00:00:00:00:fe:80:00:00:00:00:00:00:02:00:5e:10:00:00:00:01",
        "0000.0000.fe80.0000.0000.0000.0200.5e10.0000.0001",
    ])
    func theTwentyOctetsThatGoReadsAreNamed(text: String) throws {
        let error = #expect(throws: InvalidValue.self) { try HardwareAddress(parsing: text) }
        #expect(
            error?.accepted.hasPrefix("an InfiniBand address, which no Ethernet frame carries, has 20 octets;") == true)
    }

    @Test func onlyAnEUI64ThatEncapsulatesAnEUI48IsAnEthernetSource() throws {
        let encapsulating = try HardwareAddress(parsing: "ca:fe:1d:ff:fe:52:bb:e9")
        #expect(encapsulating.ethernet?.description == "ca:fe:1d:52:bb:e9")
        #expect(try HardwareAddress(parsing: "ca:fe:1d:00:11:52:bb:e9").ethernet == nil)
        #expect(try HardwareAddress(parsing: "ca:fe:1d:52:bb:e9").ethernet?.rawValue == 0xcafe_1d52_bbe9)
    }

    @Test(arguments: [
        ("10.65.0.2", "10.65.0.2"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
        ("2001:DB8::1", "2001:db8::1"), ("::", "::"), ("2001:db8:0:0:0:0:0:0", "2001:db8::"),
        // As long as a text of an address can be.
        ("2001:0db8:ffff:ffff:ffff:ffff:255.255.255.255", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
    ])
    func addressesAreRead(text: String, expected: String) throws {
        #expect(try IPAddress(parsing: text).description == expected)
    }

    @Test(arguments: [
        "", "10.65.0", "10.65.0.256", "10.65.0.02", "10.65.0.2/32", "fe80::1%eth0", ":::", "10.65.0.2\u{0}", "a.b.c.d",
        "::1\u{0}", "2001:0db8:ffff:ffff:ffff:ffff:255.255.255.2555", String(repeating: "0", count: 5000) + "::",
    ])
    func otherTextsAreNoAddresses(text: String) {
        #expect(throws: InvalidValue.self) { try IPAddress(parsing: text) }
    }

    @Test func octetsRoundTrip() throws {
        for text in ["10.65.0.2", "2001:db8::ff:1"] {
            let address = try IPAddress(parsing: text)
            #expect(IPAddress(octets: address.octets) == address)
        }
        #expect(IPAddress(octets: [1, 2, 3]) == nil)
    }

    @Test(arguments: [
        ("10.65.0.2/32", "10.65.0.2/32", false), ("10.65.0.2", "10.65.0.2/32", false),
        ("10.65.3.4/16", "10.65.0.0/16", true), ("0.0.0.0/0", "0.0.0.0/0", false),
        ("2001:db8::1", "2001:db8::1/128", false),
        ("2001:db8::1/32", "2001:db8::/32", true), ("::/0", "::/0", false),
    ])
    func networksAreReadAndMasked(text: String, expected: String, hasHostBits: Bool) throws {
        #expect(try IPPrefix(parsing: text).description == expected)
        #expect(IPPrefix.hasHostBits(text) == hasHostBits)
    }

    @Test(arguments: [
        "", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "::/129", "10.0.0.0/8/8", "10.65.0.2/08",
    ])
    func otherTextsAreNoNetworks(text: String) {
        #expect(throws: InvalidValue.self) { try IPPrefix(parsing: text) }
    }

    @Test(arguments: [
        ("0.0.0.0", false), ("0.1.2.3", false), ("127.0.0.1", false), ("224.0.0.1", false), ("239.255.255.255", false),
        ("255.255.255.255", false), ("169.254.1.1", false), ("169.254.1.2", true), ("1.0.0.0", true),
        ("192.168.0.0", true), ("10.65.0.255", true), ("240.0.0.1", true), ("::", false), ("::1", false),
        ("ff02::1", false), ("fe80::1", true), ("2001:db8::", true), ("::ffff:10.0.0.1", false), ("::10.0.0.1", true),
    ])
    func someAddressesNoWorkloadCanHave(text: String, isPossible: Bool) throws {
        #expect((try IPAddress(parsing: text).reasonAgainstWorkload == nil) == isPossible)
    }

    @Test(arguments: [
        ("10.0.0.0/8", nil), ("0.0.0.0/0", "169.254.1.1"), ("169.254.0.0/16", "169.254.1.1"), ("0.0.0.0/1", "0.0.0.0"),
        ("127.1.0.0/16", "127.1.0.0"), ("192.0.0.0/2", "224.0.0.0"), ("255.255.255.254/31", "255.255.255.255"),
        ("::/0", "::"), ("::/127", "::"), ("::ffff:10.0.0.0/104", "::ffff:10.0.0.0"), ("fe00::/7", "ff00::"),
        ("fd00::/8", nil), ("2001:db8::/32", nil), ("10.0.0.1/32", nil), ("127.0.0.1/32", "127.0.0.1"),
    ])
    func aNetworkIsJudgedByTheAddressesItHas(text: String, address: String?) throws {
        #expect(try IPPrefix(parsing: text).addressAgainstWorkload?.address.description == address)
    }

    @Test func aGatewayMayBeTheOneThatIsNoWorkloads() throws {
        #expect(try IPAddress(parsing: "169.254.1.1").reasonAgainstHost == nil)
        #expect(try IPAddress(parsing: "224.0.0.1").reasonAgainstHost == "a multicast address")
        #expect(try ["fe80::1", "febf:ffff::1"].allSatisfy { try IPAddress(parsing: $0).isLinkLocalIPv6 })
        #expect(try !["fec0::1", "fe7f::1", "169.254.1.1"].contains { try IPAddress(parsing: $0).isLinkLocalIPv6 })
    }

    @Test func containmentFollowsTheLength() throws {
        let network = try IPPrefix(parsing: "10.65.0.0/16")
        #expect(network.contains(try IPAddress(parsing: "10.65.255.255")))
        #expect(!network.contains(try IPAddress(parsing: "10.66.0.0")))
        #expect(!network.contains(try IPAddress(parsing: "::a41:0")))
        #expect(network.contains(try IPPrefix(parsing: "10.65.7.0/24")))
        #expect(!network.contains(try IPPrefix(parsing: "10.0.0.0/8")))
        #expect(network.lastAddress.description == "10.65.255.255")
        #expect(try IPPrefix(parsing: "::/0").contains(try IPAddress(parsing: "ff02::1")))
    }
}

struct NameAndPortTests {
    @Test(arguments: ["cali0ef24ba", "eth0.10", "a", "_-.", "123456789012345"])
    func interfaceNamesAreTakenLiterally(name: String) throws {
        #expect(try InterfaceName(parsing: name).rawValue == name)
    }

    @Test(arguments: ["", ".", "..", "cali*", "1234567890123456", "a/b", "a b", "a:b", "é", "cali\n", "a\"b"])
    func otherTextsAreNoInterfaceNames(name: String) {
        #expect(throws: InvalidValue.self) { try InterfaceName(parsing: name) }
    }

    @Test(arguments: [("80", 80, 80), ("1:65535", 1, 65535), ("0:10", 0, 10), ("8000:8000", 8000, 8000)])
    func portsAreRead(text: String, lower: UInt16, upper: UInt16) throws {
        let range = try PortRange(parsing: text)
        #expect(range.lowerBound == lower && range.upperBound == upper)
    }

    @Test(arguments: ["", "0", "65536", "-1", "+1", "10:9", "1:2:3", "http", ":", "1:"])
    func otherTextsAreNoPorts(text: String) {
        #expect(throws: InvalidValue.self) { try PortRange(parsing: text) }
    }

    @Test func anInvalidValueNamesTextAndRemedy() {
        let error = #expect(throws: InvalidValue.self) { try InterfaceName(parsing: "cali*") }
        #expect(
            error?.description
                == "\"cali*\" is not a valid interface name: 1 to 15 of a-z A-Z 0-9 '_' '.' '-', not \".\" or \"..\"")
    }
}
