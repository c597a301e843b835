/// What a rule or a verdict map decides about a packet.
public enum Verdict: Hashable, Sendable, CustomStringConvertible {
    /// Ends this base chain only: a later base chain on the same hook still judges the packet.
    case accept
    /// Final for the packet.
    case drop
    case `return`
    /// Continues in the chain and comes back when that ends.
    case jump(String)
    /// Continues in the chain and does not come back: past its end the base chain's policy decides.
    case goto(String)

    /// The chain that the verdict leads to.
    public var target: String? {
        switch self {
        case .jump(let chain), .goto(let chain): chain
        case .accept, .drop, .return: nil
        }
    }

    public var description: String {
        switch self {
        case .accept: "accept"
        case .drop: "drop"
        case .return: "return"
        case .jump(let chain): "jump \(chain)"
        case .goto(let chain): "goto \(chain)"
        }
    }
}
