/// What `nft monitor` sees of somebody's changes.
final class RulesetMonitor {
    private let host: NetworkNamespace
    private let command: RunningCommand
    private let file: String
    private var markers = 0

    init(_ host: NetworkNamespace, in folder: String) throws {
        self.host = host
        file = "\(folder)/monitor-\(String(UInt32.random(in: 0 ... .max), radix: 16))"
        try writeFile(file, "")
        command = try host.command(["sh", "-c", "exec nft monitor >\(file)"]).start()
        try waitForMarker()
    }

    /// The changes so far by the transactions that made them, in their order; of each transaction a line for each
    /// object. The tables in which the agent tries what the kernel can do never come into being and do not count.
    func transactions() throws -> [[String]] {
        try waitForMarker()
        var transactions: [[String]] = []
        var current: [String] = []
        for line in try readFile(file).split(separator: "\n") {
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

    private func waitForMarker() throws {
        markers += 1
        let name = "marker-\(markers)-"
        try eventually("nft monitor to see a change") {
            try host.nft("add table ip \(name); delete table ip \(name)")
            // The last line that a transaction makes, so that all before it is complete.
            return try readFile(file).contains("delete table ip \(name)\n")
        }
    }
}

/// What `ip monitor` sees of neighbours, routes and the parameters of interfaces, in the order in which they came to be.
final class RoutingMonitor {
    private let host: NetworkNamespace
    private let command: RunningCommand
    private let file: String
    private var markers = 0

    init(_ host: NetworkNamespace, in folder: String) throws {
        self.host = host
        file = "\(folder)/routing-\(String(UInt32.random(in: 0 ... .max), radix: 16))"
        try writeFile(file, "")
        command = try host.command(["sh", "-c", "exec ip monitor neigh route netconf >\(file)"]).start()
        try waitForMarker()
    }

    func changes() throws -> [String] {
        try waitForMarker()
        return try readFile(file).split(separator: "\n").map(String.init).filter { !$0.contains("198.18.") }
    }

    private func waitForMarker() throws {
        markers += 1
        let route = "198.18.0.\(markers)"
        try eventually("ip monitor to see a change") {
            try host.ip("route replace \(route) dev lo proto static", "route delete \(route) dev lo proto static")
            return try readFile(file).contains("Deleted \(route) dev lo")
        }
    }
}
