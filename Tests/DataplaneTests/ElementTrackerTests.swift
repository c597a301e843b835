import Nftables
import Testing

@testable import Dataplane

/// The tracker of elements beside two dictionaries that say the same.
struct ElementTrackerTests {
    private struct Reference {
        var desired: [ElementID: Element.Target] = [:]
        var actual: [ElementID: Element.Target] = [:]
    }

    private static let sets: [SetID] = [KnownSet.source4.id, KnownSet.from.id, SetID(.margay, "sel4-1")]
    private static let targets: [Element.Target] = [
        .none, .verdict(.goto("one")), .verdict(.goto("two")), .data([1, 2, 3, 4]),
    ]

    /// So few keys that each meets every state, and so many that their lists are packed.
    private static let keys: [UInt8] = [40, 250]

    /// Few are of two lengths, with ends of intervals and ranges among them; many are alike.
    private static func element(_ random: inout SystemRandomNumberGenerator, _ keys: UInt8) -> Element {
        let number = UInt8.random(in: 0..<keys, using: &random)
        guard keys < 100 else { return Element(ElementKey(bytes: [UInt8](repeating: number, count: 16))) }
        let key = ElementKey(bytes: [UInt8](repeating: number, count: number % 5 == 0 ? 20 : 16))
        return switch number % 7 {
        case 1: Element(key, isIntervalEnd: true)
        case 2: Element(key, through: ElementKey(bytes: key.bytes.map { $0 + 1 }))
        default: Element(key)
        }
    }

    @Test(arguments: keys) func itSaysWhatTwoDictionariesSay(_ keys: UInt8) {
        var random = SystemRandomNumberGenerator()
        var tracker = ElementTracker()
        var reference = Reference()
        for step in 0..<4000 {
            let set = Self.sets.randomElement(using: &random) ?? Self.sets[0]
            let id = ElementID(set, Self.element(&random, keys))
            let target = Bool.random(using: &random) ? Self.targets.randomElement(using: &random) : nil
            if Bool.random(using: &random) {
                if target == Element.Target.none, id.isKeyAlone, let known = set.known {
                    // What is not known yet has a way of its own.
                    let isNew = tracker.want(new: id.key, of: known)
                    #expect(!isNew || reference.desired[id] == nil && reference.actual[id] == nil)
                    if !isNew { tracker.setDesired(target, for: id) }
                } else {
                    tracker.setDesired(target, for: id)
                }
                reference.desired[id] = target
            } else {
                tracker.setActual(target, for: id)
                reference.actual[id] = target
            }
            #expect(tracker.desired(id) == reference.desired[id])
            #expect(tracker.actual(id) == reference.actual[id])
            if step.isMultiple(of: 50) { expect(tracker, reference) }
        }
        expect(tracker, reference)
    }

    @Test(arguments: keys) func aListIsWantedAsItsElementsWouldBeOneByOne(_ keys: UInt8) {
        var random = SystemRandomNumberGenerator()
        var tracker = ElementTracker()
        var reference = Reference()
        let set = KnownSet.from
        for _ in 0..<200 {
            for _ in 0..<keys / 2 {
                let id = ElementID(set.id, Self.element(&random, keys))
                tracker.setDesired(nil, for: id)
                reference.desired[id] = nil
                let target = Bool.random(using: &random) ? Self.targets.randomElement(using: &random) : nil
                tracker.setActual(target, for: id)
                reference.actual[id] = target
            }
            // Some of them twice.
            let areLed = Bool.random(using: &random)
            let list = ElementList(
                (0..<keys).map { _ in
                    let target = areLed ? Self.targets.randomElement(using: &random) : nil
                    return Self.element(&random, keys).leading(to: target ?? .none)
                })
            let known = tracker.want(new: list, of: set)
            #expect((known == nil) == (keys < 100))
            for (place, element) in list.enumerated() {
                let id = ElementID(set.id, element)
                if known?.contains(place) == false {
                    #expect(reference.desired[id] == nil && reference.actual[id] == nil)
                } else {
                    tracker.setDesired(element.target, for: id)
                }
            }
            for element in list { reference.desired[ElementID(set.id, element)] = element.target }
            expect(tracker, reference)
        }
    }

    @Test(arguments: keys) func aReadingLeavesWhatWasReadAndTellsWhatDiffered(_ keys: UInt8) {
        var random = SystemRandomNumberGenerator()
        var tracker = ElementTracker()
        var reference = Reference()
        for _ in 0..<300 {
            let set = Self.sets.randomElement(using: &random) ?? Self.sets[0]
            for _ in 0..<keys / 4 {
                let id = ElementID(set, Self.element(&random, keys))
                let target = Bool.random(using: &random) ? Self.targets.randomElement(using: &random) : nil
                tracker.setDesired(target, for: id)
                reference.desired[id] = target
            }
            var found: [ElementID: Element.Target] = [:]
            for _ in 0..<keys / 2 {
                found[ElementID(set, Self.element(&random, keys))] = Self.targets.randomElement(using: &random)
            }
            var expected: Set<Drift> = []
            let before = reference.actual.filter { $0.key.set == set }
            for id in Set(before.keys).union(found.keys) where before[id] != found[id] {
                let change: Drift.Change = before[id] == nil ? .foreign : found[id] == nil ? .deleted : .altered
                let isWanted = reference.desired[id] != nil
                guard found[id] == nil ? isWanted : found[id] != reference.desired[id] else { continue }
                expected.insert(Drift(object: .element(id), change: change))
            }
            reference.actual = reference.actual.filter { $0.key.set != set }.merging(found) { $1 }
            var drift: [Drift] = []
            tracker.read(set, as: ElementList(found.map { $0.key.element(target: $0.value) })) { drift.append($0) }
            #expect(Set(drift) == expected && drift.count == expected.count)
            expect(tracker, reference)
        }
    }

    @Test(arguments: keys) func aVerificationIsAboutWhatWasTouchedAlone(_ keys: UInt8) {
        var random = SystemRandomNumberGenerator()
        var tracker = ElementTracker()
        var reference = Reference()
        let set = KnownSet.from.id
        for round in 0..<300 {
            for _ in 0..<keys / 4 {
                let id = ElementID(set, Self.element(&random, keys))
                let target = Bool.random(using: &random) ? Self.targets.randomElement(using: &random) : nil
                tracker.setDesired(target, for: id)
                reference.desired[id] = target
            }
            let pending = Set(reference.desired.keys).union(reference.actual.keys)
                .filter { reference.desired[$0] != reference.actual[$0] }
            let changes = tracker.changes(of: set)
            // In the order of a plan, what it adds or all of it; or some of it and others as well, in any.
            let (list, touched): (ElementList, Set<ElementID>) =
                switch round % 4 {
                case 0: (changes.updates, pending.filter { reference.desired[$0] != nil })
                case 1: (changes.updates + changes.deletions, pending)
                default:
                    { (ElementList($0.map { $0.element() }), $0) }(
                        Set((0..<8).map { _ in ElementID(set, Self.element(&random, keys)) }))
                }
            var found: [ElementID: Element.Target] = [:]
            for _ in 0..<keys / 4 * 3 {
                found[ElementID(set, Self.element(&random, keys))] = Self.targets.randomElement(using: &random)
            }
            for id in touched { reference.actual[id] = found[id] }
            if round.isMultiple(of: 8) {
                // What is wanted by now may stand in rows that were others' when it was planned.
                for _ in 0..<keys {
                    let id = ElementID(set, Self.element(&random, keys))
                    let target = Bool.random(using: &random) ? Self.targets.randomElement(using: &random) : nil
                    tracker.setDesired(target, for: id)
                    reference.desired[id] = target
                }
            }
            tracker.observe(list, of: set, among: ElementList(found.map { $0.key.element(target: $0.value) }))
            expect(tracker, reference)
        }
    }

    private func expect(_ tracker: ElementTracker, _ reference: Reference) {
        let updates = reference.desired.filter { $0.value != reference.actual[$0.key] }
        let deletions = reference.actual.filter { reference.desired[$0.key] == nil }
        #expect(tracker.pendingUpdates == updates)
        // None of them twice: the kernel would refuse that.
        let listed = Self.sets.map { tracker.changes(of: $0) }
        #expect(listed.reduce(0) { $0 + $1.updates.count } == updates.count)
        #expect(listed.reduce(0) { $0 + $1.deletions.count } == deletions.count)
        #expect(Dictionary(tracker.pendingDeletions.map { ($0.key, $0.value) }) { $1 } == deletions)
        #expect(tracker.hasPending == !(updates.isEmpty && deletions.isEmpty))
        #expect(tracker.pendingCount == updates.count + deletions.count)
        #expect(tracker.desiredCount == reference.desired.count)
        #expect(tracker.actualCount == reference.actual.count)
        #expect(Set(tracker.desiredKeys) == Set(reference.desired.keys))
        #expect(Set(tracker.actualKeys) == Set(reference.actual.keys))
        #expect(Set(tracker.pendingSets) == Set((Array(updates.keys) + deletions.keys).map(\.set)))
        for set in Self.sets {
            let differing = updates.keys.filter { $0.set == set && reference.actual[$0] != nil }
            #expect(
                Set(tracker.elements(of: set)?.differing ?? [])
                    == Set(differing.map { $0.element(target: reference.actual[$0] ?? .none) }))
        }
    }
}

struct ElementRecordsTests {
    @Test func whatIsWrittenIsRead() {
        let key = ElementKey(bytes: [1, 2, 3, 4])
        let written: [(KnownSet, Element)] = [
            (.endpoints, Element(key)), (.from, Element(key, target: .verdict(.goto("group-0-egress")))),
            (.from, Element(key, target: .verdict(.drop))), (.dnat4, Element(key, target: .data([10, 0, 0, 1]))),
            (.natExcluded4, Element(key, isIntervalEnd: true)),
            (.wide4, Element(key, through: ElementKey(bytes: [1, 2, 3, 9]))), (.arpGateways, Element(ElementKey())),
            (.source4, Element(ElementKey(bytes: [1, 2, 3, 4, 5, 6]))), (.macs, Element(ElementKey(bytes: [1, 2, 3]))),
            (.wide4, Element(ElementKey(bytes: [1, 2, 3, 4, 7]), through: ElementKey(bytes: [1, 2, 3, 4, 9]))),
            (.dnat4, Element(ElementKey(bytes: [1, 2, 4, 4, 5]), target: .data([1, 2, 3, 4, 5]))),
        ]
        var records = ElementRecords()
        for (set, element) in written { records.append(set, element) }
        var read: [(KnownSet, Element)] = []
        records.visit { read.append(($0, $1)) }
        #expect(read.map(\.0) == written.map(\.0))
        #expect(read.map(\.1) == written.map(\.1))
        #expect(records.ids == written.map { ElementID($0.id, $1) })
    }

    @Test(arguments: [true, false]) func aKeyOfSeveralSetsIsWrittenOnce(_ isFirst: Bool) {
        let sets: [KnownSet] = [.endpoints, .dropsMAC, .arpGateways]
        let (key, longer) = (ElementKey(bytes: [1, 2, 3]), ElementKey(bytes: [1, 2, 3, 4]))
        var records = ElementRecords()
        if !isFirst { records.append(.macs, key) }
        records.append(KnownSets(sets), key)
        if isFirst { records.append(.macs, key) }
        records.append(.source4, longer)
        records.append(.from, key, target: .verdict(.drop))
        records.append(KnownSets([.bare]), longer)
        var read: Set<ElementID> = []
        records.visit { read.insert(ElementID($0.id, $1)) }
        let names = (sets + [.macs, .from]).map { ElementID($0.id, Element(key)) }
        #expect(read == Set(names + [KnownSet.source4, .bare].map { ElementID($0.id, Element(longer)) }))
        #expect(records.count == 7 && records.ids.count == 7)
    }

    @Test func setsAreKnownByTheirPlace() {
        for set in KnownSet.allCases { #expect(KnownSet(ordinal: set.ordinal) == set && set.id.known == set) }
        #expect(Array(KnownSets(KnownSet.allCases)) == KnownSet.allCases, "as many as have a bit")
    }
}

struct ElementMapTests {
    @Test func elementsAreFoundChangedAndRemoved() {
        let set = KnownSet.endpoints.id
        func id(_ number: UInt8) -> ElementID { ElementID(set, Element(ElementKey(bytes: [number]))) }
        var map = ElementMap()
        map.append(ElementList((1...3).map { Element(ElementKey(bytes: [$0])) }), to: set)
        #expect(map[id(2)] == Element.Target.none && map[id(4)] == nil && map.count == 3)
        map[id(4)] = .verdict(.drop)
        #expect(map.removeValue(forKey: id(1)) != nil && map[id(1)] == nil)
        #expect(map[id(4)] == .verdict(.drop) && Set(map.keys) == [id(2), id(3), id(4)])
        #expect(map.filter { $0.key != id(3) }.count == 2)
        for number: UInt8 in 2...4 { map[id(number)] = nil }
        #expect(map == ElementMap())
    }
}
