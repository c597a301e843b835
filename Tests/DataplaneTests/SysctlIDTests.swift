import NetworkValues
import Testing

@testable import Dataplane

struct SysctlIDTests {
    private static let names = ["cali1", "cali10", "cali2", "a", "eth0.7", "cali0123456789a"]

    private static func ids() -> [SysctlID] {
        names.flatMap { SysctlID.all(of: name($0)) } + [.forwarding(.v6), .forwarding(.v4)]
    }

    @Test func aListIsSortedAsItsParameters() {
        let ids = Self.ids().shuffled()
        let sorted = SysctlID.sorted(ids.map { (key: $0, value: 0) }).map(\.key)
        #expect(sorted == ids.sorted())
        // Whose advertisements are refused comes before anything forwards, and the switches come last.
        let paths = sorted.map(\.path)
        let first = paths.prefix { $0.hasSuffix("/accept_ra") }
        #expect(
            first.count == Self.names.count * 2 && !paths.dropFirst(first.count).contains { $0.hasSuffix("/accept_ra") }
        )
        #expect(paths.suffix(2) == ["ipv4/ip_forward", "ipv6/conf/all/forwarding"])
        let forwarding = paths.filter { $0.hasPrefix("ipv4/conf/") && $0.hasSuffix("/forwarding") }
        #expect(forwarding == Self.names.sorted().map { "ipv4/conf/\($0)/forwarding" })
    }

    /// What the kernel forgets with an interface is found by the interface's name.
    @Test func allOfAnInterfacesParametersAreKnown() {
        var model = DataplaneModel(options: options)
        model.put(endpoint("w1", "cali1", ["10.65.0.1/32", "2001:db8::1/128"]))
        model.setInterface(up(7), for: name("cali1"))
        model.setHost(HostFacts())
        model.update()
        let wanted = model.tracker.sysctls.desiredKeys.filter { $0.interface != nil }
        #expect(wanted.count > 5 && Set(wanted).isSubset(of: SysctlID.all(of: name("cali1"))))
    }
}
