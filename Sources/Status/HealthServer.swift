import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
import ServiceLifecycle

/// Answers health, figures and status over TCP, as ``AgentRoutes`` has them.
///
/// An address that cannot be served, because another process listens there for example, does not end the agent: it is
/// logged, shown as a notice of the status, and tried again until it succeeds.
package struct HealthServer: Service {
    private let host: String
    private let port: Int
    private let provider: any StatusProvider
    private let logger: Logger
    private let retryDelay: Duration

    private static let topic = "http"

    /// - Parameters:
    ///   - host: An address of this machine.
    ///   - retryDelay: After the first failure; doubled each time up to half a minute.
    package init(
        host: String, port: Int, provider: any StatusProvider, logger: Logger, retryDelay: Duration = .seconds(1)
    ) {
        self.host = host
        self.port = port
        self.provider = provider
        self.logger = logger
        self.retryDelay = retryDelay
    }

    private var address: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Serves until the task is cancelled or the service group shuts down.
    package func run() async throws {
        var delay = retryDelay
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
            do {
                try await application().run()
                return
            } catch is CancellationError {
                return
            } catch {
                report(error)
            }
            try? await cancelWhenGracefulShutdown { [delay] in try await Task.sleep(for: delay) }
            delay = min(delay * 2, .seconds(30))
        }
    }

    private func application() -> some ApplicationProtocol {
        let router = Router(context: AgentRequestContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: RequestLimits())
        AgentRoutes(provider: provider, logger: logger).addHealth(to: router)
        var serverLogger = logger
        serverLogger.logLevel = max(logger.logLevel, .critical)
        return Application(
            router: router, server: RequestLimits.server(),
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port), serverName: nil,
                availableConnectionsDelegate: MaximumAvailableConnections(RequestLimits.connections)),
            onServerRunning: { [provider, logger, address] _ in
                provider.board.setNotice(nil, about: Self.topic)
                logger.info("Answering health and metrics over HTTP", metadata: ["address": "\(address)"])
            },
            logger: serverLogger)
    }

    private func report(_ error: any Error) {
        let cause = (error as? IOError).map { StatusError.text(of: $0.errnoCode) } ?? "\(error)"
        let remedy =
            "stop whoever listens there (ss -ltnp shows it), or set http.listen to another address or \"\" for none"
        let notice = "no health and metrics on \(address) (http.listen): \(cause); \(remedy)"
        // Each attempt says the same.
        if !provider.board.notices.contains(notice) {
            logger.error(
                "Cannot answer health and metrics over HTTP; trying again",
                metadata: ["address": "\(address)", "error": "\(cause)", "remedy": "\(remedy)"])
        }
        provider.board.setNotice(notice, about: Self.topic)
    }
}
