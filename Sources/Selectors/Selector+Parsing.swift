extension Selector {
    /// Reads a selector; an empty text selects everything.
    public init(parsing text: String) throws(SelectorError) {
        guard text.allSatisfy(\.isWhitespace) || text == "all()" else {
            throw SelectorError(column: 1, message: "not read yet")
        }
        self.init(text: text, expression: .all)
    }
}
