import Hummingbird
import HummingbirdCore
import NIOCore

/// What a client may cost: nobody holds a connection, or the memory of an answer, by being slow.
///
/// A request brings no body, for none here reads one. A connection ends when for a minute it had no whole request, or did
/// not take the answer; it takes a descriptor, some kilobytes, and that answer: a few megabytes with 10,000 endpoints.
struct RequestLimits: RouterMiddleware {
    /// Further clients wait in the socket's queue until one of these is gone.
    static let connections = 64
    /// For the names of a `GET /wait`, of 253 octets each at most.
    static let headerSize = 64 << 10
    static let idle = TimeAmount.seconds(60)

    /// The server of an ``Application``.
    static func server(idle: TimeAmount = idle) -> HTTPServerBuilder {
        .http1(
            configuration: .init(
                idleTimeout: idle,
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: headerSize, maxHeaderListSize: headerSize, maxHeaderFieldCount: 100)))
    }

    func handle(
        _ request: Request, context: AgentRequestContext,
        next: (Request, AgentRequestContext) async throws -> Response
    ) async throws -> Response {
        guard request.hasBody else { return try await next(request, context) }
        // Long enough for the answer to be read; the rest of the body is nobody's.
        context.close(in: .seconds(1))
        return Response(status: .contentTooLarge, headers: [.connection: "close"])
    }
}

extension Request {
    fileprivate var hasBody: Bool {
        headers[.transferEncoding] != nil || !(headers[.contentLength] ?? "0").allSatisfy { $0 == "0" }
    }
}
