import FoundationEssentials
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import SwiftProtobuf

/// A connection to one member of the cluster, and the calls that are made over it.
struct EtcdConnection: Sendable {
    let endpoint: EtcdEndpoint
    private let client: GRPCClient<HTTP2ClientTransport.Posix>
    let tuning: EtcdTuning
    private var metadata: Metadata = [:]

    /// Connects, authenticates if there is a user, and stays connected for as long as the body runs.
    /// - Throws: what the body throws; ``EtcdError`` where there is no getting so far.
    static func with<Result: Sendable>(
        _ endpoint: EtcdEndpoint, _ access: EtcdAccess, _ tuning: EtcdTuning,
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
            throw EtcdError(endpoint, "prepare a connection", "\(error)")
        }
        return try await withGRPCClient(transport: transport) { client in
            var connection = EtcdConnection(endpoint: endpoint, client: client, tuning: tuning)
            try await connection.authenticate(access)
            return try await body(connection)
        }
    }

    private init(endpoint: EtcdEndpoint, client: GRPCClient<HTTP2ClientTransport.Posix>, tuning: EtcdTuning) {
        self.endpoint = endpoint
        self.client = client
        self.tuning = tuning
    }

    private var options: CallOptions {
        var options = CallOptions.defaults
        options.timeout = tuning.call
        options.maxResponseMessageBytes = tuning.largestMessage
        return options
    }

    private mutating func authenticate(_ access: EtcdAccess) async throws {
        guard let username = access.username else { return }
        var request = EtcdAuthenticateRequest()
        request.name = username
        request.password = try access.password(for: endpoint)
        do {
            let token = try await EtcdAuth.Client(wrapping: client).authenticate(request, options: options).token
            metadata.addString(token, forKey: "token")
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
            case .resourceExhausted where limit > 1: throw ListingInterruption.tooLarge
            default: throw EtcdError(endpoint, "list \(EtcdKey.prefix)", error)
            }
        }
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
        var options = CallOptions.defaults
        options.maxResponseMessageBytes = tuning.largestMessage
        var metadata = metadata
        // A member that has lost its cluster ends the watch instead of staying silent (etcd's `WithRequireLeader`).
        metadata.addString("true", forKey: "hasleader")
        do {
            try await EtcdWatch.Client(wrapping: client).watch(metadata: metadata, options: options) { writer in
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
                    fragments += message.events.map(EtcdChange.init)
                    // A revision is taken in as a whole.
                    guard !message.fragment else { continue }
                    inbox.add(fragments)
                    fragments = []
                }
                throw EtcdError(endpoint, "watch \(EtcdKey.prefix)", "the server ended the watch")
            }
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
    fileprivate var target: any ResolvableTarget {
        if host.contains(":") { return .ipv6(address: host, port: Int(port)) }
        let isAddress = host.utf8.allSatisfy { $0 == UInt8(ascii: ".") || (0x30...0x39).contains($0) }
        return isAddress ? .ipv4(address: host, port: Int(port)) : .dns(host: host, port: Int(port))
    }
}
