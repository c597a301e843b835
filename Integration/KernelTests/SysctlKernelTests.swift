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
