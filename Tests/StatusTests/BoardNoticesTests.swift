import Resources
import Testing

@testable import Status

@Suite struct BoardNoticesTests {
    private let board = AgentBoard(source: ("directory", "/d"))

    @Test func noticesStandByTopicUntilTheyAreTakenBack() {
        board.setNotices(["two", "three"], inShort: "two things", about: "settings")
        board.setNotice("one", about: "http")
        #expect(board.notices == ["one", "two", "three"])
        #expect(board.overview.dataplane.notices == ["one", "two", "three"])
        board.setNotices(["four"], about: "settings")
        #expect(board.notices == ["one", "four"])
        board.setNotices([], about: "settings")
        board.setNotice(nil, about: "http")
        #expect(board.notices == [])
    }

    @Test func theSummaryHasThemInShort() {
        let bare = board.summary
        board.setNotice("a long story", about: "http")
        #expect(board.summary == bare)
        board.setNotices(["a", "b"], inShort: "restart needed for node", about: "settings")
        #expect(board.summary == "\(bare); restart needed for node")
        board.setNotices([], inShort: "nothing", about: "settings")
        #expect(board.summary == bare)
    }
}
