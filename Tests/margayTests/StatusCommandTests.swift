import ArgumentParser
import Logging
import Status
import SystemCalls
import TestSupport
import Testing

@testable import margay

@Suite struct StatusCommandTests {
    private struct Provider: StatusProvider {
        var report: StatusReport
        let board = AgentBoard(source: ("directory", "/d"))

        init(report: StatusReport) {
            self.report = report
            board.post(
                AgentOverview(source: .init(state: report.source.state, since: .now), dataplane: report.dataplane))
        }

        func confirm() async throws -> ConfirmAnswer { ConfirmAnswer(endpoints: 0, leftovers: false) }
        func metrics() async -> [MetricFamily] { [] }
        func status() async throws -> StatusReport { report }
        func resources() async throws -> String { "{}" }
        func settingsDocument() async throws -> String { "{}" }
    }

    private func report(_ states: [StatusReport.Endpoint.State]) -> StatusReport {
        StatusReport(
            node: "node1", ready: true,
            agent: .init(pid: 1, startedAt: Timestamp(millisecondsSinceEpoch: 0)),
            source: .init(kind: "directory", location: "/d", state: .inSync), dataplane: .init(state: .applied),
            endpoints: states.map { state in
                .init(
                    name: state.rawValue, namespace: "default", interfaceName: "cali-\(state)", state: state,
                    macFilter: .init(mac: nil, state: .absent))
            })
    }

    /// What `margay status` with these arguments exits with while an agent reports this.
    private func exitCode(_ arguments: String..., while report: StatusReport) async throws -> ExitCode? {
        let folder = TemporaryFolder()
        let socket = folder.path(of: "s")
        let (listening, continuation) = AsyncStream.makeStream(of: Void.self)
        let server = StatusServer(
            socket: socket, group: "root", provider: Provider(report: report),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, onListening: { continuation.finish() })
        let running = Task {
            defer { continuation.finish() }
            try await server.run()
        }
        for await _ in listening {}
        let code = await exitCode(["status", "--socket", socket] + arguments)
        running.cancel()
        try? await running.value
        return code
    }

    private func exitCode(_ arguments: [String]) async -> ExitCode? {
        do {
            let command = try #require(try Margay.parseAsRoot(arguments) as? StatusCommand)
            try await command.run()
            return nil
        } catch {
            return error as? ExitCode
        }
    }

    @Test func allUpIsZero() async throws {
        #expect(try await exitCode(while: report([.up, .up])) == .success)
        #expect(try await exitCode("--brief", while: report([])) == .success)
        #expect(try await exitCode("--brief", "up", while: report([.up, .pending])) == .success)
    }

    @Test func oneNotUpIsOne() async throws {
        #expect(try await exitCode("-o", "wide", while: report([.up, .pending])) == .failure)
    }

    @Test func onlyTheNamedCount() async throws {
        #expect(try await exitCode("up", "-o", "json", while: report([.up, .pending])) == .success)
        #expect(try await exitCode("cali-pending", "-o", "yaml", while: report([.up, .pending])) == .failure)
    }

    @Test func anUnknownNameIsOne() async throws {
        #expect(try await exitCode("nobody", while: report([.up])) == .failure)
        #expect(try await exitCode("up", "nobody", while: report([.up])) == .failure)
    }

    @Test func noAgentIsThree() async {
        #expect(await exitCode(["status", "--socket", "/nonexistent/margay.sock"])?.rawValue == 3)
    }

    @Test func brokenSettingsAreOneUnlessTheSocketIsNamed() async {
        #expect(await exitCode(["status", "--config", "/nonexistent/margay.yaml"]) == .failure)
        #expect(
            await exitCode(["status", "--config", "/nonexistent/margay.yaml", "--socket", "/nonexistent/s"])
                == .unreachable)
    }
}
