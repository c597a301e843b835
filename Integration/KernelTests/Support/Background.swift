import Glibc
import NetworkValues
import Synchronization

/// A thread that does something over and over inside a namespace until it is stopped, or goes.
final class Background: Sendable {
    private let loop: Loop
    private let thread = Mutex<pthread_t?>(nil)

    /// What the thread shares with its owner, which it does not keep alive.
    private final class Loop: Sendable {
        let isStopped = Atomic(false)
        let namespace: NetworkNamespace
        let step: @Sendable () -> Void

        init(_ namespace: NetworkNamespace, _ step: @escaping @Sendable () -> Void) {
            (self.namespace, self.step) = (namespace, step)
        }

        func run() {
            guard namespace.enter() else { return }
            while !isStopped.load(ordering: .sequentiallyConsistent) { step() }
        }
    }

    init(in namespace: NetworkNamespace, _ step: @escaping @Sendable () -> Void) throws {
        loop = Loop(namespace, step)
        var created = pthread_t()
        let result = pthread_create(
            &created, nil,
            { argument in
                Unmanaged<Loop>.fromOpaque(argument!).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(loop).toOpaque())
        guard result == 0 else { throw TestKitError("cannot start a thread: errno \(result)") }
        thread.withLock { $0 = created }
    }

    func stop() {
        loop.isStopped.store(true, ordering: .sequentiallyConsistent)
        let running = thread.withLock { $0.take() }
        if let running { pthread_join(running, nil) }
    }

    deinit { stop() }
}

/// Answers every datagram to a port with its own name.
final class NamedServer {
    private let thread: Background

    private final class Box: Sendable {
        let socket: InternetSocket

        init(_ socket: consuming InternetSocket) { self.socket = socket }
    }

    init(_ name: String, in namespace: NetworkNamespace, port: UInt16) throws {
        let box = Box(try namespace.run { try InternetSocket.datagrams(port: port) })
        thread = try Background(in: namespace) {
            guard let question = box.socket.receive(within: .milliseconds(50)) else { return }
            try? box.socket.send(name, to: question.source, port: question.port)
        }
    }
}

/// Asks an address again and again, each time from a port that it has not used yet, and notes who answers and under which address.
final class Asker {
    struct Answer: Hashable {
        let name: String
        let source: IPAddress
    }

    private let notes: Notes
    private let thread: Background

    private final class Notes: Sendable {
        let answers = Mutex<[Answer: Int]>([:])
        let port = Atomic<UInt16>(1024)
    }

    init(_ target: IPAddress, port: UInt16, from namespace: NetworkNamespace) throws {
        let notes = Notes()
        self.notes = notes
        thread = try Background(in: namespace) {
            // What the kernel would choose comes again soon, and with it the former connection.
            let own = notes.port.add(1, ordering: .relaxed).newValue
            guard own > 1024, let socket = try? InternetSocket.datagrams(port: own) else { return }
            usleep(1000)
            try? socket.send("who", to: target, port: port)
            guard let answer = socket.receive(within: .milliseconds(200)) else { return }
            notes.answers.withLock { $0[Answer(name: answer.text, source: answer.source), default: 0] += 1 }
        }
    }

    /// How often which answer came so far.
    var answers: [Answer: Int] { notes.answers.withLock { $0 } }

    func stop() { thread.stop() }
}
