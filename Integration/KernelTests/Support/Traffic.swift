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
    private let senders: [Sender]
    private static let firstPort: UInt16 = 7001

    init(_ streams: KeyValuePairs<String, Stream>, seenBy receivers: [NetworkNamespace]) throws {
        names = streams.map(\.key)
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
        senders = streams.enumerated().map { Sender($1.value, port: Self.port($0)) }
        for sender in senders { try sender.start() }
        try eventually("packets of every stream") { [senders] in senders.allSatisfy { $0.sent > 20 } }
    }

    deinit {
        for sender in senders { sender.stop() }
    }

    private static func port(_ index: Int) -> UInt16 { firstPort + UInt16(index) }

    private func index(_ name: String) throws -> Int {
        guard let index = names.firstIndex(of: name) else { throw TestKitError("no stream \(name)") }
        return index
    }

    /// How many packets of the stream were sent so far.
    func sent(_ name: String) throws -> Int { senders[try index(name)].sent }

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

    /// How many packets of a stopped stream did not come, once those under way have.
    func lost(_ name: String, at receiver: NetworkNamespace) throws -> Int {
        let sent = try sent(name)
        return sent - (try KernelTests.eventually(sent) { try arrived(name, at: receiver) })
    }
}

/// A thread that sends a frame over and over, again on another interface of that name when the first goes.
private final class Sender: Sendable {
    private let stream: Traffic.Stream
    private let frame: Frame
    private let count = Atomic(0)
    private let isStopped = Atomic(false)
    private let thread = Mutex<pthread_t?>(nil)

    init(_ stream: Traffic.Stream, port: UInt16) {
        self.stream = stream
        frame = stream.frame(port)
    }

    var sent: Int { count.load(ordering: .sequentiallyConsistent) }

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
        guard stream.sender.enter() else { return }
        while !isStopped.load(ordering: .sequentiallyConsistent) {
            usleep(1000)
            if let socket = try? PacketSocket(interface: "eth0") { send(socket) }
        }
    }

    /// Until it is stopped, or the interface is gone; while the link is down nothing counts as sent.
    private func send(_ socket: consuming PacketSocket) {
        while !isStopped.load(ordering: .sequentiallyConsistent) {
            do {
                try socket.send(frame)
                count.add(1, ordering: .sequentiallyConsistent)
            } catch {
                return
            }
            usleep(100)
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
        return Traffic.Stream(sender: outside) { [outsideAddress] port in
            IPPacket.udp(from: address(outsideAddress), 1, to: address(destination), port)
                .frame(from: macs.outside, to: macs.host)
        }
    }
}
