import Hummingbird
import Logging
import NIOCore
import SystemCalls

/// A request, its connection, and on the Unix socket who sent it.
struct AgentRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    private let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// `nil` when the connection is not a Unix socket's, or is gone.
    var peer: PeerCredentials? {
        get async {
            // Over TCP the option is there as well, and says nothing of anybody.
            guard channel.localAddress?.protocol == .unix, let provider = channel as? any SocketOptionProvider else {
                return nil
            }
            let credentials: EventLoopFuture<PeerCredentials> = provider.unsafeGetSocketOption(
                level: .socket, name: NIOBSDSocket.Option(rawValue: PeerCredentials.socketOption))
            return try? await credentials.get()
        }
    }

    /// Ends the connection after a while, whatever is under way on it.
    func close(in delay: TimeAmount) {
        channel.eventLoop.scheduleTask(in: delay) { [channel] in channel.close(promise: nil) }
    }
}

/// Lets requests pass that come from who may change what the agent does (``PeerCredentials/mayChange``), and answers
/// all others 403. Whoever may connect may read; a member of the socket's group is no administrator.
///
///     router.group().add(middleware: ChangesNeedOwner(logger: logger)).post("confirm") { … }
struct ChangesNeedOwner: RouterMiddleware {
    let logger: Logger
    /// Whether a peer is let through; another one in tests.
    var isAllowed: @Sendable (PeerCredentials) -> Bool = { $0.mayChange }

    func handle(
        _ request: Request, context: AgentRequestContext,
        next: (Request, AgentRequestContext) async throws -> Response
    ) async throws -> Response {
        let peer = await context.peer
        if let peer, isAllowed(peer) {
            return try await next(request, context)
        }
        logger.warning(
            "A change was asked for by somebody who may only read",
            metadata: [
                "request": "\(request.method) \(request.uri.path)", "user": "\(peer.map { "\($0.user)" } ?? "unknown")",
                "process": "\(peer.map { "\($0.process)" } ?? "unknown")",
            ])
        return Response(
            status: .forbidden, headers: [.contentType: "text/plain; charset=utf-8"],
            body: ResponseBody(
                byteBuffer: ByteBuffer(
                    string: "only root and the agent's own user may change what it does; ask again as root")))
    }
}
