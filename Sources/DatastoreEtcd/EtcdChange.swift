/// A key and what it holds, or no longer does.
struct EtcdChange: Hashable, Sendable {
    var key: [UInt8]
    /// `nil` for a key that is gone.
    var value: [UInt8]?
}
