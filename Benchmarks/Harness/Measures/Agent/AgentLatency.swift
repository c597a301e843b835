import Glibc
import NetworkValues
import Routing

extension Measure {
    static let eventToPacket = Measure(
        name: "event",
        about: "an endpoint's file is renamed, until its route is in the kernel and until its packet passes"
    ) { settings in
        try [100, 1000].flatMap { present in
            settings.note("\(present) endpoints present")
            let changes = 15 * settings.runs
            let scene = try AgentScene(present, interfaces: present + changes, margay: settings.margay)
            try scene.start()
            return try AgentLatency(scene, present, changes).rows()
        }
    }
}

/// What an endpoint waits for that is added to others.
struct AgentLatency {
    private let scene: AgentScene
    private let present: Int
    private let changes: Int
    /// So many are not counted.
    private let warmUp = 5

    /// - Parameter changes: For so many more endpoints than are present there are interfaces.
    init(_ scene: AgentScene, _ present: Int, _ changes: Int) {
        (self.scene, self.present, self.changes) = (scene, present, changes)
    }

    /// The workload sends all the time, as one does that waits for its network: the first packet that arrives ends the wait.
    func rows() throws -> [Row] {
        var (routes, packets): ([Double], [Double]) = ([], [])
        let outside = try scene.outside.within { try Listener("eth0") }
        for change in 1...changes {
            let number = present + change
            let draft = try scene.folder.draft(World.endpoint(number, hasNAT: false), as: "w\(number).yaml")
            let workload = try scene.network.within { try Listener("peer\(number)") }
            let text = frame(ofEndpoint: number)
            let source = Array(text[26..<30])
            var monitor = try scene.network.within { try RouteMonitor() }
            var route: Double?
            var packet: Double?
            let start = Stopwatch()
            try scene.folder.publish(draft, as: "w\(number).yaml")
            while route == nil || packet == nil {
                guard start.seconds < 20 else { throw HarnessError("endpoint \(number) is not served") }
                if route == nil, try monitor.hears(source) { route = start.seconds }
                if packet == nil {
                    try workload.send(text)
                    if outside.hasHeard(from: source) { packet = start.seconds }
                }
                // The agent has the other processor; what is shared with other machines is not taken from it.
                usleep(50)
            }
            if change > warmUp {
                routes.append((route ?? 0) * 1000)
                packets.append((packet ?? 0) * 1000)
            }
            usleep(20_000)
        }
        let words = "\(present) present"
        func row(_ name: String, _ values: [Double], _ fraction: Double, _ limit: Double) -> Row {
            let row = Row("\(name), \(words), \(fraction == 0.5 ? "p50" : "p99")", values.quantile(fraction), "ms")
            return present == 1000 ? row.atMost(limit) : row
        }
        return [
            Row("file renamed to route in the kernel, \(words), p50", routes.median, "ms"),
            Row("file renamed to route in the kernel, \(words), p99", routes.quantile(0.99), "ms"),
            row("file renamed to first packet", packets, 0.5, 20),
            row("file renamed to first packet", packets, 0.99, 60),
        ]
    }
}

extension RouteMonitor {
    /// Whether a route to this address was announced since.
    fileprivate mutating func hears(_ address: [UInt8]) throws -> Bool {
        try events().contains { event in
            if case .route(let route, removed: false) = event {
                route.destination.address.octets == address
            } else {
                false
            }
        }
    }
}
