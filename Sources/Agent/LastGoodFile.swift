import Logging
import SystemCalls

/// Where accepted resources are kept. Whatever is wrong with the file is said, and never keeps the agent from its work.
struct LastGoodFile: Sendable {
    let file: StateFile
    let origin: LastGood.Origin
    let logger: Logger

    /// 100,000 endpoints take some 80 MB.
    private static let limit = 256 << 20
    private static let suffix = ".unusable"

    /// What an earlier agent kept of this node and source.
    func load() -> LastGood? {
        do throws(StateFileError) {
            guard let bytes = try file.contents(limit: Self.limit) else { return nil }
            return read(bytes)
        } catch {
            return reject(because: "\(error)")
        }
    }

    private func read(_ bytes: [UInt8]) -> LastGood? {
        do throws(LastGoodError) {
            var lastGood = try LastGood(text: bytes)
            guard lastGood.origin == origin else {
                return reject(
                    because: "it is of node \(lastGood.origin.node) and source \(lastGood.origin.source), not of "
                        + "\(origin.node) and \(origin.source)")
            }
            for refused in lastGood.refused {
                logger.warning("A kept resource is not valid any more", metadata: ["resource": "\(refused)"])
            }
            lastGood.savedAt = max(lastGood.savedAt, file.modified ?? lastGood.savedAt)
            return lastGood
        } catch {
            return reject(because: "\(error)")
        }
    }

    private func reject(because reason: String) -> LastGood? {
        var metadata: Logger.Metadata = ["file": "\(file.path)", "reason": "\(reason)"]
        do throws(StateFileError) {
            try file.setAside(as: Self.suffix)
            metadata["setAsideAs"] = "\(file.path)\(Self.suffix)"
        } catch {
            metadata["setAside"] = "\(error)"
        }
        logger.warning("The kept resources cannot be used; only what the source says counts", metadata: metadata)
        return nil
    }

    func save(_ entries: [LastGood.Entry]) throws(StateFileError) {
        let lastGood = LastGood(origin: origin, savedAt: .now, boot: bootIdentifier ?? "", entries: entries)
        try file.replace { writer throws(StateFileError) in try lastGood.write(to: &writer) }
    }
}
