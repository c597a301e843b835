import GRPCCore
import GRPCNIOTransportHTTP2Posix

/// Keeps a client connected for as long as the body runs, and not a moment longer: neither the body's end nor the task's
/// cancellation wait for the network.
/// - Parameter executor: On whose threads sockets are opened.
func withRunningClient<Result: Sendable>(
    over transport: HTTP2ClientTransport.Posix, on executor: any TaskExecutor,
    isolation: isolated (any Actor)? = #isolation,
    _ body: (GRPCClient<HTTP2ClientTransport.Posix>) async throws -> Result
) async throws -> Result {
    let client = GRPCClient(transport: transport)
    // Cancelled at the end, and not waited for: the kernel's connecting cannot be called off (10 s), nor the looking up of a
    // name, and a peer that is gone never answers the farewell of TLS (5 s).
    let connections = Task(executorPreference: executor) { try await client.runConnections() }
    defer { connections.cancel() }
    return try await withTaskCancellationHandler {
        try await body(client)
    } onCancel: {
        // A call that is cancelled just before it queues up for the connection stays in the queue (`GRPCChannel.enqueue` of
        // grpc-swift-nio-transport 2.9.2); a client that is closing has none.
        client.beginGracefulShutdown()
    }
}
