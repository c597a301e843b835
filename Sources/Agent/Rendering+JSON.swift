import Dataplane
import FoundationEssentials
import NetworkValues
import Nftables
import Routing

extension Rendering {
    /// The document of `render -o json`, indented, keys sorted. Its fields are a stable interface.
    /// - Throws: `EncodingError`.
    package func json() throws -> String {
        let document = Document(
            tables: tables.map(Document.Table.init), routes: routes.map(Document.Route.init),
            neighbours: neighbours.map(Document.Neighbour.init),
            sysctls: Dictionary(sysctls.map { ($0.name, $0.value) }) { first, _ in first })
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(document), as: UTF8.self)
    }

    /// Not libnftables' own JSON, which names a map's chains before nft 1.0.6 knows them.
    fileprivate struct Document: Encodable {
        struct Table: Encodable {
            let family: String
            let name: String
            let sets: [Set]
            let chains: [Chain]
        }

        struct Set: Encodable {
            let name: String
            let type: String
            /// What a map answers with: `verdict` or a type. Absent for a set.
            let map: String?
            let flags: [String]
            let size: UInt32?
            let counter: Bool
            let elements: [Element]
        }

        struct Element: Encodable {
            let key: String
            let value: String?
        }

        struct Chain: Encodable {
            let name: String
            // Of base chains only.
            let type: String?
            let hook: String?
            let priority: Int32?
            let policy: String?
            let rules: [Rule]
        }

        struct Rule: Encodable {
            let text: String
            let comment: String?
        }

        struct Route: Encodable {
            let destination: String
            let type: String
            let device: String
            let table: UInt32
            let scope: String?
            let metric: UInt32
            let `protocol`: UInt8
        }

        struct Neighbour: Encodable {
            let address: String
            let device: String
            /// Absent for a proxy entry.
            let lladdr: String?
            /// Whether the host answers for the address.
            let proxy: Bool
            let router: Bool
            let `protocol`: UInt8
        }

        let tables: [Table]
        let routes: [Route]
        let neighbours: [Neighbour]
        let sysctls: [String: String]
    }
}

extension Rendering.Document.Table {
    fileprivate init(_ table: TableText) {
        self.init(
            family: table.table.family.description, name: table.table.name,
            sets: table.sets.map { set in
                let definition = set.definition
                let map: String? =
                    switch definition.mapping {
                    case .none: nil
                    case .verdict: "verdict"
                    case .data(let type): type.description
                    }
                return .init(
                    name: definition.name, type: definition.key.description, map: map,
                    flags: definition.isInterval ? ["interval"] : [], size: definition.size,
                    counter: definition.hasCounters,
                    elements: set.elements.map { .init(key: $0.key, value: $0.target) })
            },
            chains: table.chains.map { chain in
                let base = chain.chain.base
                return .init(
                    name: chain.chain.name, type: base?.kind.rawValue, hook: base?.hook.rawValue,
                    priority: base?.priority, policy: base.map { $0.policy == .drop ? "drop" : "accept" },
                    rules: chain.rules.map { .init(text: $0.text, comment: $0.comment) })
            })
    }
}

extension Rendering.Document.Route {
    fileprivate init(_ command: RouteCommand) {
        let route = command.route
        self.init(
            destination: route.destination.description, type: route.type.description, device: command.device,
            table: route.table, scope: command.scope, metric: route.priority, protocol: route.protocol.rawValue)
    }
}

extension Rendering.Document.Neighbour {
    fileprivate init(_ command: NeighbourCommand) {
        var lladdr: String?
        var (isProxy, isRouter) = (false, false)
        switch command.entry {
        case .permanent(let address): lladdr = address.description
        case .proxy(let router): (isProxy, isRouter) = (true, router)
        }
        self.init(
            address: command.address.description, device: command.device, lladdr: lladdr, proxy: isProxy,
            router: isRouter, protocol: command.protocol)
    }
}
