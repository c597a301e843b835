import TestSupport
import Testing

@testable import Conntrack
@testable import Netlink

/// Mutated entries of the kernel's table of flows.
struct ConntrackFuzzTests {
    static let corpus = messages(of: "flows")

    @Test func everyMessageIsAFlowOrMalformed() {
        let problem = Fuzz("conntrack", rounds: 30_000, corpus: Self.corpus).run { bytes in
            withAlignedBytes(bytes) { bytes in
                var reader = MessageReader(bytes)
                do throws(NetlinkError) {
                    while let message = try reader.next() {
                        guard let entry = try ConntrackEntry(message) else { continue }
                        // What names one flow never becomes a request to delete all.
                        var batch = MessageBatch()
                        entry.appendDeletion(to: &batch)
                        guard batch.byteCount > 24, !"\(entry)".isEmpty else { return "\(entry)" }
                    }
                } catch {
                    guard case .malformed = error.code else { return "another error: \(error)" }
                }
                return nil
            }
        }
        #expect(problem == nil)
    }

    @Test func theKernelsOwnMessagesAreFlows() throws {
        let flows = try Self.corpus.compactMap { bytes in
            try withAlignedBytes(bytes) { bytes in
                var reader = MessageReader(bytes)
                guard let message = try reader.next() else { return ConntrackEntry?.none }
                return try ConntrackEntry(message)
            }
        }
        #expect(flows.count >= 4)
    }
}
