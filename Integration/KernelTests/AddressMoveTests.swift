import Dataplane
import Glibc
import NetworkValues
import Routing
import Synchronization
import SystemCalls
import Testing

/// An address passes from one endpoint to another in one update.
struct AddressMoveTests {
    private let topology: Topology
    private let host: ProgrammedHost
    private let one: Workload
    private let two: Workload
    private let moving = address("10.65.0.9")
    private let external = address("198.51.100.1")
    private let outside: IPAddress

    init() throws {
        topology = try Topology()
        outside = address(topology.outsideAddress)
        one = try topology.addSilentWorkload(interfaceName: "cali1", mac: "02:00:00:00:00:01")
        two = try topology.addSilentWorkload(interfaceName: "cali2", mac: "02:00:00:00:00:02")
        host = try ProgrammedHost(topology.host)
        try host.program(ResourceText.open)
    }

    private func give(_ address: [String], _ other: [String], nats: [[(String, String)]] = [[], []]) throws {
        try host.program(
            ResourceText.endpoint("one", "cali1", mac: "02:00:00:00:00:01", ["10.65.0.1"] + address, nats: nats[0]),
            ResourceText.endpoint("two", "cali2", mac: "02:00:00:00:00:02", ["10.65.0.2"] + other, nats: nats[1]))
    }

    private func sendFromOutside(to destination: IPAddress, _ sourcePort: UInt16) throws {
        let macs = try topology.uplinkMACs()
        try topology.outsideSocket().send(
            IPPacket.udp(from: outside, sourcePort, to: destination, 5000).frame(from: macs.outside, to: macs.host))
    }

    /// The address under which a datagram from outside comes to the workload.
    private func arrival(of sourcePort: UInt16, at socket: borrowing PacketSocket, within limit: Duration = .seconds(2))
        throws -> IPAddress?
    {
        let frame = try socket.receive(within: limit) { IPPacket($0)?.ports?.source == sourcePort }
        return frame.flatMap(IPPacket.init)?.destination
    }

    /// Under which source a datagram of the workload gets outside; `nil` when it is dropped before a second one.
    private func departure(_ source: IPAddress, from workload: Workload, own: IPAddress) throws -> IPAddress? {
        let listening = try topology.outsideSocket()
        let socket = try workload.packetSocket()
        try socket.send(workload.frame(.udp(from: source, 1, to: outside, 1)))
        try socket.send(workload.frame(.udp(from: own, 1, to: outside, 2)))
        return try listening.packets { $0.ports?.destination == 2 }.first { $0.ports?.destination == 1 }?.source
    }

    @Test func packetsReachTheNewOwnerAndLeaveFromItAlone() throws {
        try give(["10.65.0.9"], [])
        let first = try one.packetSocket()
        let second = try two.packetSocket()
        try sendFromOutside(to: moving, 1)
        #expect(try arrival(of: 1, at: first) == moving)
        #expect(try departure(moving, from: one, own: address("10.65.0.1")) == moving)

        try give([], ["10.65.0.9"])
        try sendFromOutside(to: moving, 2)
        #expect(try arrival(of: 2, at: second) == moving)
        #expect(try arrival(of: 2, at: first, within: .zero) == nil)
        #expect(try departure(moving, from: two, own: address("10.65.0.2")) == moving)
        #expect(try departure(moving, from: one, own: address("10.65.0.1")) == nil)
        #expect(try host.drops(of: "cali1", expecting: ["ip": 1]) == ["ip": 1])
        let routes = try topology.host.command(["ip", "route", "show", "10.65.0.9"]).succeed()
        #expect(routes.split(separator: "\n").count == 1)
        #expect(routes.hasPrefix("10.65.0.9 dev cali2 proto 77 scope link"))
    }

    @Test func anExternalAddressMovesWithItsMapping() throws {
        try give([], [], nats: [[("10.65.0.1", "198.51.100.1")], []])
        let first = try one.packetSocket()
        let second = try two.packetSocket()
        try sendFromOutside(to: external, 1)
        #expect(try arrival(of: 1, at: first) == address("10.65.0.1"))

        try give([], [], nats: [[], [("10.65.0.2", "198.51.100.1")]])
        try sendFromOutside(to: external, 2)
        #expect(try arrival(of: 2, at: second) == address("10.65.0.2"))
        #expect(try arrival(of: 2, at: first, within: .zero) == nil)
        #expect(try departure(address("10.65.0.2"), from: two, own: address("10.65.0.2")) == external)
        #expect(try departure(address("10.65.0.1"), from: one, own: address("10.65.0.1")) == address("10.65.0.1"))
    }

    @Test func aMovingAddressIsRoutedAllTheWhile() throws {
        try give(["10.65.0.9"], [])
        var monitor = try topology.host.run { try RouteMonitor() }
        try give([], ["10.65.0.9"])
        let names = try topology.host.run { [if_nametoindex("cali1"), if_nametoindex("cali2")] }
        let changes = try monitor.events().compactMap { event in
            if case .route(let route, let removed) = event, route.destination.address == moving {
                "\(removed ? "-" : "+")cali\((names.firstIndex(of: route.interfaceIndex ?? 0) ?? 8) + 1)"
            } else {
                nil
            }
        }
        #expect(changes == ["+cali2", "-cali1"])
    }

    /// How far the sender and the mover are.
    private final class Progress: Sendable {
        let sent = Atomic(0)
        let isMoved = Atomic(false)
        let hasEnded = Atomic(false)
    }

    /// Not asynchronous: on a busy machine a test that lets go of its thread gets it back after minutes.
    @Test func noPacketIsLostWhileAnAddressMoves() throws {
        try give(["10.65.0.9"], [])
        let progress = Progress()
        let macs = try topology.uplinkMACs()
        let senderDeadline = ContinuousClock.now + .seconds(120)
        // On a thread of its own: the pool's may all be taken for as long as this takes.
        let executor = BlockingExecutor(label: "sender")
        Task.detached(executorPreference: executor) { [namespace = topology.outside, outside, moving] in
            defer { progress.hasEnded.store(true, ordering: .sequentiallyConsistent) }
            let socket = try namespace.run { try PacketSocket(interface: "eth0") }
            // Every packet is a flow of its own, which the chain of the endpoint that it goes to counts.
            // A flow without an answer stays new, so a port may be used again.
            var port = UInt16(1)
            while !progress.isMoved.load(ordering: .sequentiallyConsistent), ContinuousClock.now < senderDeadline {
                port = port % 60_000 + 1
                try socket.send(
                    IPPacket.udp(from: outside, port, to: moving, 5000).frame(from: macs.outside, to: macs.host))
                progress.sent.add(1, ordering: .sequentiallyConsistent)
                usleep(100)
            }
        }
        try eventually("the first packet") { progress.sent.load(ordering: .sequentiallyConsistent) > 0 }
        let before = progress.sent.load(ordering: .sequentiallyConsistent)
        var turn = 0
        // On a busy machine the sender may sleep through the first moves.
        while turn < 6 || turn < 200 && progress.sent.load(ordering: .sequentiallyConsistent) == before {
            try turn % 2 == 0 ? give([], ["10.65.0.9"]) : give(["10.65.0.9"], [])
            turn += 1
        }
        progress.isMoved.store(true, ordering: .sequentiallyConsistent)
        try eventually("the last packet") { progress.hasEnded.load(ordering: .sequentiallyConsistent) }
        let sent = progress.sent.load(ordering: .sequentiallyConsistent)
        #expect(sent > before, "packets flowed while the address moved")
        // What overflows the link's own queue has met no route yet.
        let overflow = try topology.host.command(["cat", "/sys/class/net/eth0/statistics/rx_dropped"]).succeed()
        let expected = sent - (Int(overflow.prefix { $0.isNumber }) ?? 0)
        let counted = try eventually(expected) {
            try ["to-cali1", "to-cali2"].map { try host.counts(in: $0)[0] }.reduce(0, +)
        }
        #expect(counted == expected)
    }
}
