import CMNL
import CNFTNL
import Netlink
import Nftables

@testable import NftablesNetlink

/// A message with elements as libnftnl writes it.
func libraryMessage(
    with elements: [Element], of set: String, in table: Table, into batch: inout MessageBatch
) throws {
    try batch.append(type: NetfilterMessage.type(NFT_MSG_NEWSETELEM), flags: .create) { header throws(OutOfMemory) in
        header.append(NetfilterHeader(family: table.family.rawValue))
        let encoded = try LibraryObject.set()
        SetCodec.name(set, in: table, encoded.pointer)
        for element in elements {
            guard let item = nftnl_set_elem_alloc() else { throw OutOfMemory() }
            nftnl_set_elem_add(encoded.pointer, item)
            put(item, NFTNL_SET_ELEM_KEY, element.key.bytes)
            if let lastKey = element.lastKey { put(item, NFTNL_SET_ELEM_KEY_END, lastKey.bytes) }
            if element.isIntervalEnd {
                nftnl_set_elem_set_u32(
                    item, UInt16(NFTNL_SET_ELEM_FLAGS), UInt32(NFT_SET_ELEM_INTERVAL_END.rawValue))
            }
            switch element.target {
            case .none: break
            case .verdict(let verdict):
                nftnl_set_elem_set_u32(item, UInt16(NFTNL_SET_ELEM_VERDICT), UInt32(bitPattern: verdict.code))
                if let chain = verdict.target {
                    nftnl_set_elem_set_str(item, UInt16(NFTNL_SET_ELEM_CHAIN), chain)
                }
            case .data(let data): put(item, NFTNL_SET_ELEM_DATA, data.bytes)
            }
        }
        nftnl_set_elems_nlmsg_build_payload(header, encoded.pointer)
    }
}

private func put(_ element: OpaquePointer, _ attribute: Int, _ bytes: [UInt8]) {
    nftnl_set_elem_set(element, UInt16(attribute), bytes, UInt32(bytes.count))
}
