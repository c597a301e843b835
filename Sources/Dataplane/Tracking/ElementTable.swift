import Nftables

/// The elements of one set that consist of a key and perhaps a target, all keys of one length: wanted, there, and where the
/// two differ.
///
/// What ``DeltaTracker`` is for anything, in the least memory and time: there are twenty and more of them for each endpoint.
struct ElementTable: Sendable {
    /// In bytes; 0 until there is an element.
    private(set) var keyLength = 0
    /// In words.
    private var stride = 0
    /// Row by row, filled up with zeros.
    private var keys: [UInt64] = []
    private var states: [RowState] = []
    /// By row: the wanted target, else the one that is there. Empty as long as there are none.
    private var targets: [Element.Target] = []
    /// The last one that was stored.
    private var common = Element.Target.none
    /// What is there where something else is wanted.
    private var others: [Int: Element.Target] = [:]
    private var index = RowIndex()
    private var free: [UInt32] = []
    private var pending = PendingRows()
    private(set) var desiredCount = 0
    private(set) var actualCount = 0

    var pendingCount: Int { pending.count }

    /// Whether it takes keys of this length.
    func takes(_ key: ElementKey) -> Bool { keyLength == key.count || keyLength == 0 && key.count > 0 }

    // MARK: Rows

    func row(_ key: ElementKey) -> Int? {
        guard key.count == keyLength else { return nil }
        return row(key, Self.hash(key, stride))
    }

    @inline(__always)
    private func row(_ key: ElementKey, _ hash: UInt32) -> Int? {
        key.withUnsafeWords { row($0, hash) }
    }

    @inline(__always)
    private func row(_ words: UnsafePointer<UInt64>, _ hash: UInt32) -> Int? {
        keys.withUnsafeBufferPointer { keys in
            index.row(hash) { Self.isKey(words, at: $0, of: keys, stride) }
        }
    }

    @inline(__always)
    private static func isKey(
        _ words: UnsafePointer<UInt64>, at row: Int, of keys: UnsafeBufferPointer<UInt64>, _ stride: Int
    ) -> Bool {
        let start = row * stride
        for word in 0..<stride where keys[start + word] != words[word] { return false }
        return true
    }

    /// Folded multiplications, with a secret: names and addresses of endpoints are others' to choose.
    @inline(__always)
    private static func hash(_ key: ElementKey, _ stride: Int) -> UInt32 {
        key.withUnsafeWords { hash($0, stride) }
    }

    private static func hash(_ keys: [UInt64], _ row: Int, _ stride: Int) -> UInt32 {
        keys.withUnsafeBufferPointer { keys in keys.baseAddress.map { hash($0 + row * stride, stride) } ?? 0 }
    }

    @inline(__always)
    private static func hash(_ words: UnsafePointer<UInt64>, _ stride: Int) -> UInt32 {
        var state = secret
        for word in 0..<stride {
            let product = (state ^ words[word]).multipliedFullWidth(by: 0x9e37_79b9_7f4a_7c15)
            state = product.high ^ product.low ^ secret
        }
        let product = state.multipliedFullWidth(by: 0xd6e8_feb8_6659_fd93)
        return UInt32(truncatingIfNeeded: product.high ^ product.low)
    }

    private static let secret = UInt64.random(in: 1 ... .max)

    func key(at row: Int) -> ElementKey {
        keys.withUnsafeBytes { bytes in
            ElementKey(bytes: UnsafeRawBufferPointer(rebasing: bytes[(row * stride * 8)...].prefix(keyLength)))
        }
    }

    func state(at row: Int) -> RowState { states[row] }

    func desired(at row: Int) -> Element.Target? {
        states[row].isWanted ? value(at: row) : nil
    }

    func actual(at row: Int) -> Element.Target? {
        guard states[row].isPresent else { return nil }
        return states[row].contains(.differs) ? others[row] : value(at: row)
    }

    private func value(at row: Int) -> Element.Target { targets.isEmpty ? .none : targets[row] }

    @inline(__always)
    private func isValue(_ target: Element.Target, at row: Int) -> Bool {
        if targets.isEmpty, case .none = target { true } else { value(at: row) == target }
    }

    /// Those of the pending elements whose state is such, with what is wanted in their place, else with what is there.
    func pending(where matches: (RowState) -> Bool) -> ElementList {
        let rows = pending.rows
        let count = rows.reduce(0) { $0 + (matches(states[Int($1)]) ? 1 : 0) }
        guard count > 0 else { return ElementList() }
        return ElementList(
            rows: count == rows.count ? rows : rows.filter { matches(states[Int($0)]) }, keys: keys,
            keyLength: keyLength, targets: targets)
    }

    /// Those that are there with another target than the wanted one, with that of theirs.
    var differing: ElementList {
        var list = ElementList()
        guard !others.isEmpty else { return list }
        for row in pending.rows where states[Int(row)].contains(.differs) {
            guard let former = others[Int(row)] else { continue }
            list.append(key(at: Int(row)), former)
        }
        return list
    }

    /// All rows; some are not in use.
    var rows: Range<Int> { states.indices }

    // MARK: Changes

    /// Wants a key without a target that is not known yet, as nearly every one that is wanted is.
    /// - Returns: Whether it was not known; else nothing has changed.
    @inline(__always)
    mutating func want(new key: ElementKey) -> Bool {
        guard let (row, isNew) = place(key, adding: true), isNew else { return false }
        enter(states[row].union(.wanted), at: row)
        return true
    }

    /// The same for a list, whose elements may have targets.
    /// - Returns: The places of those that were known, for which nothing has changed; `nil` where the list has other elements
    ///   as well, and nothing of it was taken.
    mutating func want(new list: ElementList) -> [Int]? {
        let length = keyLength == 0 ? list.first?.key.count ?? 0 : keyLength
        return list.withUnsafeKeys(ofLength: length) { words, targets in
            (keyLength, stride) = (length, (length + 7) / 8)
            reserve(list.count)
            var known: [Int] = []
            for place in list.indices {
                let key = words + place * stride
                let hash = Self.hash(key, stride)
                guard row(key, hash) == nil else {
                    known.append(place)
                    continue
                }
                let row = add(key, hash)
                if !targets.isEmpty { store(targets[place], at: row) }
                enter(states[row].union(.wanted), at: row)
            }
            return known
        }
    }

    mutating func setDesired(_ target: Element.Target?, for key: ElementKey) {
        guard let (row, isNew) = place(key, adding: target != nil) else { return }
        settle(row, isNew, key, desired: target, actual: isNew ? nil : actual(at: row))
    }

    mutating func setActual(_ target: Element.Target?, for key: ElementKey) {
        guard let (row, isNew) = place(key, adding: target != nil) else { return }
        settle(row, isNew, key, desired: isNew ? nil : desired(at: row), actual: target)
    }

    @inline(__always)
    private mutating func place(_ key: ElementKey, adding: Bool) -> (row: Int, isNew: Bool)? {
        if keyLength == 0 {
            guard adding else { return nil }
            (keyLength, stride) = (key.count, (key.count + 7) / 8)
        }
        let hash = Self.hash(key, stride)
        if let row = row(key, hash) { return (row, false) }
        return adding ? (key.withUnsafeWords { add($0, hash) }, true) : nil
    }

    private mutating func settle(
        _ row: Int, _ isNew: Bool, _ key: ElementKey, desired: Element.Target?, actual: Element.Target?
    ) {
        let former = states[row]
        var state = former.intersection([.listed, .seen])
        if desired != nil { state.insert(.wanted) }
        if actual != nil { state.insert(.present) }
        if let desired, let actual, desired != actual {
            state.insert(.differs)
            others[row] = actual
        } else if former.contains(.differs) {
            others[row] = nil
        }
        store(desired ?? actual ?? .none, at: row)
        enter(state, at: row)
        if !state.isWanted, !state.isPresent {
            let (keys, stride) = (keys, stride)
            index.remove(row) { Self.hash(keys, $0, stride) }
            free.append(UInt32(row))
        }
    }

    /// The row stands like this from now on.
    @inline(__always)
    private mutating func enter(_ state: RowState, at row: Int) {
        let former = states[row]
        var state = state
        desiredCount += (state.isWanted ? 1 : 0) - (former.isWanted ? 1 : 0)
        actualCount += (state.isPresent ? 1 : 0) - (former.isPresent ? 1 : 0)
        pending.note(row, from: former, to: &state)
        states[row] = state
        if pending.needsSweep { pending.sweep(&states) }
    }

    @inline(__always)
    private mutating func store(_ target: Element.Target, at row: Int) {
        if targets.isEmpty {
            if case .none = target { return }
            targets = [Element.Target](repeating: .none, count: states.count)
        }
        // Thousands of endpoints lead to one chain: to one text.
        if target != common { common = target }
        targets[row] = common
    }

    @inline(__always)
    private mutating func add(_ words: UnsafePointer<UInt64>, _ hash: UInt32) -> Int {
        let row: Int
        if let used = free.popLast() {
            row = Int(used)
            for word in 0..<stride { keys[row * stride + word] = words[word] }
        } else {
            row = states.count
            for word in 0..<stride { keys.append(words[word]) }
            states.append([])
            if !targets.isEmpty { targets.append(.none) }
        }
        if index.isFull(for: 1) { growIndex(for: 1) }
        index.insert(row, hash)
        return row
    }

    /// Makes room for so many more elements.
    private mutating func reserve(_ count: Int) {
        let more = count - free.count
        guard more > 0 else { return }
        keys.reserveCapacity(keys.count + more * stride)
        states.reserveCapacity(states.count + more)
        if index.isFull(for: more) { growIndex(for: more) }
    }

    private mutating func growIndex(for more: Int) {
        let (keys, stride) = (keys, stride)
        index.grow(for: more) { Self.hash(keys, $0, stride) }
    }

    // MARK: Awaiting

    /// Has ``find(_:for:)`` take this one, which may be unknown so far: what is found in its place is somebody else's then.
    mutating func await(_ key: ElementKey) {
        if let (row, _) = place(key, adding: true) { states[row].insert(.seen) }
    }

    /// The same for all of a list that stand in their rows still, as nearly all do since a plan found them there.
    /// - Returns: The places of the others; `nil` where the list says nothing of rows, and nothing of it is awaited.
    mutating func await(_ list: ElementList) -> [Int]? {
        list.withUnsafeRows(ofLength: keyLength) { rows, words in
            var others: [Int] = []
            for (place, row) in rows.enumerated() {
                let row = Int(row)
                let isThere =
                    states.indices.contains(row) && states[row].isPending
                    && keys.withUnsafeBufferPointer { Self.isKey(words + row * stride, at: row, of: $0, stride) }
                if isThere { states[row].insert(.seen) } else { others.append(place) }
            }
            return others
        }
    }

    /// - Returns: Whether the element was awaited; it is no more.
    mutating func find(_ target: Element.Target, for key: ElementKey) -> Bool {
        guard let row = row(key), states[row].contains(.seen) else { return false }
        states[row].remove(.seen)
        let former = states[row]
        guard former.isWanted, !former.isPresent, isValue(target, at: row) else {
            settle(row, false, key, desired: desired(at: row), actual: target)
            return true
        }
        // What was added is there as wanted: nearly all that is ever found.
        enter(former.union(.present), at: row)
        return true
    }

    /// Takes all of a list that are wanted as they were found, which is nearly all that is ever found.
    /// - Parameter awaited: One less for each.
    /// - Returns: The places of the others; `nil` where the list has other elements as well, and nothing of it was taken.
    mutating func find(_ found: ElementList, taken awaited: inout Int) -> [Int]? {
        // Moved out: both are changed while the keys are read.
        var (states, pending) = (states, pending)
        (self.states, self.pending) = ([], PendingRows())
        var present = 0
        let others = found.withUnsafeKeys(ofLength: keyLength) { words, foundTargets in
            var others: [Int] = []
            keys.withUnsafeBufferPointer { keys in
                index.withUnsafeSlots { slots in
                    for place in found.indices {
                        let key = words + place * stride
                        guard
                            let row = slots.row(Self.hash(key, stride), { Self.isKey(key, at: $0, of: keys, stride) }),
                            states[row].contains(.seen), states[row].isUpdate, !states[row].isPresent,
                            foundTargets.isEmpty
                                ? isValue(.none, at: row) : isValue(foundTargets[place], at: row)
                        else {
                            others.append(place)
                            continue
                        }
                        var state = states[row].subtracting(.seen).union(.present)
                        pending.note(row, from: states[row], to: &state)
                        states[row] = state
                        present += 1
                    }
                }
            }
            return others
        }
        actualCount += present
        awaited -= present
        if pending.needsSweep { pending.sweep(&states) }
        (self.states, self.pending) = (states, pending)
        return others
    }

    /// Whoever is awaited still, is not there.
    mutating func endAwaiting(_ key: ElementKey) {
        guard let row = row(key), states[row].contains(.seen) else { return }
        states[row].remove(.seen)
        settle(row, false, key, desired: desired(at: row), actual: nil)
    }

    // MARK: Reading all

    /// Takes an element that was read. Once all have been, ``endReading(_:)`` tells of those that were not.
    /// - Returns: What was believed to be there in its place, where it is something else.
    mutating func see(_ target: Element.Target, for key: ElementKey) -> (changed: Bool, was: Element.Target?) {
        guard let (row, isNew) = place(key, adding: true) else { return (false, nil) }
        let before = isNew ? nil : actual(at: row)
        if before != target {
            settle(row, isNew, key, desired: isNew ? nil : desired(at: row), actual: target)
        }
        states[row].insert(.seen)
        return (before != target, before)
    }

    /// What was not read is not there.
    mutating func endReading(_ gone: (ElementKey) -> Void) {
        for row in states.indices {
            if states[row].contains(.seen) {
                states[row].remove(.seen)
            } else if states[row].isPresent {
                let key = key(at: row)
                settle(row, false, key, desired: desired(at: row), actual: nil)
                gone(key)
            }
        }
    }
}
