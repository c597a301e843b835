import Selectors

extension DecodingContext {
    /// A selector; `nil` for an empty text, which says nothing, and after an error. That is reported where the mistake
    /// stands in the document, or with its column in the selector where the document writes it differently.
    /// - Parameter isGlobalAllowed: Whether `global()` has a meaning here, and then it must stand alone (libcalico-go's
    ///   `validateEntityRule`).
    mutating func selector(_ node: YAMLNode, isGlobalAllowed: Bool = false) -> Selector? {
        guard let text = text(node), !text.isEmpty else { return nil }
        do {
            let selector = try Selector(parsing: text)
            if selector.usesGlobal, !isGlobalAllowed {
                error(node, "global() has a meaning only in the namespaceSelector of a rule: write all()")
                return nil
            }
            if selector.usesGlobal, selector.expression != .global {
                error(node, "global() means what is in no namespace, and cannot be combined with other conditions")
                return nil
            }
            return selector
        } catch {
            let what = "not a valid selector"
            if let offset = node.textOffset {
                var place = node
                place.column += offset + error.column - 1
                self.error(place, "\(what): \(error.message)")
            } else {
                self.error(node, "\(what): \(error.description)")
            }
            return nil
        }
    }
}
