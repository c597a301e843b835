import Glibc

/// UDP between a workload and the outside of a ``PacketHost``, over IPv4.
final class Flow {
    /// Whose namespace is gone when nothing refers to it, though sockets of its neighbours are open.
    private let host: PacketHost
    private let workload: Int32
    private let outside: Int32

    init(_ host: PacketHost) throws {
        self.host = host
        let (own, peer) = (Self.address(PacketHost.workloadAddress.v4), Self.address(PacketHost.outsideAddress.v4))
        workload = try host.workload.within { try Self.socket(own, to: peer) }
        outside = try host.outside.within { try Self.socket(peer, to: own) }
    }

    deinit {
        close(workload)
        close(outside)
    }

    /// A packet there and one back, of a flow that the host knows; nanoseconds of one.
    func roundTrips(_ count: Int) throws -> Double {
        func trip() throws {
            try pass(workload, outside)
            try pass(outside, workload)
        }
        // The first ones fetch what the others' turns pushed out of the caches.
        for _ in 0..<count / 4 { try trip() }
        let cost = try Cost.of {
            for _ in 0..<count { try trip() }
        }
        return cost.wall / Double(count) * 1e9
    }

    private func pass(_ from: Int32, _ to: Int32) throws {
        var data: (Int64, Int64, Int64, Int64) = (0, 0, 0, 0)
        guard send(from, &data, 32, 0) == 32 else { throw HarnessError.system("send") }
        guard recv(to, &data, 32, 0) == 32 else { throw HarnessError.system("no packet came") }
    }

    private static func address(_ text: String) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(5000).bigEndian
        inet_pton(AF_INET, text, &address.sin_addr)
        return address
    }

    private static func socket(_ own: sockaddr_in, to peer: sockaddr_in) throws -> Int32 {
        let descriptor = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0, withAddress(own, { bind(descriptor, $0, $1) }) == 0,
            withAddress(peer, { connect(descriptor, $0, $1) }) == 0
        else { throw HarnessError.system("a UDP socket") }
        // What is lost is an error, not a wait without end.
        var limit = timeval(tv_sec: 2, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        return descriptor
    }

    static func withAddress<Result>(
        _ address: sockaddr_in, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}

/// UDP from a workload to an address outside that nobody has: what is forwarded to it is gone without an answer.
final class Stream {
    private let host: PacketHost
    private let descriptor: Int32
    private let isNewFlowEach: Bool
    private var peer = sockaddr_in()
    private var number = 0

    /// - Parameter isNewFlowEach: Whether each packet is the first of a flow of its own, by its destination port.
    init(_ host: PacketHost, isNewFlowEach: Bool) throws {
        self.host = host
        self.isNewFlowEach = isNewFlowEach
        descriptor = try host.workload.within {
            Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        }
        guard descriptor >= 0 else { throw HarnessError.system("a UDP socket") }
        peer.sin_family = sa_family_t(AF_INET)
        peer.sin_port = UInt16(20_000).bigEndian
        inet_pton(AF_INET, PacketHost.nobodysAddress, &peer.sin_addr)
    }

    deinit { close(descriptor) }

    /// Nanoseconds of one packet.
    func send(_ count: Int) throws -> Double {
        try sendAll(count / 4)
        return try Cost.of { try sendAll(count) }.wall / Double(count) * 1e9
    }

    private func sendAll(_ count: Int) throws {
        var data: (Int64, Int64, Int64, Int64) = (0, 0, 0, 0)
        for _ in 0..<count {
            if isNewFlowEach {
                number = (number + 1) % 40_000
                peer.sin_port = UInt16(20_000 + number).bigEndian
            }
            let sent = Flow.withAddress(peer) { sendto(descriptor, &data, 32, 0, $0, $1) }
            guard sent == 32 else { throw HarnessError.system("send") }
        }
    }
}
