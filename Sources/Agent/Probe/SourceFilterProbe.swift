import Dataplane
import DataplaneLinux
import Glibc
import NetworkValues
import Resources
import Routing
import SystemCalls

/// Proves the source filter by frames that it must drop, sent from the workload's end of its veth pair.
///
/// They leave from the namespace of that end by a packet socket that receives nothing; addresses, routes and sockets of
/// the workload stay as they are. Whether they were dropped is what the kernel's counters say. The workload's own
/// drops count there too, so each frame is sent several times: one that passes is missing as often.
struct SourceFilterProbe: ~Copyable {
    private var kernel: LinuxDataplane
    var routing: RoutingSocket
    private let model: DataplaneModel
    /// By the number that this namespace knows them by; `nil` before somebody asks.
    var namespaces: [Int32: String]?

    static let copies: UInt64 = 3

    /// - Throws: `NetlinkError` when the kernel cannot be talked to.
    init(_ model: DataplaneModel) throws {
        let kernel = try LinuxDataplane(options: model.options)
        let routing = try RoutingSocket()
        self.init(model, kernel: kernel, routing: routing)
    }

    private init(_ model: DataplaneModel, kernel: consuming LinuxDataplane, routing: consuming RoutingSocket) {
        self.model = model
        self.kernel = kernel
        self.routing = routing
    }

    struct Target {
        let interface: String
        let frames: [ProbeFrame]
        let peerIndex: UInt32
        let namespace: Int32?
    }

    /// Why an endpoint is left out.
    struct Obstacle: Error {
        let reason: String
    }

    /// - Throws: `NetlinkError` when the kernel cannot be read.
    mutating func run(_ keys: [ResourceKey]) throws -> [ResourceKey: ProbeOutcome] {
        var links: [String: Link] = [:]
        for link in try routing.links() { links[link.name] = link }
        var outcomes: [ResourceKey: ProbeOutcome] = [:]
        var targets: [ResourceKey: Target] = [:]
        for key in keys {
            do throws(Obstacle) {
                targets[key] = try target(key, links)
            } catch {
                outcomes[key] = .notProbed(error.reason)
            }
        }
        let suspects = try round(targets.mapValues { ($0, $0.frames) }, &outcomes)
        for (key, target) in targets where outcomes[key] == nil && !suspects.contains(key) {
            outcomes[key] = .proven(Self.sent(target.frames))
        }
        // Which of the frames it was shows when they are sent one after the other.
        var passed: [ResourceKey: [String]] = [:]
        let doubtful = targets.filter { suspects.contains($0.key) }
        for place in 0..<(doubtful.values.map(\.frames.count).max() ?? 0) {
            let frames = doubtful.filter { place < $0.value.frames.count }
            for key in try round(frames.mapValues { ($0, [$0.frames[place]]) }, &outcomes) {
                if let title = frames[key]?.frames[place].title { passed[key, default: []].append(title) }
            }
        }
        for (key, target) in doubtful where outcomes[key] == nil {
            outcomes[key] = passed[key].map { .failed($0) } ?? .proven(Self.sent(target.frames))
        }
        return outcomes
    }

    private static func sent(_ frames: [ProbeFrame]) -> [DropReason: UInt64] {
        frames.reduce(into: [:]) { $0[$1.reason, default: 0] += copies }
    }

    /// Sends the frames and returns whose counters have not grown by as many.
    private mutating func round(
        _ batch: [ResourceKey: (target: Target, frames: [ProbeFrame])], _ outcomes: inout [ResourceKey: ProbeOutcome]
    ) throws -> Set<ResourceKey> {
        guard !batch.isEmpty else { return [] }
        let before = try kernel.counters()
        var missing: [ResourceKey: [DropReason: UInt64]] = [:]
        for (key, item) in batch {
            do throws(Obstacle) {
                try send(item.frames, to: item.target)
                missing[key] = Self.sent(item.frames)
            } catch {
                outcomes[key] = .notProbed(error.reason)
            }
        }
        // Packets are judged as they arrive, on a busy machine a little later.
        for _ in 0..<100 {
            let now = try kernel.counters()
            missing = missing.filter { key, sent in
                guard let interface = batch[key]?.target.interface else { return false }
                return sent.contains { reason, count in
                    let former = before[interface]?.drops[reason] ?? 0
                    return (now[interface]?.drops[reason] ?? 0) < former + count
                }
            }
            if missing.isEmpty { break }
            usleep(20_000)
        }
        return Set(missing.keys)
    }

    private func target(_ key: ResourceKey, _ links: [String: Link]) throws(Obstacle) -> Target {
        guard let endpoint = model.endpoints[key] else { throw Obstacle(reason: "it is not local") }
        let name = endpoint.interfaceName
        guard model.claims.owner(of: name) == key else {
            throw Obstacle(reason: "interface \(name) belongs to another endpoint")
        }
        guard let link = links[name.rawValue] else { throw Obstacle(reason: "interface \(name) does not exist") }
        guard link.isRunning else {
            throw Obstacle(reason: "interface \(name) \(link.isUp ? "has no carrier" : "is down")")
        }
        guard link.kind == "veth", let peer = link.peerIndex, let hostMAC = MACAddress(octets: link.hardwareAddress)
        else {
            // The driver `tun` makes both.
            let kind = link.kind == "tun" && !link.isTUN ? "tap" : link.kind
            throw Obstacle(
                reason:
                    "\(name) is \(kind.map { "a \($0) interface" } ?? "hardware"), and only from the other end of a "
                    + "veth pair can the host send as the workload does")
        }
        let takesIPv6 = (try? Sysctl().read(.interface(.v6, name, "disable_ipv6"))) == "0"
        let subject = ProbeSubject(
            filter: MACFilter(endpoint.mac, on: InterfaceState(link).layer), hostMAC: hostMAC,
            networks: endpoint.ipNetworks.filter { model.claims.owner(of: $0) == key },
            allowedSources: endpoint.allowSpoofedSourcePrefixes, families: takesIPv6 ? [.v4, .v6] : [.v4],
            takesARP: !link.flags.contains(.noARP), options: model.options)
        return Target(
            interface: name.rawValue, frames: subject.frames, peerIndex: peer, namespace: link.peerNamespace)
    }
}
