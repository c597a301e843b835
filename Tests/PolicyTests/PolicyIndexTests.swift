import Policy
import Resources
import Testing

@Suite struct PolicyIndexTests {
    @Test func nothingIsJudgedWithoutResources() {
        var index = PolicyIndex(node: "node1")
        #expect(index.update().endpoints.isEmpty)
    }
}
