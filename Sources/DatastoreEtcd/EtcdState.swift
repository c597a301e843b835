import Datastore
import Logging
import Resources

/// What the keys of etcd say, key by key, and what was told of it. No I/O.
///
/// What was told stays known across connections: a later listing tells only what differs from it.
struct EtcdState {
    private struct Record {
        /// Of the value's bytes.
        var fingerprint: UInt64
        /// The latest listing that found the key, or was before its latest change.
        var listing: UInt64
        /// Whether a good version is in force, not necessarily the one that the key holds.
        var isInForce = false
    }

    private let reader: ResourceReader
    private let logger: Logger
    private var records: [EtcdKey: Record] = [:]
    private var rejections: [EtcdKey: RejectedResource] = [:]
    private var haveRejectionsChanged = false
    private var listing: UInt64 = 0
    /// Whether a listing was ever taken in to its end.
    private(set) var isComplete = false

    init(reader: ResourceReader, logger: Logger) {
        self.reader = reader
        self.logger = logger
    }

    /// A listing begins. One that broke off before the first was complete is forgotten, with all that it told.
    mutating func beginListing() -> [DatastoreEvent] {
        listing += 1
        guard !isComplete else { return [] }
        records = [:]
        rejections = [:]
        haveRejectionsChanged = true
        return [.snapshotBegins]
    }

    /// Takes in what the listing found next.
    mutating func list(_ found: [EtcdChange]) -> [DatastoreEvent] { found.compactMap { take($0) } }

    /// The listing has found everything: what it has not found is gone.
    mutating func endListing() -> [DatastoreEvent] {
        let gone = records.filter { $0.value.listing != listing }.keys
        let deletions = gone.compactMap { forget($0) }
        isComplete = true
        return deletions + takeRejections() + [.inSync]
    }

    /// Takes in what has changed since the listing.
    mutating func apply(_ changes: [EtcdChange]) -> [DatastoreEvent] {
        changes.compactMap { take($0) } + takeRejections()
    }

    private mutating func takeRejections() -> [DatastoreEvent] {
        guard haveRejectionsChanged else { return [] }
        haveRejectionsChanged = false
        return [
            .rejections(
                rejections.values.sorted { ($0.location, $0.resource) < ($1.location, $1.resource) })
        ]
    }

    private mutating func take(_ change: EtcdChange) -> DatastoreEvent? {
        let path = String(decoding: change.key, as: UTF8.self)
        guard var key = EtcdKey(path) else { return nil }
        guard let value = change.value else { return forget(key) }
        var record = Record(fingerprint: Self.fingerprint(of: value), listing: listing)
        if let former = records[key] {
            record.isInForce = former.isInForce
            if former.fingerprint == record.fingerprint {
                records[key] = record
                return nil
            }
        }
        defer { records[key] = record }
        switch read(value, of: key, at: path) {
        case .success(let document):
            record.isInForce = true
            // The same text, of which there need be only one.
            key = .resource(document.resource.key)
            if rejections.removeValue(forKey: key) != nil { haveRejectionsChanged = true }
            return .put(document.resource, document.location)
        case .failure(var rejected):
            rejected.resource.lastGoodKept = record.isInForce
            rejections[key] = rejected.resource
            haveRejectionsChanged = true
            return nil
        }
    }

    private mutating func forget(_ key: EtcdKey) -> DatastoreEvent? {
        guard let record = records.removeValue(forKey: key) else { return nil }
        if rejections.removeValue(forKey: key) != nil { haveRejectionsChanged = true }
        guard record.isInForce, case .resource(let key) = key else { return nil }
        return .delete(key)
    }

    private static func fingerprint(of value: [UInt8]) -> UInt64 {
        var hasher = Hasher()
        value.withUnsafeBytes { hasher.combine(bytes: $0) }
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}

// One value.
extension EtcdState {
    private struct Document {
        var resource: Resource
        var location: ResourceLocation
    }

    private struct Refusal: Error {
        var resource: RejectedResource
    }

    private func read(_ value: [UInt8], of key: EtcdKey, at path: String) -> Result<Document, Refusal> {
        guard case .resource(let identity) = key else {
            // Not by the path alone, which might be taken for what keys below it lie in.
            return .failure(refusal(of: "key \(path)", at: path, "no resource of this kind is kept under such a key"))
        }
        let name = identity.description
        let documents = reader.documents(in: value, file: path, isJSON: true)
        for warning in documents.flatMap(\.warnings) { logger.warning("\(warning)") }
        guard documents.count == 1, let document = documents.first else {
            let count = documents.isEmpty ? "nothing" : "\(documents.count) resources"
            return .failure(refusal(of: name, at: path, "the key holds \(count), and one resource is expected"))
        }
        switch document.outcome {
        case .accepted(let resource) where resource.key == identity:
            return .success(Document(resource: resource, location: document.location))
        case .accepted(let resource):
            return .failure(refusal(of: name, at: path, "the key holds another resource, \(resource.key)"))
        case .rejected(var rejection):
            // Whatever the value says of itself, this is the key that it keeps from being used.
            rejection.key = identity
            return .failure(Refusal(resource: RejectedResource(rejection, lastGoodKept: false)))
        case .ignored:
            return .failure(
                refusal(of: name, at: path, "the key holds something else than a \(identity.kind.rawValue)"))
        }
    }

    private func refusal(of resource: String, at path: String, _ message: String) -> Refusal {
        Refusal(
            resource: RejectedResource(
                resource: resource, location: ResourceLocation(file: path, line: 1, column: 1), message: message,
                lastGoodKept: false))
    }
}
