import Dataplane
import DataplaneLinux
import FoundationEssentials
import NetworkValues
import Resources

extension CheckResult {
    /// The document of `check -o json`, indented, keys sorted. Its fields are a stable interface; those that status has
    /// too are named alike.
    /// - Throws: `EncodingError`.
    package func json() throws -> String {
        let document = Document(
            clean: isClean, endpoints: rows.map(Document.Endpoint.init), findings: findings, notes: notes)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(document), as: UTF8.self)
    }

    fileprivate struct Document: Encodable {
        struct Endpoint: Encodable {
            let name: String
            let namespace: String
            let interfaceName: String
            let state: String
            let reason: String
            let macFilter: MACFilter
            let networks: [Network]
            let nats: [NAT]
            let drops: [String: UInt64]
            /// Absent without `--probe`.
            let probe: Probe?
        }

        struct MACFilter: Encodable {
            let mac: String?
            let state: String
        }

        struct Network: Encodable {
            let cidr: String
            let state: String
        }

        struct NAT: Encodable {
            let internalIP: String
            let externalIP: String
            let state: String
        }

        struct Probe: Encodable {
            let state: String
            /// Frames that were dropped, by reason; absent unless proven.
            let dropped: [String: UInt64]?
            /// Frames that were not; absent unless failed.
            let passed: [String]?
            /// Why nothing was sent; absent unless not probed.
            let reason: String?
        }

        /// Whether the exit code is 0 as far as the kernel is concerned.
        let clean: Bool
        let endpoints: [Endpoint]
        let findings: [String]
        let notes: [String]
    }
}

extension CheckResult.Document.Endpoint {
    fileprivate init(_ row: CheckResult.Row) {
        let endpoint = row.endpoint
        self.init(
            name: row.key.name, namespace: row.key.namespace ?? "", interfaceName: endpoint.interfaceName.rawValue,
            state: row.state.phase.rawValue, reason: row.state.reason,
            macFilter: .init(mac: endpoint.mac.map { "\($0)" }, state: row.state.filter.rawValue),
            networks: zip(endpoint.ipNetworks, row.state.networks).map { .init(cidr: "\($0)", state: $1.rawValue) },
            nats: zip(endpoint.ipNATs, row.state.nats).map {
                .init(internalIP: "\($0.internalIP)", externalIP: "\($0.externalIP)", state: $1.rawValue)
            },
            drops: DropReason.allCases.reduce(into: [:]) { $0[$1.rawValue] = row.drops[$1] ?? 0 },
            probe: row.probe.map(CheckResult.Document.Probe.init))
    }
}

extension CheckResult.Document.Probe {
    fileprivate init(_ outcome: ProbeOutcome) {
        switch outcome {
        case .proven(let sent):
            let dropped = Dictionary(uniqueKeysWithValues: sent.map { ($0.key.rawValue, $0.value) })
            self.init(state: "proven", dropped: dropped, passed: nil, reason: nil)
        case .failed(let passed): self.init(state: "failed", dropped: nil, passed: passed, reason: nil)
        case .notProbed(let reason): self.init(state: "notProbed", dropped: nil, passed: nil, reason: reason)
        }
    }
}
