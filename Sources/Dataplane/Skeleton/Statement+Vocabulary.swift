import NetworkValues
package import Nftables

// Shorthand that lets the skeleton's chains read like the nft text they stand for.

extension Statement {
    static func lookup(_ fields: Field..., in set: KnownSet, inverted: Bool = false) -> Statement {
        .match(.inSet(fields, set.name, isInverted: inverted))
    }

    static func equal(_ field: Field, _ value: Value) -> Statement { .match(.equal(field, value)) }

    static func vmap(_ field: Field, _ map: KnownSet) -> Statement { .verdictMap([field], map.name) }

    static func goto(_ chain: String) -> Statement { .verdict(.goto(chain)) }

    static func jump(_ chain: String) -> Statement { .verdict(.jump(chain)) }

    static let accept = Statement.verdict(.accept)
    static let drop = Statement.verdict(.drop)
    static let established = Statement.match(.conntrackState([.established, .related]))
    static let invalid = Statement.match(.conntrackState(.invalid))
}

extension Value {
    static let nfprotoIPv4 = Value(octet: 2).named("ipv4")
    static let nfprotoIPv6 = Value(octet: 10).named("ipv6")
    static let anyIPv4 = Value(IPAddress(family: .v4, rawValue: 0))
    static let broadcastIPv4 = Value(IPAddress(family: .v4, rawValue: 0xffff_ffff))
    /// By number, since nft takes the name from /etc/protocols, which a minimal system lacks.
    static let icmpv6 = Value(octet: 58)
    static let tcp = Value(octet: 6).named("tcp")
    static let udp = Value(octet: 17).named("udp")
    static let anyIPv6 = Value(IPAddress(family: .v6, rawValue: 0))
    static let redirect = icmpv6(137)
    static let arpRequest = Value(bigEndian: 1).named("request")
    static let arpReply = Value(bigEndian: 2).named("reply")
    static let etherTypeIPv4 = Value(bigEndian: 0x0800).named("ip")

    /// A type of ICMPv6 under nft's own name for it, by which nft lists it.
    static func icmpv6(_ type: UInt8) -> Value {
        let names: [UInt8: String] = [
            130: "mld-listener-query", 131: "mld-listener-report", 132: "mld-listener-done", 133: "nd-router-solicit",
            134: "nd-router-advert", 135: "nd-neighbor-solicit", 136: "nd-neighbor-advert", 137: "nd-redirect",
            143: "mld2-listener-report",
        ]
        return names[type].map { Value(octet: type).named($0) } ?? Value(octet: type)
    }
}

/// A chain under construction: its place in the packet path and its rules in nft's order.
package struct ChainDefinition: Hashable, Sendable {
    package let id: ChainID
    package let base: BaseChain?
    package let rules: [Rule]

    init(_ table: Table, _ name: String, base: BaseChain? = nil, _ rules: [Rule]) {
        id = ChainID(table, name)
        self.base = base
        self.rules = rules
    }

    package var contents: ChainContents {
        ChainContents(
            base: base, rules: rules.map { $0.compiled(in: id.table.family) }, ruleTexts: rules.map(\.statementsText))
    }
}
