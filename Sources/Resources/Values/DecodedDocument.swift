/// One document of a file, or one item of a list in it, and what became of it.
public struct DecodedDocument: Hashable, Sendable {
    public enum Outcome: Hashable, Sendable {
        case accepted(Resource)
        case rejected(Rejection)
        /// Not ours: of a kind that is not read, or empty.
        case ignored
    }

    /// Where the document's content begins.
    public var location: ResourceLocation
    public var outcome: Outcome
    /// The warnings in the order of their places; a rejection lists them once more between its errors.
    public var warnings: [Diagnostic]

    public init(location: ResourceLocation, outcome: Outcome, warnings: [Diagnostic] = []) {
        self.location = location
        self.outcome = outcome
        self.warnings = warnings
    }
}

/// A document that must not be used.
public struct Rejection: Hashable, Sendable {
    /// Which resource the document is about, when its identity could still be read.
    public var key: ResourceKey?
    /// Where the document's content begins, or where it stops being YAML.
    public var location: ResourceLocation
    /// Every error and warning, in the order of their places; at least one is an error.
    public var diagnostics: [Diagnostic]

    public init(key: ResourceKey?, location: ResourceLocation, diagnostics: [Diagnostic]) {
        self.key = key
        self.location = location
        self.diagnostics = diagnostics
    }

    /// The errors alone.
    public var errors: [Diagnostic] { diagnostics.filter { $0.severity == .error } }
}
