extension Rule {
    /// The rule as JSON on one line, as it stands in a v3 resource.
    public var json: String {
        var writer = JSONWriter()
        writer.object { $0.put(self, .v3) }
        return writer.text
    }
}
