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
        let areAlike = elements.allSatisfy { $0 == Element($0.key) } && Set(elements.map(\.key.count)).count == 1
        #expect(list.plainKeyLength == (elements.count >= 64 && areAlike ? elements[0].key.count : nil))
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
}
