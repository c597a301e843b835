/// A base chain of any table with what decides about packets in it.
public struct HookedChain: Hashable, Sendable {
    public let table: Table
    public let name: String
    public let base: BaseChain
    /// The devices that a chain of ingress or egress stands at; empty elsewhere.
    public let devices: [String]
    public let rules: [CompiledRule]

    public init(_ table: Table, _ name: String, base: BaseChain, devices: [String] = [], rules: [CompiledRule] = []) {
        self.table = table
        self.name = name
        self.base = base
        self.devices = devices
        self.rules = rules
    }
}
