import CMNL
import CNFTNL
import Netlink
import Nftables

extension Transaction {
    /// The messages of this transaction between its delimiters, and for each message the operation it is of.
    /// - Parameter takesEffect: Without, the end is left out: the kernel aborts a batch that does not end
    ///   (`nfnetlink_rcv_batch`).
    func encoded(firstSequence: UInt32, takesEffect: Bool = true) throws(OutOfMemory) -> EncodedTransaction {
        var encoded = EncodedTransaction(firstSequence: firstSequence, capacity: room)
        encoded.batch.appendDelimiter(NetfilterMessage.batchBegin)
        encoded.owners.append(nil)
        for (index, operation) in operations.enumerated() {
            try encoded.append(operation, index: index, isLast: index == operations.count - 1)
        }
        if takesEffect {
            encoded.batch.appendDelimiter(NetfilterMessage.batchEnd)
            encoded.owners.append(nil)
        }
        return encoded
    }

    /// A little more than the messages take: what a batch grows by is copied.
    private var room: Int {
        var (sum, last) = (1 << 10, EncodedTransaction.roomOfObject)
        for operation in operations {
            switch operation {
            case .addElements(_, _, let elements), .deleteElements(_, _, let elements):
                sum += ElementCodec.room(for: elements) + 128
            case .addRule:
                sum += 512
                last = EncodedTransaction.roomOfRule
            default: sum += 512
            }
        }
        return sum + last
    }

    /// What the kernel would be sent, byte for byte, so that its own price can be measured.
    ///
    /// - Throws: ``OutOfMemory`` when libnftnl has none.
    package func bytes() throws -> [UInt8] {
        let encoded = try encoded(firstSequence: 1)
        return encoded.batch.withUnsafeBytes { Array($0) }
    }
}

struct EncodedTransaction: ~Copyable {
    var batch: MessageBatch
    /// By message: the index of its operation, `nil` for the delimiters.
    var owners: [Int?] = []
    /// By message: how many of its operation's elements precede it.
    private var elementsBefore: [Int: Int] = [:]
    /// The last operation's message asks for an acknowledgement: acknowledging the end of a batch is newer (6.10).
    private(set) var acknowledged: UInt32?
    private var setID: UInt32 = 0
    private var writtenRules = RuleMemo<WrittenRule>()

    /// What a message about anything but elements and rules takes at most: names of 256 bytes, a set's types and user data.
    static let roomOfObject = 4 << 10
    /// A rule's expressions are a nested attribute, of 64 KiB at most, and so is its user data.
    static let roomOfRule = 128 << 10

    /// Those of netlink and of nfnetlink.
    private static let headers = MemoryLayout<nlmsghdr>.size + MemoryLayout<NetfilterHeader>.size

    /// - Parameter capacity: About how many bytes it will have: a batch that outgrows its memory is copied.
    init(firstSequence: UInt32, capacity: Int) {
        batch = MessageBatch(firstSequence: firstSequence, capacity: capacity)
    }

    mutating func append(_ operation: Transaction.Operation, index: Int, isLast: Bool) throws(OutOfMemory) {
        switch operation {
        case .addTable(let table, let flags):
            try message(NFT_MSG_NEWTABLE, table, [.create], index, isLast) { header throws(OutOfMemory) in
                try Self.writeTable(table, flags, header)
            }
        case .deleteTable(let table):
            try message(NFT_MSG_DELTABLE, table, [], index, isLast) { header throws(OutOfMemory) in
                try Self.writeTable(table, nil, header)
            }
        case .addChain(let table, let chain):
            try message(NFT_MSG_NEWCHAIN, table, [.create], index, isLast) { header throws(OutOfMemory) in
                try Self.writeChain(chain.name, base: chain.base, table, header)
            }
        case .deleteChain(let table, let name):
            try message(NFT_MSG_DELCHAIN, table, [], index, isLast) { header throws(OutOfMemory) in
                try Self.writeChain(name, base: nil, table, header)
            }
        case .flushChain(let table, let name):
            try message(NFT_MSG_DELRULE, table, [], index, isLast) { header throws(OutOfMemory) in
                let rule = try LibraryObject.rule()
                RuleCodec.place(chain: name, in: table, rule.pointer)
                nftnl_rule_nlmsg_build_payload(header, rule.pointer)
            }
        case .addRule(let table, let chain, let compiled, let counter):
            try addRule(compiled, counting: counter, to: chain, in: table, index, isLast)
        case .addSet(let table, let definition):
            setID += 1
            let id = setID
            try message(NFT_MSG_NEWSET, table, [.create], index, isLast) { header throws(OutOfMemory) in
                let set = try LibraryObject.set()
                try SetCodec.encode(definition, in: table, id: id, into: set.pointer)
                nftnl_set_nlmsg_build_payload(header, set.pointer)
            }
        case .deleteSet(let table, let name):
            try message(NFT_MSG_DELSET, table, [], index, isLast) { header throws(OutOfMemory) in
                let set = try LibraryObject.set()
                SetCodec.name(name, in: table, set.pointer)
                nftnl_set_nlmsg_build_payload(header, set.pointer)
            }
        case .addElements(let table, let set, let elements):
            try self.elements(NFT_MSG_NEWSETELEM, table, set, elements, [.create], index, isLast)
        case .deleteElements(let table, let set, let elements):
            try self.elements(NFT_MSG_DELSETELEM, table, set, elements, [], index, isLast)
        }
    }

    private mutating func addRule(
        _ rule: CompiledRule, counting counter: CounterValue, to chain: String, in table: Table, _ index: Int,
        _ isLast: Bool
    ) throws(OutOfMemory) {
        let isPlain = counter == CounterValue()
        let known = isPlain ? writtenRules.first { $0.rule == rule } : nil
        let start = batch.byteCount
        var place = 0
        try message(
            NFT_MSG_NEWRULE, table, [.create, .append], index, isLast,
            reserve: known == nil ? Self.roomOfRule : Self.roomOfObject, copying: known?.place
        ) { header throws(OutOfMemory) in
            guard known == nil else {
                var cursor = AttributeCursor(behind: header)
                cursor.put(UInt16(NFTA_RULE_TABLE.rawValue), table.name)
                cursor.put(UInt16(NFTA_RULE_CHAIN.rawValue), chain)
                cursor.finish(header)
                return
            }
            let encoded = try LibraryObject.rule()
            try RuleCodec.encode(rule, counting: counter, chain: chain, in: table, into: encoded.pointer)
            nftnl_rule_nlmsg_build_payload(header, encoded.pointer)
            place = Self.headers + [table.name, chain].reduce(0) { $0 + 4 + ($1.utf8.count + 4) & ~3 }
        }
        guard isPlain, known == nil else { return }
        writtenRules.keep(WrittenRule(rule: rule, place: (start + place)..<batch.byteCount))
    }

    private mutating func elements(
        _ type: nf_tables_msg_types, _ table: Table, _ name: String, _ elements: ElementList, _ flags: MessageFlags,
        _ index: Int, _ isLast: Bool
    ) throws(OutOfMemory) {
        var start = elements.startIndex
        while start < elements.endIndex {
            let first = start
            let room =
                Self.roomOfObject + ElementCodec.room(for: elements, from: first, upTo: ElementCodec.listRoom)
            try message(type, table, flags, index, false, reserve: room) { header in
                start = ElementCodec.encode(elements, from: first, of: name, in: table, into: header)
            }
            elementsBefore[owners.count - 1] = first
        }
        if isLast {
            acknowledged = batch.requestAcknowledgement()
        }
    }

    private mutating func message(
        _ type: nf_tables_msg_types, _ table: Table, _ flags: MessageFlags, _ index: Int, _ isLast: Bool,
        reserve: Int = roomOfObject, copying place: Range<Int>? = nil,
        _ body: (UnsafeMutablePointer<nlmsghdr>) throws(OutOfMemory) -> Void
    ) throws(OutOfMemory) {
        let sequence = try batch.append(
            type: NetfilterMessage.type(type), flags: isLast ? flags.union(.acknowledge) : flags, reserve: reserve,
            copying: place
        ) { header throws(OutOfMemory) in
            header.append(NetfilterHeader(family: table.family.rawValue))
            try body(header)
        }
        owners.append(index)
        if isLast {
            acknowledged = sequence
        }
    }

    /// The place among its operation's elements of the one that the kernel points at, if it points at one.
    /// - Parameters:
    ///   - offset: In bytes from the beginning of the message (`NLMSGERR_ATTR_OFFS`).
    ///   - message: The message's place in the batch.
    func element(at offset: Int, ofMessage message: Int) -> Int? {
        guard let before = elementsBefore[message] else { return nil }
        return batch.withUnsafeBytes { bytes -> Int? in
            var start = 0
            for _ in 0..<message {
                start += Int(bytes.loadUnaligned(fromByteOffset: start, as: nlmsghdr.self).nlmsg_len + 3) & ~3
            }
            let end = start + Int(bytes.loadUnaligned(fromByteOffset: start, as: nlmsghdr.self).nlmsg_len)
            var attributes = AttributeReader(UnsafeRawBufferPointer(rebasing: bytes[(start + Self.headers)..<end]))
            while let attribute = try? attributes.next() {
                guard attribute.type == UInt16(NFTA_SET_ELEM_LIST_ELEMENTS.rawValue) else { continue }
                var elements = attribute.nested
                var place = before
                while let element = try? elements.next() {
                    guard let payload = element.payload.baseAddress, let base = bytes.baseAddress else { return nil }
                    let header = payload - base - start - MemoryLayout<nlattr>.size
                    if (header..<(header + MemoryLayout<nlattr>.size + element.payload.count)).contains(offset) {
                        return place
                    }
                    place += 1
                }
            }
            return nil
        }
    }

    private static func writeTable(
        _ table: Table, _ flags: TableFlags?, _ header: UnsafeMutablePointer<nlmsghdr>
    ) throws(OutOfMemory) {
        let encoded = try LibraryObject.table()
        nftnl_table_set_u32(encoded.pointer, UInt16(NFTNL_TABLE_FAMILY), UInt32(table.family.rawValue))
        nftnl_table_set_str(encoded.pointer, UInt16(NFTNL_TABLE_NAME), table.name)
        if let flags {
            nftnl_table_set_u32(encoded.pointer, UInt16(NFTNL_TABLE_FLAGS), flags.rawValue)
        }
        nftnl_table_nlmsg_build_payload(header, encoded.pointer)
    }

    private static func writeChain(
        _ name: String, base: BaseChain?, _ table: Table, _ header: UnsafeMutablePointer<nlmsghdr>
    ) throws(OutOfMemory) {
        guard base != nil else {
            var cursor = AttributeCursor(behind: header)
            cursor.put(UInt16(NFTA_CHAIN_TABLE.rawValue), table.name)
            cursor.put(UInt16(NFTA_CHAIN_NAME.rawValue), name)
            cursor.finish(header)
            return
        }
        let encoded = try LibraryObject.chain()
        nftnl_chain_set_u32(encoded.pointer, UInt16(NFTNL_CHAIN_FAMILY), UInt32(table.family.rawValue))
        nftnl_chain_set_str(encoded.pointer, UInt16(NFTNL_CHAIN_TABLE), table.name)
        nftnl_chain_set_str(encoded.pointer, UInt16(NFTNL_CHAIN_NAME), name)
        if let base, let hook = base.hookNumber(in: table.family) {
            nftnl_chain_set_str(encoded.pointer, UInt16(NFTNL_CHAIN_TYPE), base.kind.rawValue)
            nftnl_chain_set_u32(encoded.pointer, UInt16(NFTNL_CHAIN_HOOKNUM), hook)
            nftnl_chain_set_s32(encoded.pointer, UInt16(NFTNL_CHAIN_PRIO), base.priority)
            nftnl_chain_set_u32(encoded.pointer, UInt16(NFTNL_CHAIN_POLICY), base.policy.rawValue)
        }
        nftnl_chain_nlmsg_build_payload(header, encoded.pointer)
    }
}

extension UnsafeMutablePointer<nlmsghdr> {
    /// Writes nfnetlink's header behind netlink's, as libnftnl's payload builders expect it.
    func append(_ header: NetfilterHeader) {
        (UnsafeMutableRawPointer(self) + Int(pointee.nlmsg_len)).storeBytes(of: header, as: NetfilterHeader.self)
        pointee.nlmsg_len += UInt32(MemoryLayout<NetfilterHeader>.size)
    }
}
