package import Resources

/// What one resource file holds at the moment.
package enum FileContent: Sendable {
    case documents([DecodedDocument])

    /// The file exists and cannot be read; the reason is a sentence for people.
    case unreadable(reason: String)
}
