import Nftables
import Testing

struct ElementListTests {
    private static let addresses = (1...5).map { ElementKey(bytes: [10, 0, 0, $0]) }
    private static let plain = addresses.map { Element($0) }
    private static let led: [Element] = [
        Element(addresses[0]), Element(addresses[1], target: .data([1, 2])),
        Element(addresses[2], target: .verdict(.goto("a"))), Element(addresses[3]),
    ]
    private static let ranges: [Element] = [
        Element(addresses[0]), Element(addresses[1], isIntervalEnd: true),
        Element(addresses[2], through: addresses[3], target: .verdict(.drop)),
    ]
    private static let lengths: [Element] = [
        Element(addresses[0], target: .data([1])), Element(ElementKey(bytes: [UInt8](1...64))),
        Element(ElementKey(bytes: [1])), Element(ElementKey()), Element(addresses[1]),
    ]

    /// So many that they are packed, of one kind first.
    private static func many(_ elements: [Element], then others: [Element] = []) -> [Element] {
        (0..<30).flatMap { _ in elements } + others
    }

    @Test(arguments: [
        [], plain, led, Array(led.reversed()), ranges, lengths, lengths.reversed(), plain + lengths + led, many(plain),
        many(led), many(ranges), many(lengths), many(plain, then: led), many(plain, then: ranges),
        many(plain, then: lengths), many(led, then: many(ranges)), Array(many(plain, then: many(led)).reversed()),
    ])
    func itHoldsWhatWasAdded(_ elements: [Element]) {
        let list = ElementList(elements)
        let areAlike = elements.allSatisfy(\.isKeyAlone) && Set(elements.map(\.key.count)).count == 1
        #expect(list.loneKeyLength == (elements.count >= 64 && areAlike ? elements[0].key.count : nil))
        #expect(list.isUntargeted == (list.loneKeyLength != nil && elements.allSatisfy(\.isUntargeted)))
        #expect(elements.indices.allSatisfy { list.target(at: $0) == elements[$0].target })
        #expect(Array(list) == elements && list.count == elements.count)
        #expect(elements.indices.allSatisfy { list[$0] == elements[$0] })
        var grown = ElementList(capacity: 2, keyLength: 4)
        for element in elements { grown.append(element) }
        #expect(grown == list && grown.hashValue == list.hashValue)
        #expect(Array(list + ElementList(Self.led)) == elements + Self.led)
        var changed = elements
        for place in elements.indices.reversed().dropFirst() where place.isMultiple(of: 2) {
            changed[place] = Self.led[place % 4]
            grown.replace(at: place, with: changed[place])
        }
        #expect(Array(grown) == changed)
        var shrunk = list
        while !shrunk.isEmpty { shrunk.removeLast() }
        shrunk.append(contentsOf: Self.led)
        #expect(Array(shrunk) == Self.led)
        #expect(Array(list) == elements)
        #expect(elements.isEmpty || list != ElementList(elements.dropLast()))
    }

    @Test(arguments: [0, 3, 63, 64, 200], [false, true]) func itHoldsWhatStandsInRowsOfATable(
        _ count: Int, _ areLed: Bool
    ) {
        let table = (0..<300).map { (number: Int) -> Element in
            let key = ElementKey(bytes: [10, UInt8(number / 256), UInt8(number % 256)])
            return Element(key, target: areLed ? .data(MapData(bytes: [UInt8(number % 7)])) : .none)
        }
        let words: [UInt64] = table.map { element in element.key.withUnsafeWords { $0[0] } }
        let rows = (0..<count).map { UInt32(($0 * 89 + 5) % 300) }
        let expected = rows.map { table[Int($0)] }
        let list = ElementList(rows: rows, keys: words, keyLength: 3, targets: areLed ? table.map(\.target) : [])
        #expect(Array(list) == expected && expected.indices.allSatisfy { list[$0] == expected[$0] })
        #expect(
            list.withUnsafeRows(ofLength: 3) { rows, _ in rows } == (count < 64 ? nil : rows)
                && list == ElementList(expected))
        #expect(list.loneKeyLength == (count < 64 ? nil : 3) && list.isUntargeted == (count >= 64 && !areLed))
        #expect(expected.indices.allSatisfy { list.target(at: $0) == expected[$0].target })
        // Changing one is not changing the others, or the table.
        for others in [Self.plain, Self.led, Self.ranges, Self.lengths] {
            #expect(Array(list + ElementList(others)) == expected + others)
        }
        guard count > 0 else { return }
        var (changed, shrunk) = (list, list)
        changed.replace(at: 1, with: Self.ranges[2])
        #expect(Array(changed) == expected[..<1] + [Self.ranges[2]] + expected[2...])
        shrunk.removeLast()
        #expect(Array(shrunk) == expected.dropLast() && shrunk.withUnsafeRows(ofLength: 3) { _, _ in true } == nil)
        #expect(Array(list) == expected)
    }
}
