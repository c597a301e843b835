import Resources

extension StatusReport {
    /// The document of ``json()`` as YAML: the same keys and values, keys sorted.
    /// - Throws: `EncodingError` when a number is not finite.
    package func yaml() throws -> String {
        try DocumentText(json: try json()).yaml
    }
}
