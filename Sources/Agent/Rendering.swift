import Dataplane
import NetworkValues
package import Nftables
package import Resources
import Routing
package import Settings

/// What would be programmed for resources on a host where every endpoint's interface is up. Pure: nothing is read from
/// this host or written to it.
package struct Rendering: Sendable {
    package let node: String
    /// Local endpoints, those included that are not programmed.
    package let endpointCount: Int
    /// The tables in the order in which they are programmed; only those that are wanted.
    package let tables: [TableText]
    package let routes: [RouteCommand]
    package let neighbours: [NeighbourCommand]
    package let sysctls: [SysctlCommand]
    /// What keeps an endpoint from being up, and what is worth knowing about one that would be.
    package let notes: [String]

    package init(_ resources: [Resource], _ settings: AgentSettings) {
        let model = DataplaneModel(rendering: resources, settings)
        let names = Dictionary(uniqueKeysWithValues: model.interfaces.map { ($0.value.index, $0.key) })
        self.init(model) { index in names[index]?.rawValue ?? "lo" }
    }

    private init(_ model: DataplaneModel, _ interfaceName: (UInt32) -> String) {
        let tracker = model.tracker
        node = model.options.node
        endpointCount = model.endpoints.count
        tables = Table.owned.filter { tracker.tables.desired($0) != nil }.map { TableText($0, tracker) }
        routes = tracker.routes.desiredKeys.map { RouteCommand($0, interfaceName) }.sorted()
        neighbours = tracker.neighbours.desiredKeys.sorted().compactMap { id in
            tracker.neighbours.desired(id).map {
                NeighbourCommand(id, $0, protocol: model.options.routeProtocol, interfaceName)
            }
        }
        sysctls = tracker.sysctls.desiredKeys.sorted().compactMap { id in
            tracker.sysctls.desired(id).map { SysctlCommand(id, value: $0) }
        }
        notes = Self.notes(on: model)
    }

    /// The states that endpoints would have in a kernel that holds all that is wanted.
    private static func notes(on model: DataplaneModel) -> [String] {
        var model = model
        model.observe(DataplaneSnapshot(wantedBy: model.tracker))
        return model.endpoints.keys.sorted().compactMap { key in
            guard let state = model.state(of: key), !state.reason.isEmpty else { return nil }
            let phase = state.phase == .up ? "" : "\(state.phase.rawValue): "
            return "\(key.shortName): \(phase)\(state.reason)"
        }
    }
}

extension DataplaneModel {
    /// Of a host where every endpoint's interface is up, and of which nothing else is known.
    /// - Parameter yielding: Those among the endpoints that lose every contest with others.
    init(rendering resources: [Resource], _ settings: AgentSettings, yielding: Set<ResourceKey> = []) {
        self.init(options: DataplaneOptions(settings))
        for resource in resources {
            put(resource, yields: yielding.contains(resource.key))
        }
        let names = Set(endpoints.values.map(\.interfaceName)).sorted()
        // The loopback interface has index 1 in every network namespace.
        for (index, name) in zip(UInt32(2)..., names) {
            setInterface(InterfaceState(index: index, isUp: true, isRunning: true), for: name)
        }
        // No route of this host answers for an endpoint's own gateway, and both families are there.
        setHost(HostFacts())
        update()
    }
}

extension TableText {
    /// The table as it is wanted: sets by name, then base chains in the order of the packet path, then the others.
    init(_ table: Table, _ tracker: DataplaneTracker) {
        let sets = tracker.sets.desiredKeys.filter { $0.table == table }.sorted().compactMap { id in
            tracker.sets.desired(id).map { definition in
                SetText(definition, tracker.elements.elements(of: id)?.desired ?? [])
            }
        }
        let chains = tracker.chains.desiredKeys.filter { $0.table == table }.compactMap { id in
            tracker.chains.desired(id).map { (id: id, contents: $0) }
        }
        self.init(
            table, sets: sets,
            chains: chains.sorted { ChainOrder($0) < ChainOrder($1) }.map { id, contents in
                ChainText(Chain(id.name, base: contents.base), contents.texts)
            })
    }

    private struct ChainOrder: Comparable {
        let hook: UInt32
        let priority: Int32
        let name: String

        init(_ chain: (id: ChainID, contents: ChainContents)) {
            let base = chain.contents.base
            hook = base.flatMap { $0.hookNumber(in: chain.id.table.family) } ?? .max
            priority = base?.priority ?? 0
            name = chain.id.name
        }

        static func < (left: Self, right: Self) -> Bool {
            (left.hook, left.priority, left.name) < (right.hook, right.priority, right.name)
        }
    }
}

extension ChainContents {
    /// The rules of a chain that is wanted.
    var texts: [TableText.RuleText] {
        zip(rules, ruleTexts).map { TableText.RuleText($1, comment: $0.comment) }
    }
}

extension DataplaneSnapshot {
    /// The kernel as it would be read back with all in it that is wanted.
    fileprivate init(wantedBy tracker: DataplaneTracker) {
        self.init()
        tables.states = tracker.tables.allDesired
        tables.sets = tracker.sets.allDesired
        tables.chains = tracker.chains.allDesired
        for set in tracker.elements.sets {
            tables.elements.append(tracker.elements.elements(of: set)?.desired ?? [], to: set)
        }
        routes = Set(tracker.routes.desiredKeys)
        neighbours = tracker.neighbours.allDesired
        sysctls = tracker.sysctls.allDesired
    }
}

extension ObjectTracker {
    fileprivate var allDesired: [Key: Value] {
        desiredKeys.reduce(into: [:]) { $0[$1] = desired($1) }
    }
}
