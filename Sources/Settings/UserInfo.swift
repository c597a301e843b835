extension String {
    /// The text with what stands before an `@` in the authority of a URL (RFC 3986 section 3.2.1) left out: people put
    /// passwords there, and what is refused or shown is logged.
    var withoutUserInfo: String {
        guard let slashes = ranges(of: "//").first else { return self }
        let authority = self[slashes.upperBound...].prefix { $0 != "/" && $0 != "," }
        guard let at = authority.lastIndex(of: "@") else {
            let rest = String(self[authority.endIndex...])
            return self[..<authority.endIndex] + (rest.isEmpty ? "" : rest.withoutUserInfo)
        }
        return self[..<slashes.upperBound] + "…" + String(self[at...]).withoutUserInfo
    }
}
