import Dispatch
import Glibc
import Synchronization

/// Runs tasks on one thread inside a network namespace, so that the sockets they open are there.
///
/// A namespace belongs to a thread, and the threads of Swift's pool and of SwiftNIO are in the process's own; SwiftNIO opens
/// a client's socket on the thread that asks for it.
final class NamespaceExecutor: TaskExecutor {
    private final class Queue: Sendable {
        let jobs = Mutex<[UnownedJob?]>([])
        let signal = DispatchSemaphore(value: 0)

        /// `nil` ends the thread.
        func add(_ job: UnownedJob?) {
            jobs.withLock { $0.append(job) }
            signal.signal()
        }

        func next() -> UnownedJob? {
            signal.wait()
            return jobs.withLock { $0.removeFirst() }
        }
    }

    private let queue = Queue()

    init(_ namespace: NetworkNamespace) {
        let queue = queue
        let unowned = Unmanaged.passUnretained(self)
        Thread.start {
            precondition(namespace.enter(), "the network namespace cannot be entered")
            while let job = queue.next() {
                job.runSynchronously(on: unowned.takeUnretainedValue().asUnownedTaskExecutor())
            }
        }
    }

    deinit { queue.add(nil) }

    func enqueue(_ job: consuming ExecutorJob) { queue.add(UnownedJob(job)) }
}

/// A thread of its own.
private enum Thread {
    private final class Body {
        let run: () -> Void

        init(_ run: @escaping () -> Void) { self.run = run }
    }

    static func start(_ body: @escaping () -> Void) {
        var thread = pthread_t()
        let created = pthread_create(
            &thread, nil,
            { argument in
                Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(Body(body)).toOpaque())
        precondition(created == 0, "no thread can be started")
        pthread_detach(thread)
    }
}
