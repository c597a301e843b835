import Synchronization

/// Work whose result serves everybody who asks before it begins. Who asks later gets one that began after the asking, so
/// that nobody is told what was so before the question; at most one is ever waiting to begin.
package final class SharedWork<Value: Sendable>: Sendable {
    private struct Waiting: Sendable {
        var task: Task<Value, any Error>?
        var number = 0
    }

    private let work: @Sendable (_ begins: @Sendable () -> Void) async throws -> Value
    private let waiting = Mutex(Waiting())

    /// - Parameter work: Calls `begins` before it looks at anything that may change.
    package init(_ work: @escaping @Sendable (_ begins: @Sendable () -> Void) async throws -> Value) {
        self.work = work
    }

    /// - Parameter isPatient: Asked whenever the time is over whether to wait as long again.
    /// - Returns: `nil` when the time is over before the work is done; it goes on then.
    package func value(
        within limit: Duration, isPatient: @escaping @Sendable () -> Bool = { false }
    ) async throws -> Value? {
        try await result(of: task(), within: limit, isPatient: isPatient)?.get()
    }

    private func task() -> Task<Value, any Error> {
        waiting.withLock { waiting in
            if let task = waiting.task { return task }
            waiting.number += 1
            let number = waiting.number
            let task = Task.detached { [self] in
                // Work that fails at once has not begun, and must not be waited for by whoever asks next.
                defer { begins(number) }
                return try await work { begins(number) }
            }
            waiting.task = task
            return task
        }
    }

    private func begins(_ number: Int) {
        waiting.withLock { if $0.number == number { $0.task = nil } }
    }
}

/// The task's result, or `nil` when that takes longer. Waiting ends then, and the task goes on.
private func result<Value: Sendable>(
    of task: Task<Value, any Error>, within limit: Duration, isPatient: @escaping @Sendable () -> Bool
) async -> Result<Value, any Error>? {
    let (results, continuation) = AsyncStream.makeStream(of: Result<Value, any Error>?.self)
    Task.detached {
        continuation.yield(await task.result)
        continuation.finish()
    }
    let timer = Task.detached {
        repeat {
            guard (try? await Task.sleep(for: limit)) != nil else { return }
        } while isPatient()
        continuation.yield(nil)
        continuation.finish()
    }
    defer { timer.cancel() }
    for await result in results { return result }
    // Whoever asked has gone.
    return nil
}
