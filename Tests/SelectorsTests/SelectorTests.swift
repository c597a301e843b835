import Selectors
import Testing

@Suite struct SelectorTests {
    @Test func anEmptyTextSelectsEverything() throws {
        #expect(try Selector(parsing: "").expression == .all)
    }
}
