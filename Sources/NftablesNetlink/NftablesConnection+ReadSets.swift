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
        try elements(of: set, in: table, like: nil, into: []) { $0.append(ListedElement($1, counter: $2)) }
    }

    /// Folds all elements of a set, which are decoded straight from the kernel's messages, without their counters; `nil` when
    /// there is no such set.
    /// - Parameters:
    ///   - initial: What the fold starts with: again when the set changed meanwhile.
    ///   - update: Called with each element.
    public mutating func elements<Result>(
        of set: String, in table: Table, into initial: Result, _ update: (inout Result, Element) -> Void
    ) throws(NetlinkError) -> Result? {
        try elements(of: set, in: table, like: nil, into: initial, countersToo: false) {
            result, element, _ in update(&result, element)
        }
    }

    /// The element with this one's key, with its counter; `nil` when it or its set is not there.
    public mutating func element(
        _ element: Element, of set: String, in table: Table
    ) throws(NetlinkError) -> ListedElement? {
        try elements(of: set, in: table, like: element.leading(to: .none), into: ListedElement?.none) {
            if $0 == nil { $0 = ListedElement($1, counter: $2) }
        } ?? nil
    }

    private mutating func elements<Result>(
        of set: String, in table: Table, like key: Element?, into initial: Result, countersToo: Bool = true,
        _ update: (inout Result, Element, CounterValue?) -> Void
    ) throws(NetlinkError) -> Result? {
        let request = read(NFT_MSG_GETSETELEM, table, key == nil ? .dump : []) { header in
            _ = ElementCodec.encode(key.map { [$0] } ?? [], from: 0, of: set, in: table, into: header)
        }
        do throws(NetlinkError) {
            return try socket.dump(
                request, operation: key == nil ? "dump" : "read", object: "elements of set \(table) \(set)",
                into: initial
            ) { result, message throws(NetlinkError) in
                guard let attributes = message.netfilterAttributes else { return }
                ElementCodec.decode(attributes, countersToo: countersToo) { update(&result, $0, $1) }
            }
        } catch {
            if error.errno == ENOENT { return nil }
            throw error
        }
    }
}
