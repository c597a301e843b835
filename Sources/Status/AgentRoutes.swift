import Hummingbird
import Logging
import NIOCore
import SystemCalls

/// What can be asked over HTTP, and the answers.
struct AgentRoutes: Sendable {
    let provider: any StatusProvider
    let logger: Logger
    /// Where long documents are written, so that probes need not wait until 10,000 endpoints are.
    private let documents = BlockingExecutor(label: "margay documents")

    init(provider: any StatusProvider, logger: Logger) {
        self.provider = provider
        self.logger = logger
    }

    /// Health, figures and status: what anybody may know who can connect.
    ///
    /// `/livez` and `/readyz` are Kubernetes' names and forms; `/liveness` and `/readiness` are Felix's, which answer 204.
    func addHealth(to router: Router<AgentRequestContext>) {
        for (path, check) in [("livez", liveness), ("readyz", readiness)] as [(String, @Sendable () -> Readiness)] {
            router.get(RouterPath(path)) { request, _ in
                let isVerbose = request.uri.queryParameters["verbose"] != nil
                let health = check()
                return Self.response(
                    health.isReady ? .ok : .serviceUnavailable, Self.plain, health.text(of: path, isVerbose: isVerbose))
            }
        }
        for (path, check) in [("liveness", liveness), ("readiness", readiness)]
            as [(String, @Sendable () -> Readiness)]
        {
            router.get(RouterPath(path)) { _, _ in
                let health = check()
                return health.isReady
                    ? Response(status: .noContent)
                    : Self.response(.serviceUnavailable, Self.plain, health.text(of: path, isVerbose: false))
            }
        }
        router.get("metrics") { [provider] request, _ in
            let format = MetricsFormat(accept: request.headers[.accept])
            return Self.response(.ok, format.contentType, format.text(of: await provider.metrics()))
        }
        router.get("status") { [provider] _, _ in
            await answer { try await provider.status().json() }
        }
        // Not behind the documents that may take a while.
        router.get("brief") { [provider] _, _ in
            Self.response(.ok, "application/json", try StatusBrief(provider.board).json())
        }
    }

    /// Resources and settings hold what is nobody's business who only looks after the machine.
    func addDocuments(to router: Router<AgentRequestContext>) {
        router.get("resources") { [provider] _, _ in
            await answer { try await provider.resources() }
        }
        router.get("settings") { [provider] _, _ in
            await answer { try await provider.settingsDocument() }
        }
        router.get("wait") { [provider] request, _ in
            guard let question = WaitQuestion(request) else {
                return Self.response(.badRequest, Self.plain, "wait?name=NAME&for=up|gone&seconds=0...10")
            }
            return await answer { try await question.answer(from: provider.board).json() }
        }
    }

    /// What changes what the agent does, for those only who may.
    func addChanges(to router: some RouterMethods<AgentRequestContext>) {
        router.post("confirm") { [provider] _, _ in
            await answer { try await provider.confirm().json() }
        }
    }

    @Sendable private func liveness() -> Readiness { provider.board.liveness }

    @Sendable private func readiness() -> Readiness { provider.board.readiness }

    /// The document, or the error as plain text: whoever may ask may also know what went wrong.
    private func answer(_ document: @Sendable () async throws -> String) async -> Response {
        do {
            let text = try await withTaskExecutorPreference(documents) { try await document() }
            return Self.response(.ok, "application/json", text)
        } catch {
            logger.warning("A question could not be answered", metadata: ["error": "\(error)"])
            return Self.response(.internalServerError, Self.plain, "\(error)")
        }
    }

    private static var plain: String { "text/plain; charset=utf-8" }

    private static func response(
        _ status: HTTPResponse.Status, _ contentType: String, _ body: String
    ) -> Response {
        Response(
            status: status, headers: [.contentType: contentType],
            body: ResponseBody(byteBuffer: ByteBuffer(string: body)))
    }
}

extension Readiness {
    /// `ok`, or a reason a line; verbose every check as Kubernetes writes them.
    func text(of endpoint: String, isVerbose: Bool) -> String {
        guard isVerbose else { return isReady ? "ok\n" : reasons.map { "\($0)\n" }.joined() }
        let lines = checks.map { check in
            check.problem.map { "[-]\(check.name) failed: \($0)\n" } ?? "[+]\(check.name) ok\n"
        }
        return lines.joined() + "\(endpoint) check \(isReady ? "passed" : "failed")\n"
    }
}

extension WaitQuestion {
    /// - Returns: `nil` for a question that is not one.
    fileprivate init?(_ request: Request) {
        let parameters = request.uri.queryParameters
        let names = parameters[values: "name"].map(String.init)
        guard !names.isEmpty, let goal = WaitGoal(rawValue: parameters["for"].map(String.init) ?? "up"),
            let seconds = Double(parameters["seconds"] ?? "0"), (0...10).contains(seconds)
        else { return nil }
        self.init(names: names, goal: goal, limit: .seconds(seconds))
    }
}
