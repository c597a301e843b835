import Selectors
import TestSupport
import Testing

/// Selectors that nobody would write.
struct SelectorFuzzTests {
    private static let corpus = [
        "has(app) && !has(old) || role in {\"web\", 'db', } && !(tier not in {} || all())",
        "projectcalico.org/namespace == 'kube-system' && name starts with \"a\" || name ends with 'z'",
        "global()", "a contains 'x' && b != \"\" && (((c == 'd')))", "a startswith\"x\"&&b notin{'y'}", " ",
    ].map { Array($0.utf8) }
    private static let words =
        [
            "has(", "all()", "global( )", "&&", "||", "!", "!!", "(", ")", "{", "}", ",", "==", "!=", "in", "not in",
            "contains", "starts with", "ends\twith", "'", "\"", "''", "\0", "\n", "\u{e9}", "\u{1f600}", "\u{202e}",
            String(repeating: "(", count: 120), String(repeating: "!(", count: 99), String(repeating: "k", count: 600),
        ].map { Array($0.utf8) } + [[0xff], [0xc0, 0x80]]

    /// An accepted text has a canonical form that says the same, of everything with labels; a refused one has a column in
    /// the text and a message of one line.
    @Test func whateverATextHoldsIsReadOrRefused() {
        var accepted = 0
        let problem = Fuzz("selectors", rounds: 20_000, corpus: Self.corpus, words: Self.words).run { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            let selector: Selector
            do throws(SelectorError) {
                selector = try Selector(parsing: text)
            } catch {
                guard (1...text.unicodeScalars.count + 1).contains(error.column) else {
                    return "column \(error.column)"
                }
                let isOneLine = error.message.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }
                return isOneLine && error.message.utf8.count < 400 ? nil : "the message \(error.message)"
            }
            accepted += 1
            let canonical = selector.description
            guard let again = try? Selector(parsing: canonical) else { return "\(canonical) is refused" }
            guard again.expression == selector.expression else { return "\(canonical) says something else" }
            guard again.description == canonical else { return "\(canonical) is not its own canonical form" }
            for labels in [[:], ["a": "x", "b": "y"], ["app": "", "role": "web", "name": "abz", "c": "d"]] {
                let negated = try Selector(parsing: "!(\(canonical))")
                guard negated.expression.matches({ labels[$0] }) != selector.expression.matches({ labels[$0] }) else {
                    return "\(canonical) and its negation agree"
                }
            }
            return nil
        }
        #expect(problem == nil)
        #expect(accepted > 500)
    }
}
