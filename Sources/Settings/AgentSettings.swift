package import NetworkValues

/// Everything an agent can be told, with the defaults that hold when nobody says otherwise.
///
/// The property names are the keys of the configuration file; `AgentSettings.keys` ties each of them to its place in
/// the file, its environment variable and the texts it accepts.
package struct AgentSettings: Hashable, Sendable {
    /// The name this host goes by in `spec.node`; the host's name unless set.
    package var node: String
    package var source = Source()
    /// What the names of workload interfaces start with. Never empty, each 1 to 14 characters of an interface name.
    package var interfacePrefixes = ["cali"]
    /// What happens to packets of an interface that has a workload prefix and no endpoint.
    package var unknownInterfaces = UnknownInterfaces.drop
    package var chainLayout = ChainLayout.perInterface
    /// What happens to packets from a workload to the host itself, beyond the essentials.
    package var endpointToHost = EndpointToHost.drop
    /// Whether global forwarding is switched on for the families that have endpoints.
    package var manageForwarding = true
    /// Whether `ipNetworks` in files may be wider than one address.
    package var allowWideNetworks = false
    /// Whether flows that a change of policy no longer allows end, rather than only no new ones begin.
    package var conntrackOnPolicyChange = false
    /// Whether the tables are held with the flags `owner` and `persist` together, from kernel 6.9 on.
    package var lockTable = false
    package var nat = NAT()
    package var sourceFilter = SourceFilter()
    package var routes = Routes()
    /// How often everything is compared with the kernel even though nothing was heard; at least a second.
    package var resyncInterval = Duration.seconds(60)
    /// The percentage of local endpoints whose loss within 10 s is not believed at once, 0...100.
    package var massDeleteLimit = 50
    /// The number of lost endpoints below which the limit does not apply.
    package var massDeleteMinimum = 10
    /// How long a held loss must last to be believed.
    package var massDeleteHold = Duration.seconds(60)
    package var lastGood = LastGood()
    package var status = Status()
    package var http = HTTP()
    package var logging = Logging()

    package init(node: String) {
        self.node = node
    }
}

extension AgentSettings {
    package enum UnknownInterfaces: String, Hashable, Sendable, CaseIterable { case drop, ignore }
    package enum ChainLayout: String, Hashable, Sendable, CaseIterable { case perInterface, shared }
    package enum EndpointToHost: String, Hashable, Sendable, CaseIterable { case drop, accept }

    package struct NAT: Hashable, Sendable {
        /// Whether connections that a workload opens to the outside carry its external address.
        package var outbound = true
        /// Destinations to which workloads keep their internal address.
        package var excludedNetworks: [IPPrefix] = []
        /// Whether external addresses are announced to the link's neighbours.
        package var announce = false

        package init() {}
    }

    /// Which parts of the source filter look beyond MAC and IP source.
    package struct SourceFilter: Hashable, Sendable {
        package var arp = true
        package var nd = true
        package var dhcp = true

        package init() {}
    }

    package struct Routes: Hashable, Sendable {
        /// `rtm_protocol` of our routes (`linux/rtnetlink.h`), by which a later agent recognises them; 5...255.
        package var `protocol`: UInt8 = 77
        /// The routing table, 254 being `main`; never 0 or 255 (`local`).
        package var table: UInt32 = 254

        package init() {}
    }

    package struct LastGood: Hashable, Sendable {
        /// The file that accepted resources are kept in, for the next agent; nowhere when `nil`.
        package var path: String? = "/var/lib/margay/last-good.yaml"

        package init() {}
    }

    package struct Status: Hashable, Sendable {
        /// The path of the Unix socket on which the agent answers; fits `sun_path`.
        package var socket = "/run/margay/margay.sock"
        /// The group whose members may ask.
        package var group = "margay"

        package init() {}
    }

    package struct HTTP: Hashable, Sendable {
        /// Where health and metrics are served; nowhere when `nil`.
        package var listen: ListenAddress? = ListenAddress(
            address: IPAddress(family: .v4, rawValue: 0x7f00_0001), port: 9099)

        package init() {}
    }

    package struct Logging: Hashable, Sendable {
        /// The names are swift-log's.
        package enum Level: String, Hashable, Sendable, CaseIterable {
            case trace, debug, info, notice, warning, error, critical
        }
        package enum Format: String, Hashable, Sendable, CaseIterable { case text, json }

        package var level = Level.info
        package var format = Format.text

        package init() {}
    }
}
