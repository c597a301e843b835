import Datastore
import Testing

@testable import DatastoreDirectory

/// Each file changes in its own order; how the changes of different files interleave must not matter.
@Suite struct DirectoryStateOrderTests {
    struct Change {
        var file: String
        var content: FileContent?

        init(_ file: String, _ content: Step.Content) { (self.file, self.content) = (file, content.read(as: file)) }
    }

    static let histories: [[Change]] = [
        [
            Change("a.yaml", .text(yaml(endpoint("x"), endpoint("y")))),
            Change("a.yaml", .text(yaml(endpoint("y", version: 2), unreadableDocument))),
            Change("a.yaml", .unreadable),
        ],
        [
            Change("b.yaml", .text(yaml(endpoint("x", version: 3), endpoint("z")))),
            Change("b.yaml", .text(yaml(invalidEndpoint("z"), endpoint("w")))),
        ],
        [
            Change("c.yaml", .text(yaml(endpoint("w", version: 4), endpoint("z", version: 4)))),
            Change("c.yaml", .gone),
            Change("c.yaml", .text(yaml(endpoint("x", version: 5), endpoint("x", version: 6)))),
        ],
    ]

    /// Every order of taking one step from one of the histories until all are used up: 560 of them.
    static func interleavings(_ remaining: [ArraySlice<Change>]) -> [[Change]] {
        if remaining.allSatisfy(\.isEmpty) { return [[]] }
        return remaining.indices.flatMap { index -> [[Change]] in
            guard let first = remaining[index].first else { return [] }
            var rest = remaining
            rest[index].removeFirst()
            return interleavings(rest).map { [first] + $0 }
        }
    }

    @Test("Any order of the same changes ends in the same state, told in the same words")
    func anyOrder() {
        var outcomes: Set<[DatastoreEvent]> = []
        let orders = Self.interleavings(Self.histories.map { $0[...] })
        #expect(orders.count == 560)
        for order in orders {
            var state = DirectoryState()
            var follower = Follower()
            for change in order {
                state.update(change.file, at: change.file, to: change.content)
                follower.take(state.takeChanges())
            }
            var fresh = Follower()
            let snapshot = state.snapshot()
            fresh.take(snapshot)
            #expect(follower.versions == fresh.versions)
            #expect(follower.rejections == fresh.rejections)
            outcomes.insert(snapshot)
        }
        #expect(outcomes.count == 1)
        #expect(
            outcomes.first.map(summary) == [
                "begins", "put w 1", "put x 1", "put y 2", "put z 1", "rejected a.yaml:1 ? kept",
                "rejected b.yaml:9 z kept", "rejected c.yaml:1 x", "rejected c.yaml:12 x", "in sync",
            ])
    }
}
