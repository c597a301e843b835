import CNFTNL
import Nftables

/// Set elements to and from libnftnl's objects.
enum ElementCodec {
    /// How many bytes an element takes in a message, at most.
    static func room(for element: Element) -> Int {
        let target =
            switch element.target {
            case .none: 0
            case .verdict(let verdict): 24 + (verdict.target?.utf8.count ?? 0) + 8
            case .data(let bytes): 12 + bytes.count
            }
        return 32 + element.key.bytes.count + (element.lastKey.map { $0.bytes.count + 12 } ?? 0) + target
    }

    /// Adds the elements to a set that is named already.
    static func encode(_ elements: some Sequence<Element>, into encoded: OpaquePointer) throws(OutOfMemory) {
        for element in elements {
            guard let item = nftnl_set_elem_alloc() else { throw OutOfMemory() }
            // The set owns the element from here on.
            nftnl_set_elem_add(encoded, item)
            set(item, NFTNL_SET_ELEM_KEY, element.key.bytes)
            if let lastKey = element.lastKey {
                set(item, NFTNL_SET_ELEM_KEY_END, lastKey.bytes)
            }
            if element.isIntervalEnd {
                nftnl_set_elem_set_u32(
                    item, UInt16(NFTNL_SET_ELEM_FLAGS), UInt32(NFT_SET_ELEM_INTERVAL_END.rawValue))
            }
            switch element.target {
            case .none: break
            case .verdict(let verdict):
                nftnl_set_elem_set_u32(item, UInt16(NFTNL_SET_ELEM_VERDICT), UInt32(bitPattern: verdict.code))
                if let target = verdict.target {
                    nftnl_set_elem_set_str(item, UInt16(NFTNL_SET_ELEM_CHAIN), target)
                }
            case .data(let bytes): set(item, NFTNL_SET_ELEM_DATA, bytes)
            }
        }
    }

    private static func set(_ element: OpaquePointer, _ attribute: Int, _ bytes: [UInt8]) {
        nftnl_set_elem_set(element, UInt16(attribute), bytes, UInt32(bytes.count))
    }

    /// The elements of a set object that a message was parsed into.
    static func decode(_ encoded: OpaquePointer, into elements: inout [ListedElement]) throws(OutOfMemory) {
        guard let iterator = nftnl_set_elems_iter_create(encoded) else { throw OutOfMemory() }
        defer { nftnl_set_elems_iter_destroy(iterator) }
        while let item = nftnl_set_elems_iter_next(iterator) {
            var target = Element.Target.none
            if nftnl_set_elem_is_set(item, UInt16(NFTNL_SET_ELEM_VERDICT)) {
                let code = Int32(bitPattern: nftnl_set_elem_get_u32(item, UInt16(NFTNL_SET_ELEM_VERDICT)))
                let chain = nftnl_set_elem_get_str(item, UInt16(NFTNL_SET_ELEM_CHAIN)).map { String(cString: $0) }
                // A foreign verdict is told apart from every one of ours by leading nowhere known.
                target = .verdict(Verdict(code: code, chain: chain) ?? .goto("?\(code)"))
            } else if nftnl_set_elem_is_set(item, UInt16(NFTNL_SET_ELEM_DATA)) {
                target = .data(bytes(item, NFTNL_SET_ELEM_DATA))
            }
            let flags =
                nftnl_set_elem_is_set(item, UInt16(NFTNL_SET_ELEM_FLAGS))
                ? nftnl_set_elem_get_u32(item, UInt16(NFTNL_SET_ELEM_FLAGS)) : 0
            let element = Element(
                ElementKey(bytes: bytes(item, NFTNL_SET_ELEM_KEY)),
                isIntervalEnd: flags & UInt32(NFT_SET_ELEM_INTERVAL_END.rawValue) != 0,
                through: nftnl_set_elem_is_set(item, UInt16(NFTNL_SET_ELEM_KEY_END))
                    ? ElementKey(bytes: bytes(item, NFTNL_SET_ELEM_KEY_END)) : nil,
                target: target)
            var length: UInt32 = 0
            let expression = nftnl_set_elem_get(item, UInt16(NFTNL_SET_ELEM_EXPR), &length)
            elements.append(
                ListedElement(element, counter: expression.flatMap { ExpressionCodec.counter(OpaquePointer($0)) }))
        }
    }

    private static func bytes(_ element: OpaquePointer, _ attribute: Int) -> [UInt8] {
        var length: UInt32 = 0
        guard let data = nftnl_set_elem_get(element, UInt16(attribute), &length) else { return [] }
        return Array(UnsafeRawBufferPointer(start: data, count: Int(length)))
    }
}
