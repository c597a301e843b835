/// A program that writes down what it sees of somebody's changes, in the order in which they came to be.
private final class ChangeLog {
    private let host: NetworkNamespace
    private let command: RunningCommand
    private let file: String
    /// Makes and undoes a change that is told from all others by its number; returns what the program says of its end.
    private let mark: (NetworkNamespace, Int) throws -> String
    private var markers = 0

    init(
        _ host: NetworkNamespace, _ program: String, in folder: String,
        mark: @escaping (NetworkNamespace, Int) throws -> String
    ) throws {
        self.host = host
        self.mark = mark
        file = "\(folder)/monitor-\(String(UInt32.random(in: 0 ... .max), radix: 16))"
        try writeFile(file, "")
        command = try host.command(["sh", "-c", "exec \(program) >\(file)"]).start()
        _ = try lines()
    }

    /// All so far.
    func lines() throws -> [Substring] {
        markers += 1
        try eventually("the monitor to see a change") {
            let end = try mark(host, markers)
            return try readFile(file).contains(end)
        }
        return try readFile(file).split(separator: "\n")
    }
}

/// What `nft monitor` sees of somebody's changes.
final class RulesetMonitor {
    private let log: ChangeLog

    init(_ host: NetworkNamespace, in folder: String) throws {
        log = try ChangeLog(host, "nft monitor", in: folder) { host, number in
            let name = "marker-\(number)-"
            try host.nft("add table ip \(name); delete table ip \(name)")
            // The last line that a transaction makes, so that all before it is complete.
            return "delete table ip \(name)\n"
        }
    }

    /// The changes so far by the transactions that made them, in their order; of each transaction a line for each
    /// object. The tables in which the agent tries what the kernel can do never come into being and do not count.
    func transactions() throws -> [[String]] {
        var transactions: [[String]] = []
        var current: [String] = []
        for line in try log.lines() {
            if line.hasPrefix("# new generation") {
                if !current.isEmpty { transactions.append(current) }
                current = []
            } else if !line.hasPrefix("#"), !line.contains(" marker-"), !line.contains(" margay-probe") {
                current.append(String(line))
            }
        }
        return transactions
    }

    /// The same without regard to transactions.
    func changes() throws -> [String] { try transactions().flatMap { $0 } }
}

/// What `ip monitor` sees of neighbours, routes and the parameters of interfaces, in the order in which they came to be.
final class RoutingMonitor {
    private let log: ChangeLog

    init(_ host: NetworkNamespace, in folder: String) throws {
        log = try ChangeLog(host, "ip monitor neigh route netconf", in: folder) { host, number in
            let route = "198.18.0.\(number)"
            try host.ip("route replace \(route) dev lo proto static", "route delete \(route) dev lo proto static")
            return "Deleted \(route) dev lo"
        }
    }

    func changes() throws -> [String] {
        try log.lines().map(String.init).filter { !$0.contains("198.18.") }
    }
}
