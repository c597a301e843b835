package import Dataplane
package import Settings

extension DataplaneOptions {
    /// What of the settings decides how endpoints are programmed.
    package init(_ settings: AgentSettings) {
        self.init(
            node: settings.node, interfacePrefixes: settings.interfacePrefixes,
            dropsUnknownInterfaces: settings.unknownInterfaces == .drop,
            chainLayout: settings.chainLayout == .shared ? .shared : .perInterface,
            acceptsEndpointToHost: settings.endpointToHost == .accept, managesForwarding: settings.manageForwarding,
            natOutbound: settings.nat.outbound, natExcludedNetworks: settings.nat.excludedNetworks,
            announcesExternals: settings.nat.announce, filtersARP: settings.sourceFilter.arp,
            filtersND: settings.sourceFilter.nd, filtersDHCP: settings.sourceFilter.dhcp,
            judgesRunningFlows: settings.conntrackOnPolicyChange,
            locksTables: settings.lockTable, routeProtocol: settings.routes.protocol, routeTable: settings.routes.table)
    }
}
