import CMNL
import CNFTNL
import Glibc
public import Netlink
public import Nftables

/// A table as the kernel holds it, without what is in it.
public struct ListedTable: Hashable, Sendable {
    public var flags: TableFlags = []
    /// The socket that alone may change it (`NFTA_TABLE_OWNER`, a netlink port ID); `nil` when anybody may.
    public var owner: UInt32?

    public init(flags: TableFlags = [], owner: UInt32? = nil) {
        self.flags = flags
        self.owner = owner
    }
}

/// A chain with all its rules, as the kernel holds it.
public struct ListedChain: Hashable, Sendable {
    public let chain: Chain
    public var rules: [CompiledRule]
}

extension NftablesConnection {
    /// The ruleset's generation: it changes with every transaction of anybody in this namespace.
    public mutating func generation() throws(NetlinkError) -> UInt32 {
        var request = MessageBatch(firstSequence: socket.nextSequence)
        request.append(type: NetfilterMessage.type(NFT_MSG_GETGEN), flags: [], header: NetfilterHeader(family: 0))
        return try socket.dump(request, operation: "read", object: "nftables generation", into: 0) {
            (result: inout UInt32, message) throws(NetlinkError) in
            var attributes = try message.attributes(after: NetfilterHeader.self)
            while let attribute = try attributes.next() {
                if attribute.type == UInt16(NFTA_GEN_ID.rawValue) {
                    result = try attribute.bigEndian(UInt32.self)
                }
            }
        }
    }

    /// The table, or `nil` when it does not exist.
    public mutating func table(_ table: Table) throws(NetlinkError) -> ListedTable? {
        let request = read(NFT_MSG_GETTABLE, table, []) { header throws(OutOfMemory) in
            let encoded = try LibraryObject.table()
            nftnl_table_set_u32(encoded.pointer, UInt16(NFTNL_TABLE_FAMILY), UInt32(table.family.rawValue))
            nftnl_table_set_str(encoded.pointer, UInt16(NFTNL_TABLE_NAME), table.name)
            nftnl_table_nlmsg_build_payload(header, encoded.pointer)
        }
        do throws(NetlinkError) {
            return try socket.dump(
                request, operation: "read", object: "table \(table)", into: Optional<ListedTable>.none
            ) { result, message throws(NetlinkError) in
                var attributes = try message.attributes(after: NetfilterHeader.self)
                var listed = ListedTable()
                while let attribute = try attributes.next() {
                    switch UInt32(attribute.type) {
                    case NFTA_TABLE_FLAGS.rawValue:
                        listed.flags = TableFlags(rawValue: try attribute.bigEndian(UInt32.self))
                    case NFTA_TABLE_OWNER.rawValue: listed.owner = try attribute.bigEndian(UInt32.self)
                    default: break
                    }
                }
                result = listed
            }
        } catch {
            if error.errno == ENOENT { return nil }
            throw error
        }
    }

    /// The table's chains with their rules, by name; empty when there is no such table.
    public mutating func chains(in table: Table) throws(NetlinkError) -> [String: ListedChain] {
        // A GETCHAIN dump has no table filter: other tables' chains are passed over here.
        let request = read(NFT_MSG_GETCHAIN, table, .dump) { _ in }
        var chains = try socket.dump(
            request, operation: "dump", object: "chains of \(table)", into: [String: ListedChain]()
        ) { chains, message throws(NetlinkError) in
            guard let chain = try Self.parseChain(message, in: table) else { return }
            chains[chain.name] = ListedChain(chain: chain, rules: [])
        }
        for (chain, rules) in try rules(in: table, chain: nil) {
            chains[chain]?.rules = rules
        }
        return chains
    }

    /// One chain with its rules, or `nil` when it is not there.
    public mutating func chain(_ name: String, in table: Table) throws(NetlinkError) -> ListedChain? {
        let request = read(NFT_MSG_GETCHAIN, table, []) { header throws(OutOfMemory) in
            let encoded = try LibraryObject.chain()
            nftnl_chain_set_str(encoded.pointer, UInt16(NFTNL_CHAIN_TABLE), table.name)
            nftnl_chain_set_str(encoded.pointer, UInt16(NFTNL_CHAIN_NAME), name)
            nftnl_chain_nlmsg_build_payload(header, encoded.pointer)
        }
        let found: Chain?
        do throws(NetlinkError) {
            found = try socket.dump(
                request, operation: "read", object: "chain \(table) \(name)", into: Optional<Chain>.none
            ) { result, message throws(NetlinkError) in
                result = try Self.parseChain(message, in: table)
            }
        } catch {
            if error.errno == ENOENT { return nil }
            throw error
        }
        guard let found else { return nil }
        return ListedChain(chain: found, rules: try rules(in: table, chain: name)[name] ?? [])
    }

    static func parseChain(
        _ message: borrowing ReceivedMessage, in table: Table
    ) throws(NetlinkError) -> Chain? {
        // Nearly all chains are but a name, and most may be other tables'.
        if let attributes = message.netfilterAttributes {
            guard AttributeWalk.first(NFTA_CHAIN_TABLE.rawValue, of: attributes)?.isText(table.name) == true else {
                return nil
            }
            if AttributeWalk.first(NFTA_CHAIN_HOOK.rawValue, of: attributes) == nil {
                return AttributeWalk.first(NFTA_CHAIN_NAME.rawValue, of: attributes).map { Chain($0.text) }
            }
        }
        do throws(OutOfMemory) {
            let encoded = try LibraryObject.chain()
            guard nftnl_chain_nlmsg_parse(message.pointer, encoded.pointer) >= 0,
                nftnl_chain_get_str(encoded.pointer, UInt16(NFTNL_CHAIN_TABLE)).map({ String(cString: $0) })
                    == table.name,
                let name = nftnl_chain_get_str(encoded.pointer, UInt16(NFTNL_CHAIN_NAME)).map({ String(cString: $0) })
            else { return nil }
            guard nftnl_chain_is_set(encoded.pointer, UInt16(NFTNL_CHAIN_HOOKNUM)) else { return Chain(name) }
            let kind = nftnl_chain_get_str(encoded.pointer, UInt16(NFTNL_CHAIN_TYPE)).map { String(cString: $0) }
            let hook = nftnl_chain_get_u32(encoded.pointer, UInt16(NFTNL_CHAIN_HOOKNUM))
            let policy = nftnl_chain_get_u32(encoded.pointer, UInt16(NFTNL_CHAIN_POLICY))
            let base = BaseChain(
                kind.flatMap(BaseChain.Kind.init(rawValue:)) ?? .filter,
                hook: BaseChain.hook(number: hook, in: table.family) ?? .input,
                priority: nftnl_chain_get_s32(encoded.pointer, UInt16(NFTNL_CHAIN_PRIO)),
                policy: BaseChain.Policy(rawValue: policy) ?? .accept)
            return Chain(name, base: base)
        } catch {
            throw .outOfMemory("decode", "chain")
        }
    }

    /// A request whose payload libnftnl writes.
    func read(
        _ type: nf_tables_msg_types, _ table: Table, _ flags: MessageFlags,
        _ body: (UnsafeMutablePointer<nlmsghdr>) throws(OutOfMemory) -> Void
    ) -> MessageBatch {
        // Three names of at most 256 bytes and one element: the room that elements by the thousand need comes from mmap(2).
        let room = 4096
        var request = MessageBatch(firstSequence: socket.nextSequence, capacity: room + 64)
        // Without memory for a request the kernel answers an unfiltered one: the readers filter again.
        _ = try? request.append(type: NetfilterMessage.type(type), flags: flags, reserve: room) {
            header throws(OutOfMemory) in
            header.append(NetfilterHeader(family: table.family.rawValue))
            try body(header)
        }
        return request
    }
}
