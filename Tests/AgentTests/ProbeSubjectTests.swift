import Dataplane
import DataplaneLinux
import NetworkValues
import Testing

@testable import Agent

/// Which frames are sent to prove a source filter, and that they are what they say.
struct ProbeSubjectTests {
    private static let own = MACAddress(rawValue: 0xee00_0000_0001)
    private static let hostMAC = MACAddress(rawValue: 0x0200_0000_ff01)
    private var subject = ProbeSubject(
        filter: .enforced(own), hostMAC: hostMAC,
        networks: ["10.65.0.2/32", "2001:db8::2/128"].map { try! IPPrefix(parsing: $0) },
        options: DataplaneOptions(node: "node1"))

    private var titles: [String] { subject.frames.map(\.title) }

    private func frame(_ title: String) throws -> [UInt8] {
        try #require(subject.frames.first { $0.title == title }).octets
    }

    private func sum(_ octets: [UInt8]) -> Int {
        var sum = 0
        for (index, octet) in octets.enumerated() { sum += index % 2 == 0 ? Int(octet) << 8 : Int(octet) }
        while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
        return sum
    }

    @Test func eachReasonIsThere() {
        #expect(Set(subject.frames.map(\.reason)) == [.mac, .ip, .arp, .nd, .ra, .dhcp])
        #expect(Set(titles).count == titles.count && titles.count == 10)
    }

    @Test func everyFrameGoesToTheHostAndNoneComesFromAGroup() {
        for frame in subject.frames {
            #expect(Array(frame.octets[0..<6]) == Self.hostMAC.octets)
            #expect(frame.octets[6] & 1 == 0)
        }
    }

    @Test func onlyTheMACIsForeignWhereThatIsToBeProven() throws {
        let packet = try frame("IPv4 with a foreign MAC")
        // Of no vendor's, for the endpoint's own is not either.
        #expect(Array(packet[6..<12]) == [0xee, 0, 0, 0, 0, 0])
        #expect(Array(packet[26..<30]) == [10, 65, 0, 2])
        let arp = try frame("ARP with a foreign MAC")
        #expect(Array(arp[6..<12]) != Self.own.octets && Array(arp[22..<28]) == Self.own.octets)
        #expect(Array(arp[28..<32]) == [10, 65, 0, 2])
        for title in ["IPv4 with a foreign source", "IPv6 with a foreign source", "a router advertisement"] {
            #expect(try Array(frame(title)[6..<12]) == Self.own.octets)
        }
    }

    /// What keeps them from doing anything behind an open filter.
    @Test func ipGoesToTheGroupsForExperimentsAndNoFurther() {
        let groups: [[UInt8]] = [[224, 0, 0, 254], [0xff, 2] + [UInt8](repeating: 0, count: 12) + [1, 0x14]]
        for frame in subject.frames where frame.reason != .arp {
            let isIPv4 = frame.octets[12] == 8
            #expect(Array(isIPv4 ? frame.octets[30..<34] : frame.octets[38..<54]) == groups[isIPv4 ? 0 : 1])
            #expect(isIPv4 ? frame.octets[22] == 1 : frame.octets[21] == 1)
        }
        // A reply, which nobody asked for.
        for frame in subject.frames where frame.reason == .arp { #expect(Array(frame.octets[20..<22]) == [0, 2]) }
    }

    @Test func checksumsAreRight() throws {
        for title in ["IPv4 with a foreign source", "a DHCP server's reply in IPv4"] {
            #expect(try sum(Array(frame(title)[14..<34])) == 0xffff)
        }
        for (title, number) in [
            ("a router advertisement", 58), ("a neighbour solicitation out of shape", 58),
            ("a DHCP server's reply in IPv6", 17),
        ] as [(String, UInt8)] {
            let packet = try frame(title)
            let payload = Array(packet[54...])
            #expect(Int(packet[18]) << 8 | Int(packet[19]) == payload.count && packet[20] == number)
            #expect(sum(Array(packet[22..<54]) + [0, UInt8(payload.count), 0, number] + payload) == 0xffff)
        }
    }

    @Test mutating func whatIsAllowedIsNoProof() {
        subject.allowedSources = [try! IPPrefix(parsing: "240.0.0.0/4")]
        #expect(titles.contains("IPv4 with a foreign source"))
        subject.allowedSources = [try! IPPrefix(parsing: "0.0.0.0/0"), try! IPPrefix(parsing: "::/0")]
        #expect(!titles.contains { $0.hasSuffix("a foreign source") })
        // Prefixes that it may send from are not its own to claim.
        #expect(titles.contains("ARP with a foreign sender address"))
    }

    @Test mutating func whatIsNotFilteredIsNoProof() {
        subject.options.filtersARP = false
        subject.options.filtersDHCP = false
        subject.options.filtersND = false
        #expect(Set(subject.frames.map(\.reason)) == [.mac, .ip, .ra])
        subject.families = [.v4]
        #expect(titles == ["IPv4 with a foreign MAC", "IPv4 with a foreign source"])
    }

    @Test mutating func anEndpointWithoutAnAddressHasAMACToProve() {
        subject.networks = []
        #expect(subject.frames.count { $0.reason == .mac } == 2)
        #expect(!titles.contains("ARP with a foreign MAC"))
    }

    @Test mutating func withoutAMACNoneIsForeign() {
        subject.filter = .absent
        #expect(Set(subject.frames.map(\.reason)) == [.ip, .arp, .nd, .ra, .dhcp])
    }

    @Test mutating func ofAClosedEndpointEveryFrameIsOne() {
        subject.filter = .unenforceable(.address)
        #expect(
            titles == [
                "IPv4 of a closed endpoint", "IPv6 of a closed endpoint", "ARP with a foreign sender address",
            ])
    }

    @Test func outcomesAreWords() {
        #expect(ProbeOutcome.proven([.ip: 3, .mac: 6, .nd: 0]).text == "proven, 9 frames dropped (mac 6, ip 3)")
        #expect(ProbeOutcome.failed(["a", "b"]).text == "failed, not dropped by the source filter: a, b")
        #expect(ProbeOutcome.notProbed("it is down").text == "not probed, it is down")
    }
}
