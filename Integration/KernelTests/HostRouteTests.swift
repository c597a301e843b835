import Dataplane
import NetworkValues
import Testing

/// Routes of ours, and everything of others, which stays.
struct HostRouteTests {
    private let topology: Topology
    private let host: ProgrammedHost
    private let one: Workload
    private let endpoint = ResourceText.endpoint(
        "one", "cali1", mac: "02:00:00:00:00:01", ["10.65.0.1", "10.65.0.3"], nats: [("10.65.0.1", "198.51.100.1")])

    init() throws {
        topology = try Topology()
        one = try topology.addSilentWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01")
        host = try ProgrammedHost(topology.host)
    }

    private func routes(_ arguments: String...) throws -> [String] {
        try topology.host.command(["ip", "-4", "route"] + arguments).succeed().split(separator: "\n")
            .map { $0.split(separator: " ").joined(separator: " ") }.sorted()
    }

    @Test func everyAddressAndExternalAddressIsRoutedToItsInterface() throws {
        try host.program(ResourceText.open, endpoint)
        #expect(
            try routes("show", "proto", "77", "table", "all")
                == [
                    "10.65.0.1 dev cali1 scope link", "10.65.0.3 dev cali1 scope link",
                    "198.51.100.1 dev cali1 scope link", "local 169.254.1.1 dev lo table main scope host",
                ].map { $0.replacing(" table main", with: "") })
        try host.program(ResourceText.endpoint("one", "cali1", mac: "02:00:00:00:00:01", ["10.65.0.3"]))
        #expect(
            try routes("show", "proto", "77", "table", "all") == [
                "10.65.0.3 dev cali1 scope link", "local 169.254.1.1 dev lo scope host",
            ])
        host.removeEndpoint("one")
        try host.update()
        #expect(try routes("show", "proto", "77", "table", "all") == [])
    }

    @Test func routesFollowAnInterfaceThatComesBack() throws {
        try host.program(ResourceText.open, endpoint)
        try topology.host.ip("link del cali1")
        try host.update()
        #expect(try routes("show", "proto", "77") == ["local 169.254.1.1 dev lo scope host"])
        let again = try topology.addSilentWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01")
        try host.update()
        #expect(try routes("show", "proto", "77", "dev", "cali1").count == 3)
        let socket = try again.packetSocket()
        try topology.outsideSocket().send(
            IPPacket.udp(from: address(topology.outsideAddress), 1, to: address("10.65.0.3"), 2)
                .frame(from: try topology.uplinkMACs().outside, to: try topology.uplinkMACs().host))
        #expect(try socket.receive { IPPacket($0)?.destination == address("10.65.0.3") } != nil)
    }

    @Test func aForeignRouteToTheSameAddressSurvivesAndOursIsUsed() throws {
        try topology.host.ip(
            "route add 10.65.0.1/32 via \(topology.outsideAddress) proto static",
            "route add 10.65.0.3/32 dev cali1 scope link proto static",
            "route add 10.65.0.3/32 via \(topology.outsideAddress) metric 50")
        let foreign = try routes("show", "to", "root", "10.65.0.0/16")
        #expect(foreign.count == 3)
        try host.program(ResourceText.open, endpoint)
        #expect(try routes("get", "10.65.0.1")[0].hasPrefix("10.65.0.1 dev cali1"))
        let all = try routes("show", "to", "root", "10.65.0.0/16")
        #expect(foreign.allSatisfy { all.contains($0) })
        #expect(Set(all).subtracting(foreign).allSatisfy { $0.contains("proto 77") })

        let socket = try one.packetSocket()
        try topology.outsideSocket().send(
            IPPacket.udp(from: address(topology.outsideAddress), 1, to: address("10.65.0.1"), 2)
                .frame(from: try topology.uplinkMACs().outside, to: try topology.uplinkMACs().host))
        #expect(try socket.receive { IPPacket($0)?.destination == address("10.65.0.1") } != nil)

        host.removeEndpoint("one")
        try host.update()
        #expect(try routes("show", "to", "root", "10.65.0.0/16") == foreign)
        #expect(try routes("get", "10.65.0.1")[0].hasPrefix("10.65.0.1 via \(topology.outsideAddress)"))
    }

    @Test func routesStandInTheConfiguredTableUnderTheConfiguredProtocol() throws {
        try topology.host.ip("rule add to 10.65.0.0/24 table 1000")
        let host = try ProgrammedHost(
            topology.host, options: DataplaneOptions(node: "host", routeProtocol: 99, routeTable: 1000))
        try host.program(ResourceText.open, endpoint)
        #expect(
            try routes("show", "proto", "99", "table", "1000") == [
                "10.65.0.1 dev cali1 scope link", "10.65.0.3 dev cali1 scope link",
                "198.51.100.1 dev cali1 scope link",
            ])
        // The gateway's stands where the kernel looks for it after every rule of the host's own.
        #expect(try routes("show", "proto", "99", "table", "main") == ["local 169.254.1.1 dev lo scope host"])
        host.removeEndpoint("one")
        try host.update()
        #expect(try routes("show", "proto", "99", "table", "all") == [])
    }

    @Test func theHostKnowsItsEndpointsWithoutAsking() throws {
        try host.program(ResourceText.open, endpoint)
        func entries() throws -> [String] {
            try topology.host.ip("-4 neighbour show dev cali1 nud permanent").split(separator: "\n")
                .map { $0.split(separator: " ").joined(separator: " ") }.sorted()
        }
        #expect(
            try entries() == ["10.65.0.1", "10.65.0.3"].map { "\($0) lladdr 02:00:00:00:00:01 PERMANENT proto 77" })
        let socket = try one.packetSocket()
        try topology.outsideSocket().send(
            IPPacket.udp(from: address(topology.outsideAddress), 1, to: address("10.65.0.3"), 2)
                .frame(from: try topology.uplinkMACs().outside, to: try topology.uplinkMACs().host))
        let first = try socket.receive { ARPPacket($0) != nil || IPPacket($0)?.destination == address("10.65.0.3") }
        #expect(first.flatMap(IPPacket.init)?.destination == address("10.65.0.3"))
        #expect(first?.destination == one.mac)
        host.removeEndpoint("one")
        try host.update()
        #expect(try entries() == [])
    }

    @Test func whatIsNotOursStaysThroughEveryOperation() throws {
        try topology.host.nft(
            """
            table inet firewall {
                set blocked {
                    type ipv4_addr; elements = { 203.0.113.66 }
                }
                chain input {
                    type filter hook input priority 10; policy accept; ip saddr @blocked drop
                }
                chain source-filter {
                    iifname "cali1" counter accept
                }
            }
            table arp other {
                chain input {
                    type filter hook input priority 10; policy accept
                }
            }
            table ip filter {
                chain INPUT {
                    type filter hook input priority 0; policy accept; jump cali-INPUT
                }
                chain cali-INPUT {
                    counter return
                }
            }
            table ip nat {
                chain POSTROUTING {
                    type nat hook postrouting priority 100; policy accept
                    ip saddr 10.99.0.0/16 counter snat to 192.0.2.1
                }
            }
            table ip margay {
                chain theirs {
                    counter
                }
            }
            """)
        try topology.host.ip(
            "route add 10.65.0.9/32 dev cali1 proto 80", "route add 10.99.0.0/16 dev cali1 table 100 proto 80",
            "neigh add 10.65.0.9 lladdr 02:00:00:00:00:09 dev cali1 nud permanent", "rule add fwmark 9 table 100")
        func foreign() throws -> [String] {
            let tables = ["inet firewall", "arp other", "ip filter", "ip nat", "ip margay"].map {
                ["nft", "-s", "list", "table"] + $0.split(separator: " ").map(String.init)
            }
            let rest = [
                ["ip", "route", "show", "10.65.0.9"], ["ip", "route", "show", "table", "100"],
                ["ip", "route", "show", "default"], ["ip", "neigh", "show", "10.65.0.9"], ["ip", "rule"],
                ["ip", "-6", "route", "show", "default"],
            ]
            return try (tables + rest).map { "\($0)\n" + (try topology.host.command($0).succeed()) }
        }
        let before = try foreign()
        func everythingIsAsBefore(after step: String) throws {
            for (now, then) in zip(try foreign(), before) { #expect(now == then, "after \(step)") }
        }

        try host.program(ResourceText.open, endpoint)
        try everythingIsAsBefore(after: "programming")
        #expect(try topology.host.execute("nft", "list", "table", "inet", "margay").exitCode == 0)
        try host.program(
            ResourceText.profile("open"),
            ResourceText.endpoint("one", "cali1", mac: nil, ["10.65.0.4"], profiles: ["x"])
        )
        try everythingIsAsBefore(after: "an update")
        host.removeEndpoint("one")
        try host.update()
        try everythingIsAsBefore(after: "removal")
        try host.program(ResourceText.open, endpoint)

        let removed = try host.cleanUp()
        try everythingIsAsBefore(after: "cleanup")
        #expect(removed.contains("table inet margay") && removed.contains("table arp margay"))
        let tables = try topology.host.command(["nft", "list", "tables"]).succeed()
        #expect(
            Set(tables.split(separator: "\n")) == [
                "table inet firewall", "table arp other", "table ip filter", "table ip nat", "table ip margay",
            ])
        #expect(try routes("show", "proto", "77") == [])
        let permanent = try topology.host.command(["ip", "-4", "neigh", "show", "nud", "permanent"]).succeed()
        #expect(!permanent.contains("proto 77"))
        // A second time there is nothing to do; and all of it can be programmed again.
        #expect(try host.cleanUp() == [])
        try host.update()
        #expect(try routes("show", "proto", "77", "dev", "cali1").count == 3)
    }

    @Test func parametersOfTheInterfaceAreSetAndOthersAreNot() throws {
        try topology.host.ip("link add other type veth peer name peer")
        func parameters(_ interface: String) throws -> [String] {
            let base = "/proc/sys/net/ipv4"
            return try topology.host.command([
                "cat", "\(base)/conf/\(interface)/proxy_arp", "\(base)/neigh/\(interface)/proxy_delay",
            ]).succeed().split(separator: "\n").map(String.init)
        }
        let before = try parameters("other")
        try host.program(ResourceText.open, endpoint)
        #expect(try parameters("cali1") == ["1", "0"])
        #expect(try parameters("other") == before)
        #expect(try topology.host.command(["cat", "/proc/sys/net/ipv4/ip_forward"]).succeed() == "1\n")
    }
}
