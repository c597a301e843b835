import CPeers

/// libnftables within this process, as programs use it that want to spare themselves the start of `nft`. It belongs to the
/// network namespace in which it was made.
final class Libnftables {
    private let context: UnsafeMutableRawPointer

    init() throws {
        guard let context = cpeers_nftables_new() else { throw HarnessError("libnftables gives no context") }
        self.context = context
    }

    deinit { cpeers_nftables_free(context) }

    func run(_ text: String) throws {
        guard cpeers_nftables_run(context, text) == 0 else {
            throw HarnessError("libnftables: \(String(cString: cpeers_nftables_error(context)).prefix(600))")
        }
    }
}
