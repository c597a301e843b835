import Glibc
import NetworkValues
import Routing
import Testing

struct SysctlKernelTests {
    let namespace: NetworkNamespace
    let sysctl = Sysctl()

    init() throws {
        namespace = try NetworkNamespace()
    }

    /// The name has a dot, which the utility sysctl(8) would take for a separator.
    @Test(arguments: ["cali1", "cali1.7"])
    func anInterfacesParametersAreWrittenAndReadBack(name: String) throws {
        try namespace.ip("link add \(name) type veth peer name peer1")
        let interface = try InterfaceName(parsing: name)
        try namespace.run {
            for key in [
                SysctlKey.interface(.v4, interface, "proxy_arp"), .interface(.v6, interface, "proxy_ndp"),
                .neighbour(.v4, interface, "proxy_delay"), .neighbour(.v6, interface, "proxy_delay"),
            ] {
                let other = try sysctl.read(key) == "0" ? "1" : "0"
                try sysctl.write(other, to: key)
                #expect(try sysctl.read(key) == other)
                #expect(try namespace.command(["cat", "/proc/sys/\(key)"]).succeed() == "\(other)\n")
            }
        }
    }

    /// The two ways to read them must not differ, for either may serve a comparison.
    @Test func whatNetlinkTellsOfAllIsWhatTheFilesSay() throws {
        for name in ["cali1", "cali2"] { try namespace.ip("link add \(name) type veth peer name p\(name)") }
        try namespace.run {
            let changed = try InterfaceName(parsing: "cali1")
            let keys: [IPFamily: [String: String]] = [
                .v4: ["forwarding": "1", "proxy_arp": "1", "rp_filter": "2", "accept_source_route": "1"],
                .v6: ["forwarding": "1", "accept_ra": "2", "proxy_ndp": "1"],
            ]
            for (family, values) in keys {
                for (key, value) in values { try sysctl.write(value, to: .interface(family, changed, key)) }
                try sysctl.write(family == .v4 ? "123" : "7", to: .neighbour(family, changed, "proxy_delay"))
            }
            var routing = try RoutingSocket()
            let settings = try routing.settings()
            for name in ["cali1", "cali2", "lo"] {
                let interface = try InterfaceName(parsing: name)
                let found = try #require(settings[name])
                for (family, values) in keys {
                    for (key, value) in values {
                        let text = try sysctl.read(.interface(family, interface, key))
                        #expect(found.configuration(family, key).map { "\($0)" } == text, "\(name) \(key)")
                        if name == "cali1" { #expect(text == value) }
                    }
                    let delay = try sysctl.read(.neighbour(family, interface, "proxy_delay"))
                    #expect(found[proxyDelay: family].map { "\($0)" } == delay, "\(name) \(family)")
                }
            }
        }
    }

    @Test func theNamespaceIsThatOfTheCallingThread() throws {
        let other = try NetworkNamespace()
        let key = SysctlKey(path: "net/ipv4/conf/default/proxy_arp")
        try namespace.run { try sysctl.write("1", to: key) }
        #expect(try namespace.run { try sysctl.read(key) } == "1")
        #expect(try other.run { try sysctl.read(key) } == "0")
    }

    @Test func aGoneInterfaceAndARefusedValueAreToldApart() throws {
        let gone = SysctlKey.interface(.v4, try InterfaceName(parsing: "cali9"), "forwarding")
        #expect(throws: SysctlError(errno: ENOENT, operation: "write 1 to", path: "/proc/sys/\(gone)")) {
            try namespace.run { try sysctl.write("1", to: gone) }
        }
        let key = SysctlKey(path: "net/ipv4/ip_forward")
        #expect(throws: SysctlError(errno: EINVAL, operation: "write on to", path: "/proc/sys/\(key)")) {
            try namespace.run { try sysctl.write("on", to: key) }
        }
    }
}
