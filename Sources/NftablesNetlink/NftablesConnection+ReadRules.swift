import CMNL
import CNFTNL
public import Netlink
public import Nftables

extension NftablesConnection {
    /// The rules of one chain, or with `nil` of all the table's chains by name, without regard to counters.
    mutating func rules(in table: Table, chain: String?) throws(NetlinkError) -> [String: [CompiledRule]] {
        try rules(in: table, chain: chain) { rule, _ in rule }
    }

    /// The same with what the rules have counted.
    public mutating func countedRules(
        in table: Table, chain: String?
    ) throws(NetlinkError) -> [String: [CountedRule]] {
        try rules(in: table, chain: chain) { CountedRule(rule: $0, counter: $1) }
    }

    private mutating func rules<Item>(
        in table: Table, chain: String?, _ item: (CompiledRule, CounterValue?) -> Item
    ) throws(NetlinkError) -> [String: [Item]] {
        let request = read(NFT_MSG_GETRULE, table, .dump) { header throws(OutOfMemory) in
            let encoded = try LibraryObject.rule()
            RuleCodec.place(chain: chain, in: table, encoded.pointer)
            nftnl_rule_nlmsg_build_payload(header, encoded.pointer)
        }
        var memo = RuleMemo<ReadRule>()
        let listing = try socket.dump(
            request, operation: "dump", object: "rules of \(table)", into: RuleListing<Item>()
        ) { listing, message throws(NetlinkError) in
            guard let attributes = message.netfilterAttributes,
                AttributeWalk.first(NFTA_RULE_TABLE.rawValue, of: attributes)?.isText(table.name) == true,
                let chain = AttributeWalk.first(NFTA_RULE_CHAIN.rawValue, of: attributes)
            else { return }
            let expressions =
                AttributeWalk.first(NFTA_RULE_EXPRESSIONS.rawValue, of: attributes)
                ?? UnsafeRawBufferPointer(start: nil, count: 0)
            let userData = AttributeWalk.first(NFTA_RULE_USERDATA.rawValue, of: attributes)
            if let known = memo.first(where: { $0.isSame(expressions, userData) }) {
                listing.append(item(known.rule, known.counter(of: expressions)), to: chain)
                return
            }
            do throws(OutOfMemory) {
                let encoded = try LibraryObject.rule()
                guard nftnl_rule_nlmsg_parse(message.pointer, encoded.pointer) >= 0 else { return }
                let (_, rule) = try RuleCodec.decode(encoded.pointer)
                let counter = try RuleCodec.counter(of: encoded.pointer)
                memo.keep(ReadRule(rule, expressions, userData))
                listing.append(item(rule, counter), to: chain)
            } catch {
                throw .outOfMemory("decode", "rule")
            }
        }
        return listing.chains
    }
}

/// Rules by chain, as a dump brings them: those of one chain together.
private struct RuleListing<Item> {
    private var finished: [String: [Item]] = [:]
    private var name = ""
    private var items: [Item] = []

    mutating func append(_ item: Item, to chain: UnsafeRawBufferPointer) {
        if !chain.isText(name) {
            finish()
            name = chain.text
        }
        items.append(item)
    }

    private mutating func finish() {
        guard !items.isEmpty else { return }
        finished[name, default: []] += items
        items = []
    }

    var chains: [String: [Item]] {
        var whole = self
        whole.finish()
        return whole.finished
    }
}
