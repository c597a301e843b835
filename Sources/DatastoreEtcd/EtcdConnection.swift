import FoundationEssentials
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import NetworkValues
import SwiftProtobuf

/// A connection to one member of the cluster, and the calls that are made over it.
struct EtcdConnection: Sendable {
    let endpoint: EtcdEndpoint
    private let client: GRPCClient<HTTP2ClientTransport.Posix>
    let tuning: EtcdTuning
    /// A member that has lost its cluster refuses a call and ends a watch instead of leaving both without an answer
    /// (etcd's `WithRequireLeader`).
    private var metadata: Metadata = ["hasleader": "true"]

    /// Connects, authenticates if there is a user, and stays connected for as long as the body runs.
    /// - Parameter executor: On whose threads sockets are opened.
    /// - Throws: what the body throws; ``EtcdError`` where there is no getting so far.
    static func with<Result: Sendable>(
        _ endpoint: EtcdEndpoint, _ access: EtcdAccess, _ tuning: EtcdTuning, on executor: any TaskExecutor,
        isolation: isolated (any Actor)? = #isolation, _ body: (EtcdConnection) async throws -> Result
    ) async throws -> Result {
        let transport: HTTP2ClientTransport.Posix
        do {
            transport = try HTTP2ClientTransport.Posix(
                target: endpoint.target, transportSecurity: try access.transportSecurity(to: endpoint),
                config: .defaults { config in
                    // A peer that is gone without a word, as behind a cut cable: asked after 10 s of silence, given up after
                    // 5 s more. etcd allows a question every 5 s (--grpc-keepalive-min-time).
                    config.connection.keepalive = .init(
                        time: tuning.keepalive, timeout: tuning.keepaliveAnswer, allowWithoutCalls: true)
                })
        } catch let error as EtcdError {
            throw error
        } catch {
            throw access.unusable(error, for: endpoint)
        }
        do {
            return try await withRunningClient(over: transport, on: executor) { client in
                var connection = EtcdConnection(endpoint: endpoint, client: client, tuning: tuning)
                if access.username == nil {
                    try await connection.greet()
                } else {
                    try await connection.authenticate(access)
                }
                return try await body(connection)
            }
        } catch let error as EtcdError {
            throw await error.examined(access, on: executor)
        }
    }

    private init(endpoint: EtcdEndpoint, client: GRPCClient<HTTP2ClientTransport.Posix>, tuning: EtcdTuning) {
        self.endpoint = endpoint
        self.client = client
        self.tuning = tuning
    }

    private var streamOptions: CallOptions {
        var options = CallOptions.defaults
        // The transport holds answers to the limit of requests, and 4 MiB without one; the other it does not read.
        options.maxRequestMessageBytes = tuning.largestMessage
        return options
    }

    private var options: CallOptions {
        var options = streamOptions
        options.timeout = tuning.call
        return options
    }

    private var firstOptions: CallOptions {
        var options = options
        options.timeout = tuning.connecting
        return options
    }

    /// Has the member answer something, whatever: what is not connected to in time would hold up the others for as long as a
    /// large page may take.
    private func greet() async throws {
        var request = EtcdRangeRequest()
        // No such key: its answer is empty.
        request.key = Data(EtcdKey.prefix.utf8)
        do {
            _ = try await EtcdKV.Client(wrapping: client).range(request, metadata: metadata, options: firstOptions)
        } catch let error as RPCError where error.code == .deadlineExceeded {
            throw noAnswer(to: "connect")
        } catch let error as RPCError where error.code == .unavailable {
            throw EtcdError(endpoint, "connect", error)
        } catch is RPCError {
            // It has answered, and listing will show what it has against that.
        }
    }

    private func noAnswer(to operation: String) -> EtcdError {
        EtcdError(
            endpoint, operation, "no answer within \(tuning.connecting.components.seconds) s",
            remedy: EtcdFailure.remedyOfSilence)
    }

    private mutating func authenticate(_ access: EtcdAccess) async throws {
        guard let username = access.username else { return }
        var request = EtcdAuthenticateRequest()
        request.name = username
        request.password = try access.password(for: endpoint)
        do {
            let token = try await EtcdAuth.Client(wrapping: client).authenticate(request, options: firstOptions).token
            metadata.addString(token, forKey: "token")
        } catch let error as RPCError where error.code == .deadlineExceeded {
            throw noAnswer(to: "authenticate as \(username)")
        } catch let error as RPCError {
            // etcdctl goes on without a token too where the server wants none.
            guard !error.message.contains("authentication is not enabled") else { return }
            throw EtcdError(endpoint, "authenticate as \(username)", error)
        }
    }

    struct Page: Sendable {
        var revision: Int64
        var entries: [EtcdChange]
        var hasMore: Bool
    }

    /// Reads a part of a range.
    /// - Parameter revision: The point in time to read at; 0 for now.
    /// - Throws: ``ListingInterruption`` for what another attempt may do without, else ``EtcdError``.
    func page(of range: EtcdKeyRange, limit: Int, at revision: Int64) async throws -> Page {
        var request = EtcdRangeRequest()
        request.key = Data(range.start)
        request.rangeEnd = Data(range.end)
        request.limit = Int64(limit)
        request.revision = revision
        do {
            let answer = try await EtcdKV.Client(wrapping: client).range(request, metadata: metadata, options: options)
            return Page(
                revision: answer.header.revision,
                entries: answer.kvs.map { EtcdChange(key: Array($0.key), value: Array($0.value)) },
                hasMore: answer.more)
        } catch let error as RPCError {
            switch error.code {
            case .outOfRange where error.message.contains("compacted"): throw ListingInterruption.compacted
            case .internalError where isTooLarge(error):
                if limit > 1 { throw ListingInterruption.tooLarge }
                throw tooLarge("list \(EtcdKey.prefix)", "a value")
            default: throw EtcdError(endpoint, "list \(EtcdKey.prefix)", error)
            }
        }
    }

    /// Whether an answer was longer than allowed, as the transport tells it.
    private func isTooLarge(_ error: RPCError) -> Bool {
        error.code == .internalError && error.message.hasPrefix("Failed to decode message")
    }

    private func tooLarge(_ operation: String, _ what: String) -> EtcdError {
        EtcdError(endpoint, operation, "\(what) is larger than \(tuning.largestMessage >> 20) MiB")
    }

    /// Why a listing at one revision cannot go on.
    enum ListingInterruption: Error {
        /// The revision is compacted.
        case compacted
        /// The page is larger than a message may be.
        case tooLarge
    }

    /// Follows a range until the task is cancelled, the connection fails, or the server ends the watch.
    /// - Returns: When the revision to begin with is compacted.
    /// - Throws: ``EtcdError``.
    func watch(_ range: EtcdKeyRange, from revision: Int64, into inbox: WatchInbox) async throws {
        do {
            try await EtcdWatch.Client(wrapping: client).watch(metadata: metadata, options: streamOptions) { writer in
                try await writer.write(.creating(range, from: revision))
                while true {
                    try await Task.sleep(for: tuning.question)
                    try await writer.write(.with { $0.progressRequest = .init() })
                }
            } onResponse: { response in
                var fragments: [EtcdChange] = []
                for try await message in response.messages {
                    inbox.hear()
                    if message.canceled {
                        guard message.compactRevision == 0 else { return }
                        throw EtcdError(endpoint, "watch \(EtcdKey.prefix)", ending: message.cancelReason)
                    }
                    // A server that has begun anew would keep silent until it comes to this revision by itself.
                    guard !message.created || message.header.revision >= revision - 1 else {
                        throw EtcdError(
                            endpoint, "watch \(EtcdKey.prefix)",
                            "what it holds is older than what was listed: revision \(message.header.revision), and "
                                + "\(revision - 1) was listed")
                    }
                    fragments += message.events.map(EtcdChange.init)
                    // A revision is taken in as a whole.
                    guard !message.fragment else { continue }
                    inbox.add(fragments)
                    fragments = []
                }
                throw EtcdError(endpoint, "watch \(EtcdKey.prefix)", "the server ended the watch")
            }
        } catch let error as RPCError where isTooLarge(error) {
            throw tooLarge("watch \(EtcdKey.prefix)", "a change")
        } catch let error as RPCError {
            throw EtcdError(endpoint, "watch \(EtcdKey.prefix)", error)
        }
    }
}

extension EtcdWatchRequest {
    fileprivate static func creating(_ range: EtcdKeyRange, from revision: Int64) -> Self {
        .with { request in
            request.createRequest = .with {
                $0.key = Data(range.start)
                $0.rangeEnd = Data(range.end)
                $0.startRevision = revision
                $0.progressNotify = true
                $0.fragment = true
            }
        }
    }
}

extension EtcdChange {
    fileprivate init(_ event: EtcdEvent) {
        self.init(key: Array(event.kv.key), value: event.type == .delete ? nil : Array(event.kv.value))
    }
}

extension EtcdEndpoint {
    var target: any ResolvableTarget {
        // gRPC ends the process over an address that is none; as a name it is merely not found.
        guard let address = try? IPAddress(parsing: host) else { return .dns(host: host, port: Int(port)) }
        return address.family == .v4
            ? .ipv4(address: host, port: Int(port)) : .ipv6(address: host, port: Int(port))
    }
}
