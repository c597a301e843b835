extension Measure {
    static let packetPath = Measure(
        name: "packets",
        about: "what a packet pays for being filtered: established, new and one-way, few endpoints and many"
    ) { settings in
        // What has conntrack and nothing else pays for the state of connections: nobody who asks for it pays less.
        let conntrack =
            "table inet c { chain f { type filter hook forward priority 0; ct state established accept; }; }"
        let hosts = try (0..<5).map { _ in try PacketHost() }
        try hosts[0].programByHand()
        try hosts[1].programByHand(conntrack)
        for (host, count, layout) in [(2, 10, "perInterface"), (3, 10_000, "perInterface"), (4, 10_000, "shared")] {
            settings.note("\(count) endpoints, \(layout)")
            try hosts[host].program(
                World.documents(count, hasNAT: false), layout: layout, margay: settings.margay)
        }
        let rounds = 100 * settings.runs
        let flows = try hosts.map { try Flow($0) }
        let fresh = try hosts.map { try Stream($0, isNewFlowEach: true) }
        let oneWay = try hosts.map { try Stream($0, isNewFlowEach: false) }
        settings.note("packets")
        return try rows("established round trip", rounds, hosts.count) { try flows[$0].roundTrips(100) }
            + rows("first packet of a flow", rounds, hosts.count) { try fresh[$0].send(50) }
            + rows("packet of a flow never answered", rounds, hosts.count) { try oneWay[$0].send(100) }
    }

    /// Every round visits all hosts: what else the machine does meets them all. A ratio is that of one round; the median counts.
    private static func rows(
        _ name: String, _ rounds: Int, _ hosts: Int, _ take: (Int) throws -> Double
    ) throws -> [Row] {
        var values = [[Double]](repeating: [], count: hosts)
        for _ in 0..<rounds {
            for host in 0..<hosts { values[host].append(try take(host)) }
        }
        func ratio(_ host: Int, to other: Int) -> Double { zip(values[host], values[other]).map { $0 / $1 }.median }
        func row(_ host: Int, _ text: String) -> Row {
            Row("\(name), \(text)", values[host].median, "ns").above(floor: values[0].median)
                .beside("conntrack alone", values[1].median)
        }
        guard name.hasPrefix("established") else {
            return [
                row(2, "10 endpoints").noting(ratio(2, to: 0)), row(3, "10000 endpoints").noting(ratio(3, to: 0)),
                row(4, "10000 endpoints, shared").noting(ratio(4, to: 0)),
            ]
        }
        return [
            row(2, "10 endpoints").noting(ratio(2, to: 0)),
            row(3, "10000 endpoints").judged(ratio(3, to: 0), atMost: 1.35, "no firewall"),
            row(3, "10000 endpoints beside 10").judged(ratio(3, to: 2), atMost: 1.05, "10 endpoints"),
            row(4, "10000 endpoints, shared").judged(ratio(4, to: 0), atMost: 1.35, "no firewall"),
        ]
    }
}
