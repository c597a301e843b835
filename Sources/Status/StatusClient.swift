import AsyncHTTPClient
import FoundationEssentials
import Glibc
import NIOCore
import NIOHTTP1

/// Asks a running agent over its Unix socket.
package struct StatusClient: Sendable {
    /// A document the agent serves; the raw value is its path.
    enum Document: String {
        case status, brief, resources, settings
    }

    private let socket: String
    private let timeLimit: Duration

    /// - Parameter timeLimit: For each question, connecting included.
    package init(socket: String, timeLimit: Duration = .seconds(10)) {
        self.socket = socket
        self.timeLimit = timeLimit
    }

    /// The agent's status.
    /// - Throws: ``StatusError``: `unreachable`, or `failedRequest` when the answer is not a status report.
    package func status() async throws -> StatusReport {
        let bytes = try await document(.status)
        do {
            return try StatusReport(json: bytes)
        } catch {
            throw notUnderstood(error)
        }
    }

    /// How the agent stands in one line, told without waiting for its reconcile loop.
    /// - Throws: ``StatusError``, as ``status()``.
    package func brief() async throws -> StatusBrief {
        let bytes = try await document(.brief)
        do {
            return try JSONDecoder().decode(StatusBrief.self, from: Data(bytes))
        } catch {
            throw notUnderstood(error)
        }
    }

    private func notUnderstood(_ error: any Error) -> StatusError {
        StatusError(
            .failedRequest, "understand the status of the agent on \(socket)", detail: "\(error)",
            remedy: "The agent may be of another version than this command; see margay version")
    }

    /// The accepted resources as the agent holds them, a JSON `List`.
    /// - Throws: ``StatusError``
    package func resources() async throws -> String {
        String(decoding: try await document(.resources), as: UTF8.self)
    }

    /// The settings the agent runs with, a JSON object.
    /// - Throws: ``StatusError``
    package func settingsDocument() async throws -> String {
        String(decoding: try await document(.settings), as: UTF8.self)
    }

    /// Whether endpoints are up or gone, as soon as they are, else after `delay`.
    /// - Parameter delay: At most ten seconds, and less than this client's time limit.
    /// - Throws: ``StatusError``
    package func wait(for names: [String], to goal: WaitGoal, delay: Duration) async throws -> WaitAnswer {
        let parameters = names.map { "name=\(percentEncoded($0))" }
        let path = "wait?for=\(goal.rawValue)&seconds=\(delay.statusSeconds)&" + parameters.joined(separator: "&")
        return try JSONDecoder().decode(WaitAnswer.self, from: Data(try await answer(path)))
    }

    /// Has the agent let go of what it holds. The answer comes once that is gone from the kernel, or with the reason why
    /// it is not.
    /// - Throws: ``StatusError``
    package func confirm() async throws -> ConfirmAnswer {
        try JSONDecoder().decode(ConfirmAnswer.self, from: Data(try await answer("confirm", .POST)))
    }

    /// A document as the agent wrote it, in UTF-8, of at most 64 MiB.
    /// - Throws: ``StatusError``: `unreachable`, or `failedRequest` with what the agent said.
    func document(_ document: Document) async throws -> [UInt8] { try await answer(document.rawValue) }

    /// - Parameter path: Without its leading slash, with its query.
    private func answer(_ path: String, _ method: HTTPMethod = .GET) async throws -> [UInt8] {
        var configuration = HTTPClient.Configuration()
        // Otherwise connecting to a socket that is not there is tried again until the time limit.
        configuration.connectionPool.retryConnectionEstablishment = false
        let operation = "ask the agent on \(socket)"
        do {
            return try await HTTPClient.withHTTPClient(
                eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration
            ) { client in
                var request = HTTPClientRequest(url: "http+unix://\(percentEncoded(socket))/\(path)")
                request.method = method
                let response = try await client.execute(request, deadline: .now() + .init(timeLimit))
                let body = try await response.body.collect(upTo: 64 << 20)
                guard response.status == .ok else {
                    throw StatusError(.failedRequest, operation, detail: String(buffer: body))
                }
                return Array(body.readableBytesView)
            }
        } catch let error as StatusError {
            throw error
        } catch let error as IOError {
            throw unreachable(operation, errno: error.errnoCode)
        } catch let error as HTTPClientError where error == .deadlineExceeded || error == .connectTimeout {
            throw StatusError(
                .unreachable, operation, detail: "no answer within \(timeLimit)",
                remedy: "The agent is there but stuck; its log says more")
        } catch {
            throw StatusError(.unreachable, operation, detail: "\(error)")
        }
    }

    private func unreachable(_ operation: String, errno code: CInt) -> StatusError {
        let remedy =
            switch code {
            case ENOENT, ENOTDIR:
                "Is the agent running? Start it with margay agent, or name its socket with --socket"
            case ECONNREFUSED: "The agent has ended without removing its socket; start it with margay agent"
            case EACCES, EPERM: "Ask as root, or as a member of the group in status.group"
            default: "Name the agent's socket with --socket"
            }
        return StatusError(.unreachable, operation, errno: code, remedy: remedy)
    }

    /// The path as the host of an `http+unix` URL: everything but unreserved characters (RFC 3986) is encoded.
    private func percentEncoded(_ path: String) -> String {
        path.utf8.reduce(into: "") { result, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                result += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
    }
}
