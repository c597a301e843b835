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

/// Elements of one set that are asked for by their keys; their targets are not looked at.
public struct ElementRequest: Hashable, Sendable {
    public var table: Table
    public var set: String
    public var elements: ElementList

    public init(_ elements: ElementList, of set: String, in table: Table) {
        (self.elements, self.set, self.table) = (elements, set, table)
    }
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
        try elements(of: set, in: table, like: nil, into: []) { list, attributes in
            ElementCodec.decode(attributes) { list.append(ListedElement($0, counter: $1)) }
        }
    }

    /// All elements of a set without their counters; `nil` when there is no such set.
    public mutating func elementList(of set: String, in table: Table) throws(NetlinkError) -> ElementList? {
        try elements(of: set, in: table, like: nil, into: ElementList()) { ElementCodec.decode($1, into: &$0) }
    }

    /// The element with this one's key, with its counter; `nil` when it or its set is not there.
    public mutating func element(
        _ element: Element, of set: String, in table: Table
    ) throws(NetlinkError) -> ListedElement? {
        try elements(of: set, in: table, like: element, into: ListedElement?.none) { found, attributes in
            ElementCodec.decode(attributes) { if found == nil { found = ListedElement($0, counter: $1) } }
        } ?? nil
    }

    /// Asks for elements by their keys, one message for all of a batch, which for a few of many is much less than a dump.
    ///
    /// - Parameter asked: Keys of sets that are no interval sets: those answer with the range around a key.
    /// - Returns: For each of `asked`, in its order, those of its elements that are there, without their counters; none where
    ///   there is no such set.
    /// - Throws: ``NetlinkError`` when answers were lost or a request was refused for anything but an absence.
    public mutating func elements(_ asked: [ElementRequest]) throws(NetlinkError) -> [ElementList] {
        var found = asked.map { _ in ElementList() }
        var batch = MessageBatch(firstSequence: socket.nextSequence)
        // By message: the place of what asks it.
        var askers: [Int] = []
        for (place, request) in asked.enumerated() {
            for element in request.elements {
                batch.append(
                    type: NetfilterMessage.type(NFT_MSG_GETSETELEM), flags: [], reserve: Self.roomOfRequest
                ) { header in
                    header.append(NetfilterHeader(family: request.table.family.rawValue))
                    ElementCodec.encode(request: element, of: request.set, in: request.table, into: header)
                }
                askers.append(place)
                guard askers.count == Self.requestsPerBatch else { continue }
                try exchange(batch, askers, &found)
                batch = MessageBatch(firstSequence: socket.nextSequence)
                askers = []
            }
        }
        try exchange(batch, askers, &found)
        return found
    }

    /// Answers take some 8 KiB each of a receive buffer of 8 MiB.
    private static var requestsPerBatch: Int { 256 }

    /// Two names of at most 256 bytes and a key.
    private static var roomOfRequest: Int { 1024 }

    private mutating func exchange(
        _ batch: borrowing MessageBatch, _ askers: [Int], _ found: inout [ElementList]
    ) throws(NetlinkError) {
        guard !batch.isEmpty else { return }
        let refusals = try socket.exchange(batch, object: "set elements") { index, message in
            guard let attributes = message.netfilterAttributes else { return }
            ElementCodec.decode(attributes, countersToo: false) { element, _ in found[askers[index]].append(element) }
        }
        if let refusal = refusals.first(where: { $0.error.errno != ENOENT }) { throw refusal.error }
    }

    private mutating func elements<Result>(
        of set: String, in table: Table, like key: Element?, into initial: Result,
        _ update: (inout Result, UnsafeRawBufferPointer) -> Void
    ) throws(NetlinkError) -> Result? {
        let request = read(NFT_MSG_GETSETELEM, table, key == nil ? .dump : []) { header in
            ElementCodec.encode(request: key, of: set, in: table, into: header)
        }
        do throws(NetlinkError) {
            return try socket.dump(
                request, operation: key == nil ? "dump" : "read", object: "elements of set \(table) \(set)",
                into: initial
            ) { result, message throws(NetlinkError) in
                if let attributes = message.netfilterAttributes { update(&result, attributes) }
            }
        } catch {
            if error.errno == ENOENT { return nil }
            throw error
        }
    }
}
