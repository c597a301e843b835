import Glibc
import Synchronization

/// Stands between a client and a member, and fails on demand.
final class EtcdFaultRelay: Sendable {
    static let port = 23_980

    private struct State {
        var pairs: [(client: Int32, server: Int32)] = []
        var accepted = 0
        var isDropping = false
        var dropped = ContinuousClock.now
        var lastPause = Duration.zero
    }

    private let state = Mutex(State())
    private let listener: Int32
    private let target: Int
    private let thread = Mutex<Background?>(nil)

    /// - Parameter target: The port of the member.
    init(in namespace: NetworkNamespace, to target: Int) throws {
        self.target = target
        listener = try namespace.run {
            let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            guard Self.with(Self.port, { bind(listener, $0, $1) }) == 0, listen(listener, 64) == 0 else {
                throw TestKitError("cannot listen on port \(Self.port): errno \(errno)")
            }
            return listener
        }
        let background = try Background(in: namespace) { [weak self] in self?.step() }
        thread.withLock { $0 = background }
    }

    deinit {
        thread.withLock { $0.take() }?.stop()
        state.withLock { drop(&$0) }
        close(listener)
    }

    /// How often somebody has connected.
    var accepted: Int { state.withLock(\.accepted) }

    /// How long after the last drop somebody connected for the last time.
    var lastPause: Duration { state.withLock(\.lastPause) }

    /// Ends all connections, as a member that resets them.
    func dropAll() { state.withLock { $0.isDropping = true } }

    private func step() {
        let pairs = state.withLock { state in
            if state.isDropping { drop(&state) }
            return state.pairs
        }
        let ends = pairs.flatMap { [$0.client, $0.server] }
        var polled = ([listener] + ends).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        guard poll(&polled, nfds_t(polled.count), 10) > 0 else { return }
        if polled[0].revents != 0 { take() }
        for (index, pair) in pairs.enumerated() {
            var isOpen = true
            if polled[1 + 2 * index].revents != 0 { isOpen = pump(pair.client, pair.server) }
            if isOpen, polled[2 + 2 * index].revents != 0 { isOpen = pump(pair.server, pair.client) }
            if !isOpen { state.withLock { end(pair, &$0) } }
        }
    }

    private func take() {
        let client = accept(listener, nil, nil)
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        _ = Self.with(target) { connect(server, $0, $1) }
        state.withLock {
            $0.accepted += 1
            $0.lastPause = ContinuousClock.now - $0.dropped
            $0.pairs.append((client, server))
        }
    }

    private func pump(_ source: Int32, _ destination: Int32) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = recv(source, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        return count > 0 && send(destination, buffer, count, Int32(MSG_NOSIGNAL)) == count
    }

    private func drop(_ state: inout State) {
        (state.isDropping, state.dropped) = (false, .now)
        for pair in state.pairs { end(pair, &state) }
    }

    private func end(_ pair: (client: Int32, server: Int32), _ state: inout State) {
        state.pairs.removeAll { $0 == pair }
        for descriptor in [pair.client, pair.server] {
            // No time to linger: the other side is told with a reset.
            var none = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &none, socklen_t(MemoryLayout<linger>.size))
            close(descriptor)
        }
    }

    private static func with(_ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }
}
