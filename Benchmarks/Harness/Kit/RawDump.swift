import CPeers
import Glibc
import Nftables

/// The kernel's own price of reading our tables: every dump that it takes, copied out and looked at no further than headers.
final class RawDump {
    private let descriptor: Int32
    private let requests: [[UInt8]]

    /// NFT_MSG_GETTABLE, -CHAIN, -RULE, -SET, -SETELEM (linux/netfilter/nf_tables.h).
    private enum Kind: UInt8 {
        case table = 1, chain = 4, rule = 7, set = 10, elements = 13
    }

    /// - Parameter sets: All sets of the tables.
    init(_ sets: [(table: Table, name: String)]) throws {
        descriptor = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 12)
        guard descriptor >= 0 else { throw HarnessError.system("open a netlink socket") }
        var size: Int32 = 8 << 20
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &size, socklen_t(MemoryLayout<Int32>.size))
        // NFTA_*_TABLE is 1, NFTA_SET_ELEM_LIST_SET 2.
        let tables = Set(sets.map(\.table)).flatMap { table in
            [Kind.table, .chain, .rule, .set].map { Self.request($0, table, [(1, table.name)]) }
        }
        requests = tables + sets.map { Self.request(.elements, $0.table, [(1, $0.table.name), (2, $0.name)]) }
    }

    deinit { close(descriptor) }

    /// - Returns: What it took, and how many objects came; elements come several to one.
    func cost() throws -> (cost: Cost, objects: Int) {
        var objects = 0
        let cost = try Cost.of {
            for request in requests {
                let count = cpeers_dump(descriptor, request, request.count)
                guard count >= 0 else { throw HarnessError.system("dump") }
                objects += count
            }
        }
        return (cost, objects)
    }

    private static func request(_ kind: Kind, _ table: Table, _ names: [(UInt8, String)]) -> [UInt8] {
        var attributes: [UInt8] = []
        for (type, name) in names {
            let length = 4 + name.utf8.count + 1
            attributes += [UInt8(length), 0, type, 0] + Array(name.utf8)
            attributes += [UInt8](repeating: 0, count: 1 + (4 - length % 4) % 4)
        }
        let length = 20 + attributes.count
        // NLM_F_REQUEST | NLM_F_DUMP
        let flags: [UInt8] = [1, 3]
        return [UInt8(length & 0xff), UInt8(length >> 8), 0, 0, kind.rawValue, 10] + flags
            + [1, 0, 0, 0, 0, 0, 0, 0, table.family.rawValue, 0, 0, 0] + attributes
    }
}
