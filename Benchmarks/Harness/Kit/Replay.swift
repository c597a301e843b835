import CLinux
import Dataplane
import Glibc
import Nftables
import NftablesNetlink

/// The kernel's own price of transactions: their bytes, sent again as they are, and nothing else.
final class Replay {
    private let descriptor: Int32

    /// In the network namespace of this thread. Keep it: closing waits until the kernel has freed what was deleted over it.
    init() throws {
        // NETLINK_NETFILTER
        descriptor = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 12)
        guard descriptor >= 0 else { throw HarnessError.system("open a netlink socket") }
    }

    deinit { close(descriptor) }

    func cost(of transactions: [[UInt8]]) throws -> Cost {
        var size = Int32(transactions.map(\.count).max() ?? 0) + 4096
        guard setsockopt(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, &size, socklen_t(MemoryLayout<Int32>.size)) == 0 else {
            throw HarnessError.system("SO_SNDBUFFORCE")
        }
        return try Cost.of {
            for bytes in transactions {
                guard send(descriptor, bytes, bytes.count, 0) == bytes.count else { throw HarnessError.system("send") }
                // The last message asks for an answer, which is the only one unless the kernel refuses something.
                var answer = [UInt8](repeating: 0, count: 4096)
                let length = recv(descriptor, &answer, answer.count, 0)
                guard length >= 20 else { throw HarnessError.system("recv") }
                let error = answer.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 16, as: Int32.self) }
                guard error == 0 else { throw HarnessError("replay: \(String(cString: strerror(-error)))") }
            }
        }
    }
}

extension Plan {
    /// What this plan sends to nf_tables, transaction by transaction.
    func nftablesTransactions() throws -> [[UInt8]] {
        try transactions.filter { !$0.isEmpty }.map { try $0.bytes() }
    }
}
