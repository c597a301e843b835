import FoundationEssentials
package import SystemCalls

extension StatusReport {
    /// Endpoints that the source has lost all at once, which is not believed until somebody confirms it or the source has
    /// said the same long enough.
    package struct HeldRemovals: Codable, Hashable, Sendable {
        package var endpoints: Int
        /// How many there were before.
        package var of: Int
        /// When the loss will be believed if the source goes on saying the same; `nil` while the source is out of reach
        /// and says nothing.
        @Nullable package var until: Timestamp?

        package init(endpoints: Int, of: Int, until: Timestamp?) {
            self.endpoints = endpoints
            self.of = of
            self.until = until
        }

        /// What has happened, and what to do.
        package var words: String {
            let fate =
                until.map { "otherwise they go at \($0) if the source still says the same" }
                ?? "otherwise they stay while the source is out of reach"
            return "the source lost \(endpoints) of \(counted(of, "endpoint")) at once, which stay: if that is right, "
                + "margay confirm removes them; \(fate)"
        }
    }
}

extension StatusReport.Dataplane {
    /// What is held, and what to do; `nil` where nothing is.
    package var heldWords: String? {
        guard state == .held else { return nil }
        return held?.words
            ?? "what nobody asks for stays in the kernel until every resource can be read, or margay confirm removes it"
    }
}

/// What `margay confirm` brought about.
package struct ConfirmAnswer: Codable, Hashable, Sendable {
    /// How many held endpoints were let go.
    package var endpoints: Int
    /// Whether also that was let go which may have been a resource's that cannot be read.
    package var leftovers: Bool
    /// What keeps them in the kernel all the same; `nil` once they are gone.
    @Nullable package var problem: String?

    package init(endpoints: Int, leftovers: Bool, problem: String? = nil) {
        self.endpoints = endpoints
        self.leftovers = leftovers
        self.problem = problem
    }
}

extension ConfirmAnswer {
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self).printableJSON
    }
}
