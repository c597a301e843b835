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
        let table = Table(.inet, "margay-probe")
        var transaction = Transaction()
        transaction.append(.addTable(table))
        transaction.append(.addChain(table, Chain("c")))
        transaction.append(.addRule(table, chain: "c", Rule(.log(prefix: "margay ")).compiled(in: .inet)))
        do throws(CommitError) {
            try check(transaction)
            return true
        } catch {
            switch error {
            case .refused(let refusal):
                for failure in refusal.failures where failure.error.errno == EPERM { throw failure.error }
                // Whatever is the matter: a rule that logs would have failed as well, and everything beside it.
                return false
            case .unknown(let error), .notSent(let error): throw error
            }
        }
    }
}
