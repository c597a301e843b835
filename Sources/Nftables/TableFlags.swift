/// What a table is beside its contents (`NFTA_TABLE_FLAGS`, `enum nft_table_flags` in `linux/netfilter/nf_tables.h`).
public struct TableFlags: OptionSet, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Its chains stand at no hook.
    public static let dormant = TableFlags(rawValue: 1)
    /// Only the netlink socket that made or adopted it may change it (kernel 5.12). Without ``persist`` the table goes with
    /// that socket.
    public static let owner = TableFlags(rawValue: 2)
    /// The table outlives its owner and then belongs to nobody; whoever adds it with ``owner`` adopts it (kernel 6.9).
    public static let persist = TableFlags(rawValue: 4)

    public var description: String {
        let names = [(Self.dormant, "dormant"), (.owner, "owner"), (.persist, "persist")]
        let known = names.filter { contains($0.0) }.map(\.1)
        let rest = rawValue & ~7
        let words = known + (rest == 0 ? [] : ["0x\(String(rest, radix: 16))"])
        return words.isEmpty ? "no flags" : words.joined(separator: ", ")
    }
}
