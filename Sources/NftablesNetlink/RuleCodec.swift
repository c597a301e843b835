import CNFTNL
import Nftables

/// Rules to and from libnftnl's objects.
enum RuleCodec {
    static func encode(
        _ rule: CompiledRule, counting counter: CounterValue = CounterValue(), chain: String, in table: Table,
        into encoded: OpaquePointer
    ) throws(OutOfMemory) {
        place(chain: chain, in: table, encoded)
        for expression in rule.expressions {
            let part = try ExpressionCodec.encode(expression)
            if expression == .counter { ExpressionCodec.set(counter, part) }
            nftnl_rule_add_expr(encoded, part)
        }
        guard let comment = rule.comment else { return }
        let userData = try LibraryObject.userData(capacity: 256)
        nftnl_udata_put_strz(userData.pointer, UInt8(NFTNL_UDATA_RULE_COMMENT.rawValue), comment)
        nftnl_rule_set_data(
            encoded, UInt16(NFTNL_RULE_USERDATA), nftnl_udata_buf_data(userData.pointer),
            nftnl_udata_buf_len(userData.pointer))
    }

    static func place(chain: String?, in table: Table, _ encoded: OpaquePointer) {
        nftnl_rule_set_u32(encoded, UInt16(NFTNL_RULE_FAMILY), UInt32(table.family.rawValue))
        nftnl_rule_set_str(encoded, UInt16(NFTNL_RULE_TABLE), table.name)
        if let chain {
            nftnl_rule_set_str(encoded, UInt16(NFTNL_RULE_CHAIN), chain)
        }
    }

    static func decode(_ encoded: OpaquePointer) throws(OutOfMemory) -> (chain: String, rule: CompiledRule) {
        var expressions: [Expression] = []
        guard let iterator = nftnl_expr_iter_create(encoded) else { throw OutOfMemory() }
        defer { nftnl_expr_iter_destroy(iterator) }
        while let expression = nftnl_expr_iter_next(iterator) {
            expressions.append(ExpressionCodec.decode(expression))
        }
        let chain = nftnl_rule_get_str(encoded, UInt16(NFTNL_RULE_CHAIN)).map { String(cString: $0) } ?? ""
        return (chain, CompiledRule(expressions: expressions, comment: comment(encoded)))
    }

    /// What the rule's counter stands at; `nil` for a rule without one.
    static func counter(of encoded: OpaquePointer) throws(OutOfMemory) -> CounterValue? {
        guard let iterator = nftnl_expr_iter_create(encoded) else { throw OutOfMemory() }
        defer { nftnl_expr_iter_destroy(iterator) }
        while let expression = nftnl_expr_iter_next(iterator) {
            if let counter = ExpressionCodec.counter(expression) { return counter }
        }
        return nil
    }

    /// User data is a list of type, length, value; nft writes the comment there with its final zero.
    private static func comment(_ encoded: OpaquePointer) -> String? {
        var length: UInt32 = 0
        guard let data = nftnl_rule_get_data(encoded, UInt16(NFTNL_RULE_USERDATA), &length) else { return nil }
        var rest = UnsafeRawBufferPointer(start: data, count: Int(length))[...]
        while rest.count >= 2 {
            let type = rest[rest.startIndex]
            let value = rest.dropFirst(2).prefix(Int(rest[rest.startIndex + 1]))
            if type == UInt8(NFTNL_UDATA_RULE_COMMENT.rawValue) {
                return String(decoding: value.prefix { $0 != 0 }, as: UTF8.self)
            }
            rest = rest.dropFirst(2 + value.count)
        }
        return nil
    }
}
