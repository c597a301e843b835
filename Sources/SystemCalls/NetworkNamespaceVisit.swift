import CLinux
import Glibc

/// Runs `body` on a thread that is made for it, inside the network namespace of `descriptor`, and waits for it. With `nil`
/// it runs in the namespace of the caller.
///
/// setns(2) moves a thread for good, so it must be none that a pool lends. Sockets that `body` opens are the
/// namespace's, and may be used from any thread.
/// - Throws: ``SystemCallError`` when the namespace cannot be entered or no thread can be made, and what `body` throws.
package func visitNetworkNamespace<Result>(_ descriptor: Int32?, _ body: () throws -> Result) throws -> Result {
    var result: Swift.Result<Result, any Error>?
    try withoutActuallyEscaping(body) { body in
        let visit = Visit {
            result = Swift.Result {
                if let descriptor, clinux_enter_network(descriptor) != 0 {
                    throw SystemCallError(operation: "enter the network namespace", errno: errno)
                }
                return try body()
            }
        }
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<Visit>.fromOpaque(argument).takeUnretainedValue().body() }
                return nil
            }, Unmanaged.passUnretained(visit).toOpaque())
        guard status == 0 else { throw SystemCallError(operation: "start a thread", errno: status) }
        pthread_join(thread, nil)
        // Whoever lent it wants it back before this returns.
        visit.body = {}
    }
    guard let result else { throw SystemCallError(operation: "run a thread", errno: ECANCELED) }
    return try result.get()
}

private final class Visit {
    var body: () -> Void

    init(_ body: @escaping () -> Void) {
        self.body = body
    }
}
