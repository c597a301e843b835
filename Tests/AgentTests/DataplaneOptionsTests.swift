import Dataplane
import NetworkValues
import Settings
import Testing

@testable import Agent

struct DataplaneOptionsTests {
    @Test func defaultsOfSettingsAreDefaultsOfTheDataplane() {
        #expect(DataplaneOptions(AgentSettings(node: "node1")) == DataplaneOptions(node: "node1"))
    }

    @Test func everySettingThatDecidesSomethingArrives() throws {
        var settings = AgentSettings(node: "other")
        settings.interfacePrefixes = ["tap", "veth"]
        settings.unknownInterfaces = .ignore
        settings.chainLayout = .shared
        settings.endpointToHost = .accept
        settings.manageForwarding = false
        settings.nat.outbound = false
        settings.nat.excludedNetworks = [try IPPrefix(parsing: "10.0.0.0/8")]
        settings.nat.announce = true
        settings.sourceFilter.arp = false
        settings.sourceFilter.dhcp = false
        settings.routes.protocol = 80
        settings.routes.table = 100
        let expected = DataplaneOptions(
            node: "other", interfacePrefixes: ["tap", "veth"], dropsUnknownInterfaces: false, chainLayout: .shared,
            acceptsEndpointToHost: true, managesForwarding: false, natOutbound: false,
            natExcludedNetworks: [try IPPrefix(parsing: "10.0.0.0/8")], announcesExternals: true, filtersARP: false,
            filtersDHCP: false,
            routeProtocol: 80, routeTable: 100)
        #expect(DataplaneOptions(settings) == expected)
    }
}
