import NetworkValues
import Nftables
import Testing

struct TableTextTests {
    private let mac = Value(MACAddress(rawValue: 0x0200_0000_0001))
    private func name(_ text: String) -> Value { Value(try! InterfaceName(parsing: text)) }
    private func address(_ text: String) -> Value { Value(try! IPAddress(parsing: text)) }

    @Test func aTableIsWrittenAsNftReadsIt() {
        let text = TableText(
            Table(.inet, "t"),
            sets: [
                .init(
                    NamedSet("s", key: [.interfaceName, .etherAddress], size: 8, hasCounters: true),
                    [Element(ElementKey([name("cali2"), mac])), Element(ElementKey([name("cali1"), mac]))]),
                .init(
                    NamedSet("v", key: [.interfaceName], mapping: .verdict),
                    [Element(ElementKey([name("cali1")]), target: .verdict(.goto("c")))]),
                .init(
                    NamedSet("d", key: [.ipv4Address], mapping: .data([.ipv4Address])),
                    [Element(ElementKey([address("10.0.0.1")]), target: .data([192, 0, 2, 1]))]),
                .init(NamedSet("e", key: [.inetService], isInterval: true), []),
            ],
            chains: [
                .init(
                    Chain("b", base: BaseChain(.filter, hook: .forward, priority: -5, policy: .drop)),
                    [.init("iifname vmap @v", comment: nil)]),
                .init(Chain("c"), [.init("counter accept", comment: "profile p")]),
            ])
        #expect(
            text.definition == """
                table inet t {
                \tset s {
                \t\ttype ifname . ether_addr
                \t\tsize 8
                \t\tcounter
                \t\telements = {
                \t\t\t"cali1" . 02:00:00:00:00:01,
                \t\t\t"cali2" . 02:00:00:00:00:01
                \t\t}
                \t}
                \tmap v {
                \t\ttype ifname : verdict
                \t\telements = {
                \t\t\t"cali1" : goto c
                \t\t}
                \t}
                \tmap d {
                \t\ttype ipv4_addr : ipv4_addr
                \t\telements = {
                \t\t\t10.0.0.1 : 192.0.2.1
                \t\t}
                \t}
                \tset e {
                \t\ttype inet_service
                \t\tflags interval
                \t}
                \tchain b {
                \t\ttype filter hook forward priority -5; policy drop;
                \t\tiifname vmap @v
                \t}
                \tchain c {
                \t\tcounter accept comment "profile p"
                \t}
                }

                """)
        #expect(TableText.deletion(of: text.table) == "table inet t; delete table inet t\n")
    }

    @Test(arguments: [
        (["10.0.0.0/8", "192.0.2.1/32"], ["10.0.0.0/8", "192.0.2.1"]),
        (["10.0.0.0/9", "10.128.0.0/10"], ["10.0.0.0-10.191.255.255"]),
        (["10.0.0.1/32", "10.0.0.2/32"], ["10.0.0.1-10.0.0.2"]),
        (["0.0.0.0/8", "255.0.0.0/8"], ["0.0.0.0/8", "255.0.0.0/8"]), (["0.0.0.0/0"], ["0.0.0.0/0"]),
        (["255.255.255.255/32"], ["255.255.255.255"]),
    ])
    func rangesOfAddressesAreNetworksWhereTheyCanBe(networks: [String], texts: [String]) throws {
        let set = NamedSet("s", key: [.ipv4Address], isInterval: true)
        let elements = Intervals(try networks.map { try IPPrefix(parsing: $0) }, family: .v4).elements
        #expect(set.texts(of: elements.reversed()).map(\.text) == texts)
    }

    @Test func rangesOfOtherTypes() throws {
        let ports = NamedSet("p", key: [.inetService], isInterval: true)
        let ranges = Intervals([PortRange(80), PortRange(8000, 8010)!, PortRange(65000, 65535)!]).elements
        #expect(ports.texts(of: ranges).map(\.text) == ["80", "8000-8010", "65000-65535"])
        let nets = NamedSet("n", key: [.ipv6Address], isInterval: true)
        for text in ["::/0", "2001:db8::/33", "ffff::/16"] {
            let elements = Intervals([try IPPrefix(parsing: text)], family: .v6).elements
            #expect(nets.texts(of: elements).map(\.text) == [text])
        }
    }
}
