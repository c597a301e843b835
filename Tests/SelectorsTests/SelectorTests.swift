import Selectors
import Testing

@Suite struct SelectorTests {
    @Test(arguments: ["", " ", "\t  ", "all()", "all( )", "(all())", "  ( all() ) "])
    func aTextThatSaysNothingSelectsEverything(text: String) throws {
        #expect(try Selector(parsing: text).expression == .all)
    }

    @Test(
        arguments: [
            ("global()", .global),
            ("has(a)", .has("a")),
            ("has( a.b/c-d_e )", .has("a.b/c-d_e")),
            ("!has(a)", .not(.has("a"))),
            ("! ! has(a)", .has("a")),
            ("!(!has(a))", .has("a")),
            ("a == 'b'", .equal("a", "b")),
            ("a==\"b\"", .equal("a", "b")),
            ("a\t!=\t'b'", .notEqual("a", "b")),
            ("!a != 'b'", .not(.notEqual("a", "b"))),
            ("a == ''", .equal("a", "")),
            ("a == '\"'", .equal("a", "\"")),
            ("a == \"it's\"", .equal("a", "it's")),
            ("a == '&& || ( \\'", .equal("a", "&& || ( \\")),
            ("a in {'x'}", .isIn("a", ["x"])),
            ("a in{\"y\",'x' , \"y\"}", .isIn("a", ["x", "y"])),
            ("a in {}", .isIn("a", [])),
            ("a in {'x',}", .isIn("a", ["x"])),
            ("a not in {'x'}", .isNotIn("a", ["x"])),
            ("a notin {'x'}", .isNotIn("a", ["x"])),
            ("a not\t in{}", .isNotIn("a", [])),
            ("a contains 'x'", .contains("a", "x")),
            ("a contains'x'", .contains("a", "x")),
            ("a starts with 'x'", .startsWith("a", "x")),
            ("a startswith 'x'", .startsWith("a", "x")),
            ("a ends   with 'x'", .endsWith("a", "x")),
            ("has == 'x'", .equal("has", "x")),
            ("in in {'in'}", .isIn("in", ["in"])),
            ("not not in {'x'}", .isNotIn("not", ["x"])),
            ("all contains 'x'", .contains("all", "x")),
            ("-/. == 'x'", .equal("-/.", "x")),
        ] as [(String, Selector.Expression)])
    func everyPrimitiveIsRead(text: String, expected: Selector.Expression) throws {
        #expect(try Selector(parsing: text).expression == expected)
    }

    @Test(
        arguments: [
            ("has(a) && has(b) || has(c)", .or([.and([.has("a"), .has("b")]), .has("c")])),
            ("has(a) || has(b) && has(c)", .or([.has("a"), .and([.has("b"), .has("c")])])),
            ("(has(a) || has(b)) && has(c)", .and([.or([.has("a"), .has("b")]), .has("c")])),
            ("has(a) && (has(b) && (has(c) && has(d)))", .and([.has("a"), .has("b"), .has("c"), .has("d")])),
            ("(has(a)||has(b))||has(c)", .or([.has("a"), .has("b"), .has("c")])),
            ("!has(a) && has(b)", .and([.not(.has("a")), .has("b")])),
            ("!(has(a) && has(b))", .not(.and([.has("a"), .has("b")]))),
            ("((((has(a)))))", .has("a")),
        ] as [(String, Selector.Expression)])
    func operatorsBindAsInCalico(text: String, expected: Selector.Expression) throws {
        #expect(try Selector(parsing: text).expression == expected)
    }

    @Test(arguments: [
        ("has(a)&&b=='c'", "has(a) && b == \"c\""),
        ("a in {'z','b', 'z'}", "a in {\"b\", \"z\"}"),
        ("a=='say \"x\"'", "a == 'say \"x\"'"),
        ("!(a=='b')", "!a == \"b\""),
        ("!( has(a)||has(b) )", "!(has(a) || has(b))"),
        ("(has(a)||has(b))&&(all())", "(has(a) || has(b)) && all()"),
        ("a notin{}", "a not in {}"),
        ("a startswith'b'&&a endswith 'c'", "a starts with \"b\" && a ends with \"c\""),
        ("  ", "all()"),
    ])
    func theCanonicalFormDependsOnTheMeaningAlone(text: String, canonical: String) throws {
        let selector = try Selector(parsing: text)
        #expect(selector.description == canonical)
        #expect(selector.text == text)
        #expect(try Selector(parsing: canonical).expression == selector.expression)
        #expect(try Selector(parsing: canonical).description == canonical)
    }

    @Test(arguments: [
        ("a = 'b'", 3, "expected =="),
        ("a & b", 3, "expected an operator after label \"a\""),
        ("has(a) & has(b)", 8, "expected &&"),
        ("has(a) | has(b)", 8, "expected ||"),
        ("has(a) and has(b)", 8, "\"and\" here: expected && or ||"),
        ("a", 2, "the selector ends here: expected an operator"),
        ("a ==", 5, "expected a text in quotes"),
        ("a == b", 6, "\"b\" here: expected a text in quotes"),
        ("a == 'b", 6, "does not end"),
        ("a == 'b\"", 6, "does not end"),
        ("a in 'b'", 6, "expected a list of texts in braces"),
        ("a in {b}", 7, "expected a text in quotes"),
        ("a in {'b' 'c'}", 11, "a comma between two"),
        ("a in {'b'", 10, "the closing }"),
        ("a in {,}", 7, "expected a text in quotes"),
        ("a starts 'b'", 3, "expected an operator"),
        ("a inside {'b'}", 3, "\"inside\" here"),
        ("a not 'b'", 3, "\"not\" here: expected an operator"),
        ("has (a)", 5, "expected an operator after label \"has\""),
        ("has()", 5, "expected the key of a label"),
        ("has(a", 6, "expected the ) of has("),
        ("has(a b)", 7, "\"b\" here: expected the )"),
        ("all(a)", 5, "expected the ) of all()"),
        ("global(", 8, "expected the ) of global()"),
        ("(has(a)", 8, "closes the ( at column 1"),
        ("has(a) && ((has(b) || has(c)", 29, "closes the ( at column 12"),
        ("has(a))", 7, ") here: expected && or ||, or the end"),
        ("()", 2, "expected a label's key"),
        ("&& has(a)", 1, "expected a label's key"),
        ("has(a) &&", 10, "the selector ends here"),
        ("!", 2, "the selector ends here"),
        ("'a' == a", 1, "expected a label's key"),
        ("has(a) &&\nhas(b)", 10, "a line break here"),
        ("a == 'ü' && ö == 'b'", 13, "ö here"),
        ("a == '\u{1f600}' &&& has(b)", 12, "& here"),
        ("\u{202e}", 1, "\\u{202E} here"),
        ("a = \u{0}", 3, "expected =="),
        ("\u{0}", 1, "\\0 here"),
    ])
    func aMistakeIsToldWithItsColumnAndWhatIsExpected(text: String, column: Int, part: String) {
        let error = #expect(throws: SelectorError.self) { try Selector(parsing: text) }
        #expect(error?.column == column, "\(text)")
        #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
    }

    @Test func aKeyHasUpTo512Characters() throws {
        let longest = String(repeating: "k", count: 512)
        #expect(try Selector(parsing: "\(longest) == 'x'").expression == .equal(longest, "x"))
        #expect(try Selector(parsing: "has(\(longest))").expression == .has(longest))
        for text in ["\(longest)k == 'x'", " has(\(longest)k)"] {
            let error = #expect(throws: SelectorError.self) { try Selector(parsing: text) }
            #expect(error?.message.contains("at most 512") == true)
        }
    }

    @Test func hostileNestingAndLengthAreRefused() throws {
        func nested(_ levels: Int) -> String {
            String(repeating: "!(", count: levels) + "has(a)" + String(repeating: ")", count: levels)
        }
        #expect(try Selector(parsing: nested(100)).expression == .has("a"))
        let tooDeep = #expect(throws: SelectorError.self) { try Selector(parsing: nested(101)) }
        #expect(tooDeep?.column == 202)
        #expect(tooDeep?.message.contains("100 levels") == true)
        #expect(throws: SelectorError.self) { try Selector(parsing: String(repeating: "(", count: 262_144)) }
        #expect(throws: SelectorError.self) { try Selector(parsing: String(repeating: "!", count: 262_144)) }
        let list = Array(repeating: "'x'", count: 60_000).joined(separator: ",")
        #expect(try Selector(parsing: "a in {\(list)}").expression == .isIn("a", ["x"]))
        let tooLong = #expect(throws: SelectorError.self) {
            try Selector(parsing: String(repeating: " ", count: 262_145))
        }
        #expect(tooLong?.message.contains("at most 262144") == true)
    }

    @Test(arguments: [
        ("a == 'x'", true, false, false), ("a != 'x'", false, true, true), ("has(a)", true, true, false),
        ("!has(a)", false, false, true), ("a in {'x', 'z'}", true, false, false),
        ("a not in {'x', 'z'}", false, true, true), ("a in {}", false, false, false),
        ("a not in {}", true, true, true), ("a contains 'x'", true, false, false),
        ("a contains ''", true, true, false), ("a starts with 'yy'", false, true, false),
        ("a ends with 'zy'", false, true, false), ("a ends with ''", true, true, false),
        ("a contains 'yz'", false, true, false), ("a contains 'yyzyy'", false, false, false),
        ("all()", true, true, true), ("global()", true, true, true), ("!all()", false, false, false),
        ("a == 'x' || !has(a)", true, false, true), ("has(a) && a != 'x'", false, true, false),
    ])
    func labelsAreJudgedAsInCalico(text: String, x: Bool, yyzy: Bool, absent: Bool) throws {
        let expression = try Selector(parsing: text).expression
        #expect(expression.matches { ["a": "x"][$0] } == x)
        #expect(expression.matches { ["a": "yyzy"][$0] } == yyzy)
        #expect(expression.matches { _ in nil } == absent)
    }
}
