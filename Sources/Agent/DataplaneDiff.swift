package import Dataplane
import NetworkValues
import Nftables
import Routing

/// What it would take to make the kernel agree with what is wanted, for a person to read. Pure.
package struct DataplaneDiff: Hashable, Sendable {
    package enum Sign: String, Hashable, Sendable {
        /// Wanted and not there.
        case missing = "+"
        /// There in a place that is ours, and not wanted.
        case unwanted = "-"
        case altered = "~"
    }

    package struct Entry: Hashable, Sendable {
        package let sign: Sign
        package let object: String
        /// What of an altered object is there (`-`) and what should be (`+`), in order.
        package let details: [Detail]
    }

    package struct Detail: Hashable, Sendable {
        package let sign: Sign
        package let text: String
    }

    package struct Section: Hashable, Sendable {
        package let title: String
        package let entries: [Entry]
    }

    /// The kinds of objects in which something differs, in the order in which they are programmed.
    package let sections: [Section]

    package var isEmpty: Bool { sections.isEmpty }

    package func count(_ sign: Sign) -> Int { sections.reduce(0) { $0 + $1.entries.count { $0.sign == sign } } }

    /// - Parameter model: Up to date with all inputs, and with what was read from the kernel.
    package init(_ model: DataplaneModel) {
        let builder = DiffBuilder(model: model)
        let all: [(String, [Entry])] = [
            ("Tables", builder.tables()), ("Sets and maps", builder.sets()), ("Elements", builder.elements()),
            ("Chains", builder.chains()), ("Routes", builder.routes()), ("Neighbours", builder.neighbours()),
            ("Kernel parameters", builder.sysctls()),
        ]
        sections = all.filter { !$0.1.isEmpty }.map {
            Section(title: $0.0, entries: $0.1.sorted { ($0.object, $0.sign.rawValue) < ($1.object, $1.sign.rawValue) })
        }
    }
}

private struct DiffBuilder {
    typealias Entry = DataplaneDiff.Entry
    typealias Detail = DataplaneDiff.Detail

    let model: DataplaneModel
    private var tracker: DataplaneTracker { model.tracker }

    init(model: DataplaneModel) {
        self.model = model
    }

    func tables() -> [Entry] {
        entries(tracker.tables, name: { model.describe(.table($0)) }) {
            "it has \($0), wanted \($1)"
        }
    }

    /// A set that is missing or unwanted as a whole stands for its elements.
    func sets() -> [Entry] {
        let members = Dictionary(grouping: differingElements, by: \.set)
        return differing(tracker.sets).map { id in
            let (actual, wanted) = (tracker.sets.actual(id), tracker.sets.desired(id))
            let count = members[id].map { " (\($0.count) \($0.count == 1 ? "element" : "elements"))" } ?? ""
            guard let actual, let wanted else {
                return entry(isThere: actual != nil, model.describe(.set(id)) + count)
            }
            return Entry(
                sign: .altered, object: model.describe(.set(id)),
                details: [
                    Detail(sign: .unwanted, text: words(of: actual)), Detail(sign: .missing, text: words(of: wanted)),
                ])
        }
    }

    private func words(of set: NamedSet) -> String {
        // A set of a kind that is never ours is read without its key.
        set.key.parts.isEmpty ? "of another type" : set.definitionText.joined(separator: "; ")
    }

    func elements() -> [Entry] {
        Dictionary(grouping: differingElements, by: \.set).flatMap { set, ids -> [Entry] in
            guard tracker.sets.actual(set) != nil, let definition = tracker.sets.desired(set) else { return [] }
            if definition.isInterval, !definition.key.isConcatenation {
                return ranges(of: set, definition)
            }
            return ids.map { id in
                let object = model.describe(.element(id))
                let (actual, wanted) = (tracker.elements.actual(id), tracker.elements.desired(id))
                guard let actual, let wanted else { return entry(isThere: actual != nil, object) }
                let (found, target) = (
                    definition.text(of: actual) ?? "nothing", definition.text(of: wanted) ?? "nothing"
                )
                return Entry(sign: .altered, object: "\(object): \(found), wanted \(target)", details: [])
            }
        }
    }

    /// Both ends of a range are one line: neither means anything alone.
    private func ranges(of set: SetID, _ definition: NamedSet) -> [Entry] {
        func texts(_ elements: ElementList) -> Set<String> { Set(definition.texts(of: elements).map(\.text)) }
        let elements = tracker.elements.elements(of: set)
        let (actual, wanted) = (texts(elements?.actual ?? []), texts(elements?.desired ?? []))
        return actual.symmetricDifference(wanted).map { text in
            entry(isThere: actual.contains(text), "element \(text) of \(set)")
        }
    }

    func chains() -> [Entry] {
        let spelled = spelledRules()
        return differing(tracker.chains).map { id in
            let object = model.describe(.chain(id))
            let (actual, wanted) = (tracker.chains.actual(id), tracker.chains.desired(id))
            guard let actual, let wanted else { return entry(isThere: actual != nil, object) }
            var details: [Detail] = []
            if actual.base != wanted.base {
                details = [
                    Detail(sign: .unwanted, text: actual.base?.text ?? "not at a hook"),
                    Detail(sign: .missing, text: wanted.base?.text ?? "not at a hook"),
                ]
            }
            func text(_ rule: CompiledRule) -> String { spelled[rule] ?? rule.text(in: id.table.family) }
            for change in wanted.rules.difference(from: actual.rules) {
                switch change {
                case .remove(_, let rule, _): details.append(Detail(sign: .unwanted, text: text(rule)))
                case .insert(_, let rule, _): details.append(Detail(sign: .missing, text: text(rule)))
                }
            }
            return Entry(sign: .altered, object: object, details: details)
        }
    }

    /// Our own spelling of every rule that is wanted anywhere: a rule that has only moved is shown by it as well.
    private func spelledRules() -> [CompiledRule: String] {
        tracker.chains.desiredKeys.reduce(into: [:]) { result, id in
            guard let contents = tracker.chains.desired(id) else { return }
            for (rule, text) in zip(contents.rules, contents.texts) {
                result[rule] = text.line
            }
        }
    }

    func routes() -> [Entry] {
        entries(tracker.routes, name: { model.describe(.route($0)) }) { "\($0), wanted \($1)" }
    }

    func neighbours() -> [Entry] {
        entries(tracker.neighbours, name: { model.describe(.neighbour($0)) }) { "\($0), wanted \($1)" }
    }

    func sysctls() -> [Entry] {
        entries(tracker.sysctls, name: { model.describe(.sysctl($0)) }) { "\($0), wanted \($1)" }
    }

    // MARK: Parts

    private var differingElements: [ElementID] {
        tracker.elements.pendingUpdates.keys + tracker.elements.pendingDeletions.map(\.key)
    }

    private func differing<Key>(_ tracker: some ObjectTracker<Key, some Any>) -> [Key] {
        tracker.pendingUpdates.keys + tracker.pendingDeletions.map(\.key)
    }

    /// - Parameter change: What is there and what is wanted, in words.
    private func entries<Key, Value>(
        _ tracker: some ObjectTracker<Key, Value>, name: (Key) -> String, change: (Value, Value) -> String
    ) -> [Entry] {
        differing(tracker).map { key in
            let (actual, wanted) = (tracker.actual(key), tracker.desired(key))
            guard let actual, let wanted else { return entry(isThere: actual != nil, name(key)) }
            return Entry(sign: .altered, object: "\(name(key)): \(change(actual, wanted))", details: [])
        }
    }

    private func entry(isThere: Bool, _ object: String) -> Entry {
        Entry(sign: isThere ? .unwanted : .missing, object: object, details: [])
    }
}
