import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
import ServiceLifecycle

/// Answers on a Unix socket: all that ``AgentRoutes`` has.
///
/// Members of the configured group may ask; where the group does not exist only the owner may, which is logged and is
/// no failure. The socket is removed when the service ends.
package struct StatusServer: Service {
    private let provider: any StatusProvider
    private let socket: StatusSocket
    private let logger: Logger
    private let onListening: @Sendable () async -> Void

    /// - Parameters:
    ///   - socket: An absolute path of at most 107 bytes; missing folders are created.
    ///   - onListening: Called once, when the socket accepts connections and has its final permissions.
    package init(
        socket: String, group: String, provider: any StatusProvider, logger: Logger,
        onListening: @escaping @Sendable () async -> Void = {}
    ) {
        self.provider = provider
        self.socket = StatusSocket(path: socket, group: group, logger: logger)
        self.logger = logger
        self.onListening = onListening
    }

    /// Finds out whether the socket's path can be served, as ``run()`` does again, before anything else is begun.
    /// - Throws: ``StatusError``
    package func prepare() throws(StatusError) {
        try socket.prepare()
    }

    /// Serves until the task is cancelled or the service group shuts down.
    /// - Throws: ``StatusError`` when the socket cannot be created or another process serves it.
    package func run() async throws {
        try socket.prepare()
        var serverLogger = logger
        serverLogger.logLevel = max(logger.logLevel, .warning)
        let application = Application(
            router: router(), server: RequestLimits.server(),
            configuration: ApplicationConfiguration(
                address: .unixDomainSocket(path: socket.path),
                availableConnectionsDelegate: MaximumAvailableConnections(RequestLimits.connections)),
            onServerRunning: { [socket, logger, onListening] _ in
                socket.protect()
                logger.info("Answering on the status socket", metadata: ["socket": "\(socket.path)"])
                await onListening()
            },
            logger: serverLogger)
        do {
            try await application.run()
        } catch let error as IOError {
            throw StatusError(
                .cannotServe, "listen on \(socket.path)", errno: error.errnoCode,
                remedy: "Run the agent as root, or name another path in status.socket")
        }
    }

    private func router() -> Router<AgentRequestContext> {
        let router = Router(context: AgentRequestContext.self)
        router.add(middleware: RequestLimits())
        let routes = AgentRoutes(provider: provider, logger: logger)
        routes.addHealth(to: router)
        routes.addDocuments(to: router)
        routes.addChanges(to: router.group().add(middleware: ChangesNeedOwner(logger: logger)))
        return router
    }
}
