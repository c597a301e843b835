import Dataplane
import DataplaneLinux
import Glibc
import NetworkValues
import Resources
import Routing

/// A host that is programmed in process from resource texts, by the steps of the agent's loop and without an agent.
final class ProgrammedHost {
    let namespace: NetworkNamespace
    private var model: DataplaneModel
    private var kernel: LinuxDataplane
    private let reader = ResourceReader(allowWideNetworks: true)

    init(_ namespace: NetworkNamespace, options: DataplaneOptions = DataplaneOptions(node: "host")) throws {
        self.namespace = namespace
        model = DataplaneModel(options: options)
        kernel = try namespace.run { try LinuxDataplane(options: options) }
    }

    /// Takes the texts, then ``update()``.
    func program(_ texts: String...) throws {
        try take(texts)
        try update()
    }

    /// Takes resources that must all be good, in place of their former versions.
    func take(_ texts: [String]) throws {
        for document in texts.flatMap({ reader.documents(in: Array($0.utf8), file: "test") }) {
            guard case .accepted(let resource) = document.outcome else { throw TestKitError("\(document)") }
            model.put(resource)
        }
    }

    func removeEndpoint(_ name: String, namespace: String = "default") {
        model.remove(ResourceKey(kind: .workloadEndpoint, namespace: namespace, name: name))
    }

    func removeProfile(_ name: String) {
        model.remove(ResourceKey(kind: .profile, namespace: nil, name: name))
    }

    /// Makes the kernel agree with all that was taken; an error when it refuses anything, or reads back otherwise.
    func update() throws {
        let left = try update {}
        guard !model.tracker.hasPending else { throw TestKitError("not in the kernel: \(left)") }
    }

    /// The same, but somebody does something before it is read back; returns what is then still to be done.
    func update(disturbedBy body: () throws -> Void) throws -> Plan {
        try namespace.run {
            let found = try kernel.interfaces()
            for name in model.interfaces.keys where found[name] == nil { model.setInterface(nil, for: name) }
            for (name, state) in found { model.setInterface(state, for: name) }
            model.setHost(try kernel.hostFacts(model.hostQuestion))
            model.update()
            model.observe(try kernel.snapshot(model.tracker))
            let plan = Planner.plan(model.tracker)
            let report = kernel.execute(plan, &model.tracker)
            guard report.isClean else { throw TestKitError("\(report)") }
            try body()
            try kernel.verify(plan, &model.tracker)
            return Planner.plan(model.tracker)
        }
    }

    /// How an endpoint stands, and what a person should know about the host.
    func state(of name: String, namespace: String = "default") throws -> EndpointState {
        let key = ResourceKey(kind: .workloadEndpoint, namespace: namespace, name: name)
        guard let state = model.state(of: key) else { throw TestKitError("no endpoint \(namespace)/\(name)") }
        return state
    }

    var notices: [String] { model.notices }

    /// Removes everything of ours; returns a line for each thing.
    func cleanUp() throws -> [String] {
        try namespace.run { try kernel.cleanup() }
    }

    /// Everything, read anew.
    func snapshot() throws -> DataplaneSnapshot {
        var tracker = model.tracker
        tracker.generation = nil
        return try namespace.run { try kernel.snapshot(tracker) }
    }

    /// Whether a comparison would pass over the tables, nobody having committed anything since all of them were read.
    func hasKnownTables() throws -> Bool {
        try namespace.run { try kernel.snapshot(model.tracker).hasKnownTables }
    }

    /// Reads what of the tables somebody may have changed; returns where it differs from what was believed.
    func look(at touched: TouchedObjects) throws -> [Drift] {
        try namespace.run { try kernel.observe(touched, &model.tracker) }
    }

    func counters() throws -> [String: InterfaceCounters] {
        try namespace.run { try kernel.counters() }
    }

    // MARK: What nft shows

    func ruleset() throws -> String {
        try namespace.command(["nft", "list", "ruleset"]).succeed()
    }

    /// What of an interface was dropped, by reason as the sets are named (`mac`, `policy-to`; `arp` for the ARP
    /// table's).
    func drops(of interface: String) throws -> [String: Int] {
        var drops: [String: Int] = [:]
        var set = ""
        for line in try ruleset().split(separator: "\n") {
            let words = line.split(whereSeparator: \.isWhitespace)
            if words.count == 3, words[2] == "{", words[0] != "table" { set = String(words[1]) }
            guard set.hasPrefix("drops"), let count = Self.number(after: "\"\(interface)\" counter packets ", line)
            else { continue }
            if count > 0 { drops[set == "drops" ? "arp" : String(set.dropFirst(6))] = count }
        }
        return drops
    }

    /// The same, polled until it is as expected, or for two seconds.
    func drops(of interface: String, expecting expected: [String: Int]) throws -> [String: Int] {
        try eventually(expected) { try drops(of: interface) }
    }

    /// The packets that the rules of a chain have counted, in the rules' order.
    func counts(in chain: String, table: String = "inet margay") throws -> [Int] {
        try namespace.command(["nft", "list", "chain"] + table.split(separator: " ").map(String.init) + [chain])
            .succeed().split(separator: "\n").compactMap { Self.number(after: "counter packets ", $0) }
    }

    /// The same, polled until they are as expected, or for two seconds.
    func counts(in chain: String, table: String = "inet margay", expecting expected: [Int]) throws -> [Int] {
        try eventually(expected) { try counts(in: chain, table: table) }
    }

    private static func number(after text: String, _ line: Substring) -> Int? {
        line.firstRange(of: text).flatMap { Int(line[$0.upperBound...].prefix { $0.isNumber }) }
    }
}

/// Reads again until what is read is as expected, for two seconds at most; returns what was read last.
func eventually<Value: Equatable>(_ expected: Value, _ read: () throws -> Value) rethrows -> Value {
    try eventually(until: { $0 == expected }, read)
}

/// Reads again until what is read fits, for two seconds at most; returns what was read last.
func eventually<Value>(until fits: (Value) -> Bool, _ read: () throws -> Value) rethrows -> Value {
    let deadline = ContinuousClock.now + .seconds(2)
    while true {
        let value = try read()
        if fits(value) || ContinuousClock.now > deadline { return value }
        usleep(10_000)
    }
}

/// Resources as people write them.
enum ResourceText {
    /// - Parameter more: Another line of the specification.
    static func endpoint(
        _ name: String, _ interface: String, mac: String?, _ addresses: [String], nats: [(String, String)] = [],
        profiles: [String] = ["open"], more: String = ""
    ) -> String {
        let networks = addresses.map { "\"\($0)\"" }.joined(separator: ", ")
        let mappings = nats.map { "{internalIP: \($0.0), externalIP: \($0.1)}" }.joined(separator: ", ")
        return """
            apiVersion: projectcalico.org/v3
            kind: WorkloadEndpoint
            metadata: {name: \(name), namespace: default}
            spec:
              node: host
              interfaceName: \(interface)
              \(mac.map { "mac: \"\($0)\"" } ?? "endpoint: eth0")
              ipNetworks: [\(networks)]
              ipNATs: [\(mappings)]
              profiles: [\(profiles.joined(separator: ", "))]
              \(more)
            """
    }

    /// - Parameters:
    ///   - ingress: The rules, as the content of a YAML list in flow style.
    static func profile(
        _ name: String, ingress: String = "", egress: String = "", apiVersion: String = "projectcalico.org/v3"
    ) -> String {
        """
        apiVersion: \(apiVersion)
        kind: Profile
        metadata: {name: "\(name)"}
        spec: {ingress: [\(ingress)], egress: [\(egress)]}
        """
    }

    static let open = profile("open", ingress: "{action: Allow}", egress: "{action: Allow}")
}

extension Topology {
    /// A workload from which nothing leaves that the test does not send: without addresses its kernel neither asks nor
    /// answers, not even with a reset.
    func addSilentWorkload(interfaceName: String, mac: String) throws -> Workload {
        let workload = try addWorkload(interfaceName: interfaceName, mac: mac, addresses: [])
        try workload.withoutIPv6()
        return workload
    }

    func outsideSocket() throws -> PacketSocket {
        try outside.run { try PacketSocket(interface: "eth0") }
    }

    /// The addresses of the host's and the outside's ends of the uplink.
    func uplinkMACs() throws -> (host: MACAddress, outside: MACAddress) {
        func address(_ namespace: NetworkNamespace) throws -> MACAddress {
            let text = try namespace.command(["cat", "/sys/class/net/eth0/address"]).succeed()
            return try MACAddress(text: String(text.split(separator: "\n")[0]))
        }
        return (try address(host), try address(outside))
    }
}

extension Workload {
    /// Stops the kernel's own router solicitations and multicast reports, which the filter would count.
    func withoutIPv6() throws {
        try namespace.run { try Sysctl().write("1", to: SysctlKey(path: "net/ipv6/conf/all/disable_ipv6")) }
    }

    /// Sends a packet to the host's end, with the workload's own MAC unless another is given.
    func frame(_ packet: IPPacket, from source: MACAddress? = nil) -> Frame {
        packet.frame(from: source ?? mac, to: hostMAC)
    }
}

extension PacketSocket {
    /// The IP packets that came up to the first that fits; an error when none does.
    func packets(upTo isLast: (IPPacket) -> Bool) throws -> [IPPacket] {
        var packets: [IPPacket] = []
        let last = try receive { frame in
            guard let packet = IPPacket(frame) else { return false }
            packets.append(packet)
            return isLast(packet)
        }
        guard last != nil else { throw TestKitError("only these came: \(packets)") }
        return packets
    }
}

extension IPPacket {
    /// The ports of TCP, UDP and SCTP.
    var ports: (source: UInt16, destination: UInt16)? {
        guard [6, 17, 132].contains(self.protocol), payload.count >= 4, fragment.offset == 0 else { return nil }
        return (UInt16(payload[0]) << 8 | UInt16(payload[1]), UInt16(payload[2]) << 8 | UInt16(payload[3]))
    }
}

/// An address written in a test.
func address(_ text: String) -> IPAddress { try! IPAddress(parsing: text) }
