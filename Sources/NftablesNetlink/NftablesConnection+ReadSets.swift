import CMNL
import CNFTNL
import Glibc
public import Netlink
public import Nftables

/// A set of a table of ours.
public struct ListedSet: Hashable, Sendable {
    public let name: String
    /// `nil` when it is of a kind that Margay never makes.
    public let definition: NamedSet?
}

extension NftablesConnection {
    /// The table's sets and maps; empty when there is no such table.
    public mutating func sets(in table: Table) throws(NetlinkError) -> [ListedSet] {
        let request = read(NFT_MSG_GETSET, table, .dump) { header throws(OutOfMemory) in
            let encoded = try LibraryObject.set()
            nftnl_set_set_str(encoded.pointer, UInt16(NFTNL_SET_TABLE), table.name)
            nftnl_set_nlmsg_build_payload(header, encoded.pointer)
        }
        do throws(NetlinkError) {
            return try socket.dump(request, operation: "dump", object: "sets of \(table)", into: [ListedSet]()) {
                sets, message throws(NetlinkError) in
                do throws(OutOfMemory) {
                    let encoded = try LibraryObject.set()
                    guard nftnl_set_nlmsg_parse(message.pointer, encoded.pointer) >= 0,
                        nftnl_set_get_str(encoded.pointer, UInt16(NFTNL_SET_TABLE)).map({ String(cString: $0) })
                            == table.name,
                        let name = nftnl_set_get_str(encoded.pointer, UInt16(NFTNL_SET_NAME))
                    else { return }
                    sets.append(
                        ListedSet(name: String(cString: name), definition: SetCodec.decode(encoded.pointer)))
                } catch {
                    throw .outOfMemory("decode", "set")
                }
            }
        } catch {
            if error.errno == ENOENT { return [] }
            throw error
        }
    }

    /// All elements of a set with their counters; `nil` when there is no such set.
    public mutating func elements(of set: String, in table: Table) throws(NetlinkError) -> [ListedElement]? {
        try elements(of: set, in: table, like: [], .dump)
    }

    /// The element with this one's key, with its counter; `nil` when it or its set is not there.
    public mutating func element(
        _ element: Element, of set: String, in table: Table
    ) throws(NetlinkError) -> ListedElement? {
        let key = Element(element.key, isIntervalEnd: element.isIntervalEnd, through: element.lastKey)
        return try elements(of: set, in: table, like: [key], [])?.first
    }

    private mutating func elements(
        of set: String, in table: Table, like keys: [Element], _ flags: MessageFlags
    ) throws(NetlinkError) -> [ListedElement]? {
        let request = read(NFT_MSG_GETSETELEM, table, flags) { header throws(OutOfMemory) in
            let encoded = try LibraryObject.set()
            SetCodec.name(set, in: table, encoded.pointer)
            try ElementCodec.encode(keys, into: encoded.pointer)
            nftnl_set_elems_nlmsg_build_payload(header, encoded.pointer)
        }
        do throws(NetlinkError) {
            return try socket.dump(
                request, operation: keys.isEmpty ? "dump" : "read", object: "elements of set \(table) \(set)",
                into: [ListedElement]()
            ) { elements, message throws(NetlinkError) in
                do throws(OutOfMemory) {
                    let encoded = try LibraryObject.set()
                    guard nftnl_set_elems_nlmsg_parse(message.pointer, encoded.pointer) >= 0 else { return }
                    try ElementCodec.decode(encoded.pointer, into: &elements)
                } catch {
                    throw .outOfMemory("decode", "set elements")
                }
            }
        } catch {
            if error.errno == ENOENT { return nil }
            throw error
        }
    }
}
