import Nftables

/// Elements of our own sets as somebody asks for them, one behind the other in one piece of memory: thousands of endpoints
/// keep theirs, to know what to let go of.
package struct ElementRecords: Hashable, Sendable {
    /// By element: the set, the key's length, the kind, the length of what the target has of its own; the key, the last key,
    /// that part of the target. Of a key that begins with the first one's only the rest: nearly all of an endpoint's begin
    /// with its interface. Once for all sets of a key alone, whose bits come before it.
    private var bytes: [UInt8] = []
    /// What elements of verdict maps lead to, by the numbers that stand for them: thousands of endpoints share one text.
    private var verdicts: [Verdict] = []
    package private(set) var count = 0

    private static let (range, end, led, several): (UInt8, UInt8, UInt8, UInt8) = (0x80, 0x40, 0x20, 0x10)
    private static let headerLength = 4
    private static let setsLength = MemoryLayout<UInt64>.size
    /// Of the first key, which the others may begin with.
    private var leadLength = 0
    private var leadStart = 0

    package var isEmpty: Bool { bytes.isEmpty }

    mutating func reserve(_ count: Int) { bytes.reserveCapacity(bytes.count + 16 * count) }

    /// Adds one of a key alone, without a target.
    @inline(__always)
    mutating func append(_ set: KnownSet, _ key: ElementKey) {
        append(set, key, kind: 0, length: 0)
    }

    /// Adds the same key alone to several sets.
    mutating func append(_ sets: KnownSets, _ key: ElementKey) {
        append(.endpoints, key, kind: Self.several, length: 0, sets)
        count += sets.count - 1
    }

    mutating func append(_ set: KnownSet, _ key: ElementKey, target: Element.Target) {
        append(set, Element(key, target: target))
    }

    /// Adds one of a data map.
    mutating func append(_ set: KnownSet, _ key: ElementKey, data: ElementKey) {
        append(set, key, kind: 1, length: data.count)
        data.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ set: KnownSet, _ element: Element) {
        let last = element.lastKey
        precondition(last == nil || last?.count == element.key.count, "a range between keys of different lengths")
        let (kind, length): (UInt8, Int) =
            switch element.target {
            case .none: (0, 0)
            case .data(let data): (1, data.count)
            case .verdict: (2, MemoryLayout<UInt32>.size)
            }
        append(
            set, element.key,
            kind: kind | (last == nil ? 0 : Self.range) | (element.isIntervalEnd ? Self.end : 0), length: length)
        last?.withUnsafeBytes { bytes.append(contentsOf: $0) }
        switch element.target {
        case .none: break
        case .data(let data): data.withUnsafeBytes { bytes.append(contentsOf: $0) }
        case .verdict(let verdict):
            withUnsafeBytes(of: UInt32(verdicts.count)) { bytes.append(contentsOf: $0) }
            verdicts.append(verdict)
        }
    }

    @inline(__always)
    private mutating func append(
        _ set: KnownSet, _ key: ElementKey, kind: UInt8, length: Int, _ several: KnownSets? = nil
    ) {
        let isLed = leadLength > 0 && begins(key)
        if count == 0 {
            leadLength = key.count
            leadStart = Self.headerLength + (several == nil ? 0 : Self.setsLength)
        }
        count += 1
        let header = (
            UInt8(set.ordinal), UInt8(key.count), isLed ? kind | Self.led : kind, UInt8(truncatingIfNeeded: length)
        )
        withUnsafeBytes(of: header) { bytes.append(contentsOf: $0) }
        if let several { withUnsafeBytes(of: several.bits) { bytes.append(contentsOf: $0) } }
        key.withUnsafeBytes {
            bytes.append(contentsOf: isLed ? UnsafeRawBufferPointer(rebasing: $0[leadLength...]) : $0)
        }
    }

    /// Whether the key begins with the first one.
    @inline(__always)
    private func begins(_ key: ElementKey) -> Bool {
        guard key.count >= leadLength else { return false }
        return key.withUnsafeBytes { key in
            bytes.withUnsafeBytes { bytes in
                (0..<leadLength).allSatisfy { bytes[leadStart + $0] == key[$0] }
            }
        }
    }

    private func target(_ kind: UInt8, _ own: UnsafeRawBufferPointer) -> Element.Target {
        switch kind & 0xf {
        case 0: .none
        case 1: .data(MapData(bytes: own))
        default: .verdict(verdicts[Int(own.loadUnaligned(as: UInt32.self))])
        }
    }

    /// One after the other, in the order in which they were added.
    func visit(_ body: (KnownSet, Element) -> Void) {
        visit(keys: { body($0, Element($1)) }, others: body)
    }

    /// The same; those of a key alone, without a target, as their key.
    @inline(__always)
    func visit(keys keyBody: (KnownSet, ElementKey) -> Void, others body: (KnownSet, Element) -> Void) {
        visit(
            several: { sets, key in
                for set in sets { keyBody(set, key) }
            }, keys: keyBody, others: body)
    }

    /// The same; a key that several sets have at once.
    @inline(__always)
    func visit(
        several severalBody: (KnownSets, ElementKey) -> Void, keys keyBody: (KnownSet, ElementKey) -> Void,
        others body: (KnownSet, Element) -> Void
    ) {
        bytes.withUnsafeBytes { bytes in
            var start = 0
            while start < bytes.count {
                let (set, length, kind, own) = (
                    KnownSet(ordinal: Int(bytes[start])), Int(bytes[start + 1]), bytes[start + 2], Int(bytes[start + 3])
                )
                start += Self.headerLength
                func next(_ count: Int) -> UnsafeRawBufferPointer {
                    defer { start += count }
                    return UnsafeRawBufferPointer(rebasing: bytes[start..<start + count])
                }
                let bits = kind & Self.several == 0 ? 0 : next(Self.setsLength).loadUnaligned(as: UInt64.self)
                var key = ElementKey()
                if kind & Self.led == 0 {
                    key.append(next(length))
                } else {
                    key.append(UnsafeRawBufferPointer(rebasing: bytes[leadStart...].prefix(leadLength)))
                    key.append(next(length - leadLength))
                }
                if kind & ~Self.led == 0 {
                    keyBody(set, key)
                } else if bits != 0 {
                    severalBody(KnownSets(bits: bits), key)
                } else {
                    let last = kind & Self.range == 0 ? nil : ElementKey(bytes: next(length))
                    let target = target(kind, next(own))
                    body(set, Element(key, isIntervalEnd: kind & Self.end != 0, through: last, target: target))
                }
            }
        }
    }

    /// The elements' identities.
    package var ids: [ElementID] {
        var ids: [ElementID] = []
        ids.reserveCapacity(count)
        visit { ids.append(ElementID($0.id, $1)) }
        return ids
    }
}
