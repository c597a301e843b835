package import Dataplane
import Glibc
package import Netlink
import Nftables
import NftablesNetlink
import Routing

/// Something that the kernel must be able to do, and what to do when it is not.
package struct MissingFeature: Error, Hashable, Sendable, CustomStringConvertible {
    package let feature: String
    package let remedy: String
    /// What the kernel said.
    package let cause: String

    package var description: String { "this kernel lacks \(feature) (\(cause)): \(remedy)" }
}

extension LinuxDataplane {
    /// Tries every necessity of the ruleset on a table that exists only within the transaction that makes it, so that
    /// nothing is programmed half before something is found missing.
    ///
    /// - Parameter options: What is going to be programmed; what this was made for when `nil`.
    /// - Returns: What is missing; empty when all is there.
    /// - Throws: ``NetlinkError`` when nf_tables cannot be asked at all, for want of rights for example.
    package mutating func missingFeatures(
        for options: DataplaneOptions? = nil
    ) throws(NetlinkError) -> [MissingFeature] {
        do throws(NetlinkError) {
            _ = try nftables.generation()
        } catch {
            // Without the module nobody answers for the nf_tables subsystem.
            guard [EINVAL, EOPNOTSUPP].contains(error.errno) else { throw error }
            return [
                MissingFeature(
                    feature: "nf_tables", remedy: "load the module nf_tables (CONFIG_NF_TABLES), kernel 5.10 or later",
                    cause: "\(error)")
            ]
        }
        let options = options ?? self.options
        var missing: [MissingFeature] = []
        for probe in Probe.all where options.filtersARP || probe.family != .arp {
            do throws(CommitError) {
                try nftables.commit(probe.transaction)
            } catch {
                if case .refused(let refusal) = error,
                    refusal.failures.allSatisfy({ $0.error.errno == EPERM }), let first = refusal.failures.first
                {
                    throw first.error
                }
                missing.append(
                    MissingFeature(feature: probe.feature, remedy: probe.remedy, cause: "\(error)"))
            }
        }
        return missing
    }
}

private struct Probe {
    let feature: String
    let remedy: String
    let family: TableFamily
    let transaction: Transaction

    private init(
        _ feature: String, _ remedy: String, _ family: TableFamily, _ operations: (Table) -> [Transaction.Operation]
    ) {
        self.feature = feature
        self.family = family
        self.remedy = remedy
        let table = Table(family, "margay-probe")
        var transaction = Transaction()
        transaction.append(.addTable(table))
        for operation in operations(table) {
            transaction.append(operation)
        }
        transaction.append(.deleteTable(table))
        self.transaction = transaction
    }

    static let all: [Probe] = [
        Probe("inet tables", "it needs CONFIG_NF_TABLES_INET", .inet) {
            [.addChain($0, Chain("c", base: BaseChain(.filter, hook: .prerouting, priority: -450)))]
        },
        Probe("arp tables", "it needs CONFIG_NF_TABLES_ARP; or set sourceFilter.arp to false", .arp) {
            [.addChain($0, Chain("c", base: BaseChain(.filter, hook: .input, priority: 0)))]
        },
        Probe("counters in set elements", "it needs kernel 5.7 or later", .inet) {
            [.addSet($0, NamedSet("s", key: [.interfaceName, .etherAddress], size: 8, hasCounters: true))]
        },
        Probe("interval sets", "it needs kernel 5.10 or later", .inet) {
            [.addSet($0, NamedSet("s", key: [.ipv4Address], isInterval: true))]
        },
        Probe("interval sets of concatenations", "it needs kernel 5.6 or later", .inet) {
            [.addSet($0, NamedSet("s", key: [.interfaceName, .ipv6Address], isInterval: true))]
        },
        Probe("conntrack matches", "load the module nft_ct (CONFIG_NFT_CT)", .inet) {
            [
                .addChain($0, Chain("c")),
                .addRule(
                    $0, chain: "c", Rule(.match(.conntrackState(.invalid)), .verdict(.drop)).compiled(in: .inet)),
            ]
        },
        Probe("nat chains in inet tables", "load the module nft_chain_nat (CONFIG_NFT_NAT, kernel 5.2 or later)", .inet)
        {
            [
                .addChain($0, Chain("c", base: BaseChain(.nat, hook: .postrouting, priority: 100))),
                .addSet($0, NamedSet("m", key: [.ipv4Address], mapping: .data([.ipv4Address]), size: 8)),
                .addRule(
                    $0, chain: "c",
                    Rule(.translate(.source, .ipv4, [.ipv4Source], map: "m")).compiled(in: .inet)),
            ]
        },
    ]
}
