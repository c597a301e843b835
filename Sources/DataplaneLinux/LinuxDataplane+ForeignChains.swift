import Dataplane
import Glibc
package import Netlink
package import NetworkValues
package import Nftables
import NftablesNetlink

extension LinuxDataplane {
    /// The base chains of all other programs in this network namespace, whatever they do: for
    /// ``ForeignChain/judge(_:families:)``. Costs about 0.1 us for each chain of the ruleset.
    package mutating func foreignBaseChains() throws(NetlinkError) -> [HookedChain] {
        try nftables.baseChains(except: Table.owned)
    }

    /// Families for which iptables-legacy, which nftables knows nothing of, has a filter table. Whether anything is in it
    /// is not known here. Only root is told.
    package static var legacyFilters: Set<IPFamily> {
        Set(
            IPFamily.allCases.filter { family in
                guard let names = names(in: "/proc/thread-self/net/\(family == .v4 ? "ip" : "ip6")_tables_names") else {
                    return false
                }
                return names.contains("filter")
            })
    }

    private static func names(in path: String) -> [Substring]? {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { Glibc.close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 1024)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self).split(separator: "\n")
    }
}
