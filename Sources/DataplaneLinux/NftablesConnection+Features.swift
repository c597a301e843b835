import Dataplane
import Glibc
package import Netlink
import Nftables
package import NftablesNetlink

extension NftablesConnection {
    /// Whether the kernel takes a rule that logs, which it does once nft_log and a logger for each family are there:
    /// it loads them for such a rule, if it can. Nothing is programmed.
    ///
    /// - Throws: ``NetlinkError`` when the kernel cannot be asked, for want of rights for example.
    package mutating func canLog() throws(NetlinkError) -> Bool {
        // Whatever is the matter: a rule that logs would have failed as well, and everything beside it.
        try takes { table in
            [
                .addTable(table), .addChain(table, Chain("c")),
                .addRule(
                    table, chain: "c",
                    Rule(.limit(perSecond: 10, burst: 5), .log(prefix: "margay ")).compiled(in: .inet)),
            ]
        }
    }

    /// Whether the kernel knows tables that have an owner and outlive it. Nothing is programmed.
    ///
    /// - Throws: ``NetlinkError`` when the kernel cannot be asked, for want of rights for example.
    package mutating func canLockTables() throws(NetlinkError) -> Bool {
        try takes { [.addTable($0, TableState.locked.flags)] }
    }

    private mutating func takes(_ operations: (Table) -> [Transaction.Operation]) throws(NetlinkError) -> Bool {
        var transaction = Transaction()
        for operation in operations(Table(.inet, "margay-probe")) {
            transaction.append(operation)
        }
        do throws(CommitError) {
            try check(transaction)
            return true
        } catch {
            switch error {
            case .refused(let refusal):
                for failure in refusal.failures where failure.error.errno == EPERM { throw failure.error }
                return false
            case .unknown(let error), .notSent(let error): throw error
            }
        }
    }
}

extension LinuxDataplane {
    /// Asked once: no kernel learns it while it runs.
    mutating func canLockTables() throws(NetlinkError) -> Bool {
        if let knownLocking { return knownLocking }
        let answer = try nftables.canLockTables()
        knownLocking = answer
        return answer
    }
}
