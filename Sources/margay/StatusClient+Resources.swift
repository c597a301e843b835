import Resources
import Status

extension StatusClient {
    /// The resources that the agent has accepted, each of them read anew from its document.
    /// - Throws: ``StatusError``, `failedRequest` when one cannot be read.
    func acceptedResources(socket: String) async throws -> [Resource] {
        // The agent has accepted these: wide networks, and how many there are, are its decision, not ours.
        let reader = ResourceReader(allowWideNetworks: true, maximumDocuments: .max)
        let documents = reader.documents(in: Array(try await resources().utf8), file: socket)
        return try documents.compactMap { document in
            switch document.outcome {
            case .accepted(let resource): return resource
            case .ignored: return nil
            case .rejected(let rejection):
                throw StatusError(
                    .failedRequest, "understand a resource of the agent on \(socket)",
                    detail: rejection.errors.first.map { "\($0)" },
                    remedy: "The agent may be of another version than this command; see margay version")
            }
        }
    }
}
