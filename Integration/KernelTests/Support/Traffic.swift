import CLinux
import Glibc
import NetworkValues
import Synchronization

/// Packets that flow without pause while something changes: some that must pass, others that never may.
///
/// Each stream is a UDP flow with a port of its own and stays unanswered, so that every packet of it is judged as new.
/// Arrivals are counted by the receivers' kernels as the packets leave the link, so that no full buffer hides one.
final class Traffic {
    /// Frames of one kind.
    struct Stream: Sendable {
        let sender: NetworkNamespace
        /// The frame with this destination port; sent from the namespace's `eth0`.
        let frame: @Sendable (UInt16) -> Frame
    }

    private let names: [String]
    private let flows: [Flow]
    private let senders: [Sender]
    private static let firstPort: UInt16 = 7001

    convenience init(_ streams: KeyValuePairs<String, Stream>, seenBy receivers: [NetworkNamespace]) throws {
        try self.init(streams.map { ($0.key, $0.value) }, seenBy: receivers)
    }

    init(_ streams: [(name: String, stream: Stream)], seenBy receivers: [NetworkNamespace]) throws {
        names = streams.map(\.name)
        let counting = names.indices.map { "udp dport \(Self.port($0)) counter drop" }.joined(separator: "\n")
        for receiver in receivers {
            try receiver.nft(
                """
                table netdev traffic {
                    chain arrivals {
                        type filter hook ingress device "eth0" priority 0
                        \(counting)
                    }
                }
                """)
        }
        flows = streams.enumerated().map { Flow($1.stream, port: Self.port($0)) }
        senders = Dictionary(grouping: flows) { $0.stream.sender.name }.values.map(Sender.init)
        for sender in senders { try sender.start() }
        try eventually("packets of every stream") { [flows] in flows.allSatisfy { $0.sent > 20 } }
    }

    deinit {
        for sender in senders { sender.stop() }
    }

    private static func port(_ index: Int) -> UInt16 { firstPort + UInt16(index) }

    private func index(_ name: String) throws -> Int {
        guard let index = names.firstIndex(of: name) else { throw TestKitError("no stream \(name)") }
        return index
    }

    /// How many packets of the streams were sent so far.
    func sent(_ names: String...) throws -> Int { try names.reduce(0) { $0 + flows[try index($1)].sent } }

    /// How many packets of the stream came out of the namespace's `eth0` so far.
    func arrived(_ name: String, at receiver: NetworkNamespace) throws -> Int {
        let rule = "dport \(Self.port(try index(name))) counter packets "
        let chain = try receiver.command(["nft", "list", "chain", "netdev", "traffic", "arrivals"]).succeed()
        guard let place = chain.firstRange(of: rule), let count = Int(chain[place.upperBound...].prefix { $0.isNumber })
        else { throw TestKitError("\(receiver.name) counts no \(name): \(chain)") }
        return count
    }

    /// Waits until more packets of the stream have been sent and, at a receiver, have arrived.
    func waitForMore(_ name: String, at receiver: NetworkNamespace? = nil) throws {
        let (sent, arrived) = (try sent(name), try receiver.map { try self.arrived(name, at: $0) })
        try eventually("more packets of \(name)") {
            try self.sent(name) > sent + 20
                && (receiver.map { try self.arrived(name, at: $0) } ?? 0) > (arrived.map { $0 + 20 } ?? -1)
        }
    }

    /// Stops every stream.
    func stop() {
        for sender in senders { sender.stop() }
    }

    /// How many packets of stopped streams did not come, once those under way have; those of which all came are left
    /// out.
    func lost(_ names: [String], at receiver: NetworkNamespace) throws -> [String: Int] {
        try KernelTests.eventually([:]) {
            try names.reduce(into: [:]) { lost, name in
                let missing = try sent(name) - arrived(name, at: receiver)
                if missing > 0 { lost[name] = missing }
            }
        }
    }

    /// How many packets came of streams that must never come; those of which none came are left out.
    func leaked(_ names: [String], at receiver: NetworkNamespace) throws -> [String: Int] {
        try names.reduce(into: [:]) { leaked, name in
            let count = try arrived(name, at: receiver)
            if count > 0 { leaked[name] = count }
        }
    }
}

/// A stream under way.
private final class Flow: Sendable {
    let stream: Traffic.Stream
    let frame: Frame
    private let count = Atomic(0)

    init(_ stream: Traffic.Stream, port: UInt16) {
        self.stream = stream
        frame = stream.frame(port)
    }

    var sent: Int { count.load(ordering: .sequentiallyConsistent) }

    func countSent() { count.add(1, ordering: .sequentiallyConsistent) }
}

/// A thread that sends the frames of one namespace's streams over and over, on the next interface of that name when one
/// goes.
private final class Sender: Sendable {
    private let flows: [Flow]
    private let isStopped = Atomic(false)
    private let thread = Mutex<pthread_t?>(nil)

    init(_ flows: [Flow]) {
        self.flows = flows
    }

    func start() throws {
        var created = pthread_t()
        let result = pthread_create(
            &created, nil,
            { argument in
                Unmanaged<Sender>.fromOpaque(argument!).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        guard result == 0 else { throw TestKitError("cannot start a thread: errno \(result)") }
        thread.withLock { $0 = created }
    }

    func stop() {
        isStopped.store(true, ordering: .sequentiallyConsistent)
        let running = thread.withLock { $0.take() }
        if let running { pthread_join(running, nil) }
    }

    private func run() {
        guard flows[0].stream.sender.enter() else { return }
        while !isStopped.load(ordering: .sequentiallyConsistent) {
            if let socket = try? PacketSocket(interface: "eth0") { send(socket) }
            usleep(1000)
        }
    }

    /// Until it is stopped, or the interface is gone or down; then nothing counts as sent.
    private func send(_ socket: consuming PacketSocket) {
        while !isStopped.load(ordering: .sequentiallyConsistent) {
            for flow in flows {
                do { try socket.send(flow.frame) } catch { return }
                flow.countSent()
            }
            usleep(200)
        }
    }
}

extension Workload {
    /// A stream of this workload, with its own MAC unless another is given.
    func stream(from source: String, to destination: String, mac: String? = nil) -> Traffic.Stream {
        let sender = mac.map { try! MACAddress(text: $0) } ?? self.mac
        return Traffic.Stream(sender: namespace) { [hostMAC] port in
            IPPacket.udp(from: address(source), 1, to: address(destination), port).frame(from: sender, to: hostMAC)
        }
    }
}

extension Topology {
    /// A stream from the outside host.
    func stream(to destination: String) throws -> Traffic.Stream {
        let macs = try uplinkMACs()
        let source = destination.contains(":") ? outsideAddress6 : outsideAddress
        return Traffic.Stream(sender: outside) { port in
            IPPacket.udp(from: address(source), 1, to: address(destination), port)
                .frame(from: macs.outside, to: macs.host)
        }
    }
}
