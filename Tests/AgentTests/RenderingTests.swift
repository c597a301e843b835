import FoundationEssentials
import NetworkValues
import Resources
import Settings
import Testing

@testable import Agent

struct RenderingTests {
    private func endpoint(_ name: String, _ interface: String, node: String = "node1") throws -> Resource {
        .workloadEndpoint(
            WorkloadEndpoint(
                metadata: Metadata(name: name, namespace: "default"), node: node,
                ipNetworks: [try IPPrefix(parsing: "10.65.0.2/32")],
                ipNATs: [
                    IPNAT(
                        internalIP: try IPAddress(parsing: "10.65.0.2"),
                        externalIP: try IPAddress(parsing: "203.0.113.2"))
                ],
                profiles: ["absent"], interfaceName: try InterfaceName(parsing: interface),
                mac: .eui48(MACAddress(rawValue: 0x0200_0000_0001))))
    }

    @Test func whatIsNotInNftablesIsACommandForAShell() throws {
        let rendering = Rendering([try endpoint("web", "tap_7.100")], AgentSettings(node: "node1"))
        let commands = rendering.text.split(separator: "\n").filter { $0.hasPrefix("# ") }.map { $0.dropFirst(2) }
        for command in [
            "ip neighbour replace 10.65.0.2 lladdr 02:00:00:00:00:01 dev tap_7.100 nud permanent protocol 77",
            "ip route replace 10.65.0.2/32 dev tap_7.100 scope link proto 77",
            "ip route replace local 169.254.1.1/32 dev lo table main scope host proto 77",
            "ip route replace 203.0.113.2/32 dev tap_7.100 scope link proto 77",
            // sysctl(8) takes a slash for a dot that separates nothing.
            "sysctl net.ipv4.conf.tap_7/100.proxy_arp=1", "sysctl net.ipv4.ip_forward=1",
        ] {
            #expect(commands.contains(Substring(command)), "\(command)")
        }
        #expect(rendering.text.hasSuffix("\n"))
    }

    @Test func protocolAndTableAreThoseOfTheSettings() throws {
        var settings = AgentSettings(node: "node1")
        settings.routes.protocol = 80
        settings.routes.table = 100
        let text = Rendering([try endpoint("web", "cali1")], settings).text
        #expect(text.contains("# ip route replace 10.65.0.2/32 dev cali1 table 100 scope link proto 80\n"))
        #expect(text.contains("nud permanent protocol 80\n"))
    }

    @Test func onlyTheNodesEndpointsAreRenderedAndTheirTroublesTold() throws {
        let resources = [
            try endpoint("b", "cali1"), try endpoint("a", "cali1"), try endpoint("far", "cali9", node: "node2"),
        ]
        let rendering = Rendering(resources, AgentSettings(node: "node1"))
        #expect(rendering.endpointCount == 2)
        #expect(!rendering.text.contains("cali9"))
        #expect(rendering.notes.contains("default/a: profile absent does not exist and allows nothing"))
        #expect(rendering.notes.contains { $0.hasPrefix("default/b: conflict: interface cali1 belongs to ") })
        #expect(rendering.text == Rendering(resources.reversed(), AgentSettings(node: "node1")).text)
    }

    @Test func theTableOfASwitchedOffFilterIsDeletedAndNotMade() throws {
        var settings = AgentSettings(node: "node1")
        settings.sourceFilter.arp = false
        let text = Rendering([], settings).text
        #expect(text.contains("table arp margay; delete table arp margay\n"))
        #expect(!text.contains("table arp margay {"))
    }

    @Test func theDocumentHasTheDocumentedFields() throws {
        let rendering = Rendering([try endpoint("web", "cali1")], AgentSettings(node: "node1"))
        let document = try JSONDecoder().decode(Document.self, from: Data(try rendering.json().utf8))
        #expect(document.tables.map { "\($0.family) \($0.name)" } == ["inet margay", "arp margay"])
        let inet = try #require(document.tables.first)
        let source = try #require(inet.sets.first { $0.name == "source4" })
        #expect(source.type == "ifname . ether_addr . ipv4_addr" && source.counter && source.size == 3072)
        #expect(source.map == nil && source.flags == [])
        #expect(source.elements.map(\.key) == ["\"cali1\" . 02:00:00:00:00:01 . 10.65.0.2"])
        let to = try #require(inet.sets.first { $0.name == "to" })
        #expect(to.map == "verdict" && to.elements.first?.value == "jump to-cali1")
        let base = try #require(inet.chains.first { $0.name == "source-filter" })
        #expect(base.type == "filter" && base.hook == "prerouting" && base.priority == -450 && base.policy == "accept")
        let own = try #require(inet.chains.first { $0.name == "to-cali1" })
        #expect(own.hook == nil && own.rules.map(\.text) == ["counter goto group-1-absent-ingress"])
        let route = try #require(document.routes.first { $0.destination == "10.65.0.2/32" })
        #expect(route.device == "cali1" && route.scope == "link" && route.table == 254 && route.protocol == 77)
        #expect(route.type == "unicast" && route.metric == 0)
        #expect(document.neighbours.map(\.address) == ["10.65.0.2"])
        #expect(document.neighbours.map(\.lladdr) == ["02:00:00:00:00:01"])
        #expect(document.sysctls["net.ipv4.conf.cali1.proxy_arp"] == "1")
    }

    private struct Document: Decodable {
        struct Table: Decodable {
            let family: String
            let name: String
            let sets: [Set]
            let chains: [Chain]
        }
        struct Set: Decodable {
            let name: String
            let type: String
            let map: String?
            let flags: [String]
            let size: UInt32?
            let counter: Bool
            let elements: [Element]
        }
        struct Element: Decodable {
            let key: String
            let value: String?
        }
        struct Chain: Decodable {
            let name: String
            let type: String?
            let hook: String?
            let priority: Int?
            let policy: String?
            let rules: [Rule]
        }
        struct Rule: Decodable {
            let text: String
            let comment: String?
        }
        struct Route: Decodable {
            let destination: String
            let type: String
            let device: String
            let table: Int
            let scope: String?
            let metric: Int
            let `protocol`: Int
        }
        struct Neighbour: Decodable {
            let address: String
            let device: String
            let lladdr: String
            let `protocol`: Int
        }

        let tables: [Table]
        let routes: [Route]
        let neighbours: [Neighbour]
        let sysctls: [String: String]
    }
}
