import CMNL
import CNFTNL
import Glibc
import Netlink
import Nftables

/// Set elements to and from messages, as libnftnl writes and reads them, without an object of its for each.
enum ElementCodec {
    /// How many bytes an element takes in a message, at most.
    private static func room(for element: Element) -> Int {
        32 + element.key.count + (element.lastKey.map { $0.count + 12 } ?? 0) + room(for: element.target)
    }

    private static func room(for target: Element.Target) -> Int {
        switch target {
        case .none: 0
        case .verdict(let verdict): 24 + (verdict.target?.utf8.count ?? 0) + 8
        case .data(let data): 12 + data.count
        }
    }

    /// How many bytes the elements from `start` on take, at most; of those past `limit`, one is counted.
    static func room(for elements: ElementList, from start: Int = 0, upTo limit: Int = .max / 2) -> Int {
        if let few = elements.array { return few[start...].reduce(0) { $0 + Self.room(for: $1) } }
        let length = elements.loneKeyLength
        if let length, elements.isUntargeted {
            return min((elements.count - start) * (32 + length), limit + 32 + length)
        }
        var (room, next) = (0, start)
        while next < elements.count, room <= limit {
            room += length.map { 32 + $0 + self.room(for: elements.target(at: next)) } ?? self.room(for: elements[next])
            next += 1
        }
        return room
    }

    /// Writes the set's name and of the elements from `start` on so many as have room in a list, which is 64 KiB at most, its
    /// length being 16 bits.
    ///
    /// - Returns: The place of the first element that has none.
    static func encode(
        _ elements: ElementList, from start: Int, of set: String, in table: Table,
        into header: UnsafeMutablePointer<nlmsghdr>
    ) -> Int {
        var cursor = AttributeCursor(behind: header)
        cursor.put(UInt16(NFTA_SET_ELEM_LIST_SET.rawValue), set)
        cursor.put(UInt16(NFTA_SET_ELEM_LIST_TABLE.rawValue), table.name)
        let list = cursor.begin(UInt16(NFTA_SET_ELEM_LIST_ELEMENTS.rawValue))
        let (few, areKeysAlone) = (elements.array, elements.loneKeyLength != nil)
        var next = start
        while next < elements.endIndex, cursor.place - list < listRoom {
            next += 1
            // Numbered, as libnftnl does: the kernel does not look at it.
            let item = cursor.begin(UInt16(next - start))
            if let few {
                encode(few[next - 1], at: &cursor)
            } else if areKeysAlone {
                elements.withUnsafeKey(at: next - 1) { put(NFTA_SET_ELEM_KEY, $0, at: &cursor) }
                encode(elements.target(at: next - 1), at: &cursor)
            } else {
                encode(elements[next - 1], at: &cursor)
            }
            cursor.end(item)
        }
        cursor.end(list)
        cursor.finish(header)
        return next
    }

    /// Writes the set's name and asks for the element with this one's key; without one, for all of them.
    static func encode(
        request element: Element?, of set: String, in table: Table, into header: UnsafeMutablePointer<nlmsghdr>
    ) {
        var cursor = AttributeCursor(behind: header)
        cursor.put(UInt16(NFTA_SET_ELEM_LIST_SET.rawValue), set)
        cursor.put(UInt16(NFTA_SET_ELEM_LIST_TABLE.rawValue), table.name)
        if let element {
            let list = cursor.begin(UInt16(NFTA_SET_ELEM_LIST_ELEMENTS.rawValue))
            let item = cursor.begin(1)
            encode(keyOf: element, at: &cursor)
            cursor.end(item)
            cursor.end(list)
        }
        cursor.finish(header)
    }

    static let listRoom = 60_000

    private static func encode(keyOf element: Element, at cursor: inout AttributeCursor) {
        if element.isIntervalEnd {
            cursor.put(
                UInt16(NFTA_SET_ELEM_FLAGS.rawValue), bigEndian: UInt32(NFT_SET_ELEM_INTERVAL_END.rawValue))
        }
        put(NFTA_SET_ELEM_KEY, element.key, at: &cursor)
    }

    private static func encode(_ element: Element, at cursor: inout AttributeCursor) {
        encode(keyOf: element, at: &cursor)
        if let lastKey = element.lastKey { put(NFTA_SET_ELEM_KEY_END, lastKey, at: &cursor) }
        encode(element.target, at: &cursor)
    }

    @inline(__always)
    private static func encode(_ target: Element.Target, at cursor: inout AttributeCursor) {
        switch target {
        case .none: break
        case .verdict(let verdict):
            let data = cursor.begin(UInt16(NFTA_SET_ELEM_DATA.rawValue))
            let nest = cursor.begin(UInt16(NFTA_DATA_VERDICT.rawValue))
            cursor.put(UInt16(NFTA_VERDICT_CODE.rawValue), bigEndian: UInt32(bitPattern: verdict.code))
            if let chain = verdict.target { cursor.put(UInt16(NFTA_VERDICT_CHAIN.rawValue), chain) }
            cursor.end(nest)
            cursor.end(data)
        case .data(let data):
            let nest = cursor.begin(UInt16(NFTA_SET_ELEM_DATA.rawValue))
            data.withUnsafeBytes { cursor.put(UInt16(NFTA_DATA_VALUE.rawValue), $0) }
            cursor.end(nest)
        }
    }

    @inline(__always)
    private static func put(_ type: nft_set_elem_attributes, _ key: ElementKey, at cursor: inout AttributeCursor) {
        key.withUnsafeBytes { put(type, $0, at: &cursor) }
    }

    @inline(__always)
    private static func put(
        _ type: nft_set_elem_attributes, _ key: UnsafeRawBufferPointer, at cursor: inout AttributeCursor
    ) {
        let nest = cursor.begin(UInt16(type.rawValue))
        cursor.put(UInt16(NFTA_DATA_VALUE.rawValue), key)
        cursor.end(nest)
    }

    /// Hands over each element of a message about a set's elements. What does not hold together is left out.
    static func decode(
        _ attributes: UnsafeRawBufferPointer, countersToo: Bool = true, _ body: (Element, CounterValue?) -> Void
    ) {
        var targets = TargetMemo()
        visit(attributes) { decode(element: $0, countersToo, &targets, body) }
    }

    /// Adds each element of a message about a set's elements, without its counter. What does not hold together is left out.
    static func decode(_ attributes: UnsafeRawBufferPointer, into elements: inout ElementList) {
        var targets = TargetMemo()
        elements.append { list in
            visit(attributes) { item in
                if let key = loneKey(item) {
                    list.append(key)
                } else {
                    decode(element: item, false, &targets) { element, _ in list.append(element) }
                }
            }
        }
    }

    /// Hands over the attributes of each element of a message.
    @inline(__always)
    private static func visit(_ attributes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
        var lists = AttributeWalk(attributes)
        while let (type, list) = lists.next() {
            guard type == NFTA_SET_ELEM_LIST_ELEMENTS.rawValue else { continue }
            var items = AttributeWalk(list)
            while let (_, item) = items.next() { body(item) }
        }
    }

    /// The key of an element that is nothing else, as nearly all are.
    @inline(__always)
    private static func loneKey(_ item: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        var key: UnsafeRawBufferPointer?
        var attributes = AttributeWalk(item)
        while let (type, payload) = attributes.next() {
            switch type {
            case NFTA_SET_ELEM_KEY.rawValue: key = AttributeWalk.first(NFTA_DATA_VALUE.rawValue, of: payload)
            case NFTA_SET_ELEM_KEY_END.rawValue, NFTA_SET_ELEM_DATA.rawValue, NFTA_SET_ELEM_FLAGS.rawValue: return nil
            default: break
            }
        }
        return key.flatMap { $0.count <= ElementKey.longest ? $0 : nil }
    }

    private static func decode(
        element item: UnsafeRawBufferPointer, _ countersToo: Bool, _ targets: inout TargetMemo,
        _ body: (Element, CounterValue?) -> Void
    ) {
        var key = ElementKey()
        var lastKey: ElementKey?
        var isIntervalEnd = false
        var target = Element.Target.none
        var counter: CounterValue?
        var attributes = AttributeWalk(item)
        while let (type, payload) = attributes.next() {
            switch type {
            case NFTA_SET_ELEM_KEY.rawValue: key = self.key(payload) ?? key
            case NFTA_SET_ELEM_KEY_END.rawValue: lastKey = self.key(payload)
            case NFTA_SET_ELEM_FLAGS.rawValue:
                let flags = payload.bigEndian(UInt32.self) ?? 0
                isIntervalEnd = flags & UInt32(NFT_SET_ELEM_INTERVAL_END.rawValue) != 0
            case NFTA_SET_ELEM_DATA.rawValue: target = targets.target(payload)
            case NFTA_SET_ELEM_EXPR.rawValue where countersToo: counter = self.counter(payload)
            default: break
            }
        }
        body(Element(key, isIntervalEnd: isIntervalEnd, through: lastKey, target: target), counter)
    }

    @inline(__always)
    private static func key(_ data: UnsafeRawBufferPointer) -> ElementKey? {
        guard let bytes = AttributeWalk.first(NFTA_DATA_VALUE.rawValue, of: data), bytes.count <= ElementKey.longest
        else { return nil }
        return ElementKey(bytes: bytes)
    }

    /// The target that was last read: thousands of endpoints lead to one chain, to one text.
    private struct TargetMemo {
        private var data: UnsafeRawBufferPointer?
        private var target = Element.Target.none

        mutating func target(_ data: UnsafeRawBufferPointer) -> Element.Target {
            if let known = self.data?.baseAddress, let bytes = data.baseAddress, self.data?.count == data.count,
                memcmp(known, bytes, data.count) == 0
            {
                return target
            }
            (self.data, target) = (data, ElementCodec.target(data))
            return target
        }
    }

    private static func target(_ data: UnsafeRawBufferPointer) -> Element.Target {
        guard let verdict = AttributeWalk.first(NFTA_DATA_VERDICT.rawValue, of: data) else {
            return AttributeWalk.first(NFTA_DATA_VALUE.rawValue, of: data).map { .data(MapData(bytes: $0)) } ?? .none
        }
        let code = AttributeWalk.first(NFTA_VERDICT_CODE.rawValue, of: verdict)?.bigEndian(UInt32.self) ?? 0
        let chain = AttributeWalk.first(NFTA_VERDICT_CHAIN.rawValue, of: verdict)?.text
        let number = Int32(bitPattern: code)
        // A foreign verdict is told apart from every one of ours by leading nowhere known.
        return .verdict(Verdict(code: number, chain: chain) ?? .goto("?\(number)"))
    }

    private static func counter(_ expression: UnsafeRawBufferPointer) -> CounterValue? {
        guard AttributeWalk.first(NFTA_EXPR_NAME.rawValue, of: expression)?.elementsEqual("counter\0".utf8) == true
        else { return nil }
        return AttributeWalk.first(NFTA_EXPR_DATA.rawValue, of: expression).map { CounterValue(attributes: $0) }
    }
}

extension CounterValue {
    /// Of an expression's data (`enum nft_counter_attributes`).
    init(attributes data: UnsafeRawBufferPointer) {
        self.init()
        var attributes = AttributeWalk(data)
        while let (type, payload) = attributes.next() {
            switch type {
            case NFTA_COUNTER_BYTES.rawValue: bytes = payload.bigEndian(UInt64.self) ?? 0
            case NFTA_COUNTER_PACKETS.rawValue: packets = payload.bigEndian(UInt64.self) ?? 0
            default: break
            }
        }
    }
}
