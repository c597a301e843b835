import Datastore
import Resources
import Testing

@testable import DatastoreDirectory

/// One change of one file, and what it makes happen.
struct Step {
    var file: String
    var content: Content
    var events: [String]

    enum Content {
        case text(String)
        case gone
        case unreadable
    }

    init(_ file: String, _ text: String, _ events: String...) {
        (self.file, content, self.events) = (file, .text(text), events)
    }

    init(_ file: String, _ content: Content, _ events: String...) {
        (self.file, self.content, self.events) = (file, content, events)
    }
}

struct Scenario: CustomTestStringConvertible {
    var testDescription: String
    var steps: [Step]

    init(_ description: String, _ steps: Step...) { (testDescription, self.steps) = (description, steps) }
}

extension Step.Content {
    /// What a file of this name that holds this is read as.
    func read(as file: String) -> FileContent? {
        switch self {
        case .text(let text): .documents(ResourceReader().documents(in: Array(text.utf8), file: file))
        case .gone: nil
        case .unreadable: .unreadable(reason: "cannot be read")
        }
    }
}

extension DirectoryState {
    mutating func update(_ file: String, to content: Step.Content) {
        update(file, at: file, to: content.read(as: file))
    }
}

@Suite struct DirectoryStateTests {
    static let scenarios: [Scenario] = [
        Scenario(
            "a resource appears, stays, changes and goes with its document",
            Step("a.yaml", yaml(endpoint("x"), endpoint("y")), "put x 1", "put y 1"),
            Step("a.yaml", yaml(endpoint("x"), endpoint("y"))),
            Step("a.yaml", yaml(endpoint("x", version: 2), endpoint("y")), "put x 2"),
            Step("a.yaml", yaml(endpoint("x", version: 2)), "delete y"),
            Step("a.yaml", "", "delete x")),
        Scenario(
            "resources go with their file",
            Step("a.yaml", yaml(endpoint("x"), endpoint("y")), "put x 1", "put y 1"),
            Step("a.yaml", .gone, "delete x", "delete y"),
            Step("a.yaml", .gone)),
        Scenario(
            "an invalid edit keeps the last good version, and its neighbours go on",
            Step("a.yaml", yaml(endpoint("x"), endpoint("y")), "put x 1", "put y 1"),
            Step(
                "a.yaml", yaml(invalidEndpoint("x"), endpoint("y", version: 2)), "put y 2", "rejected a.yaml:9 x kept"),
            Step("a.yaml", yaml(invalidEndpoint("x")), "delete y"),
            Step("a.yaml", yaml(endpoint("x", version: 3)), "put x 3", "no rejections")),
        Scenario(
            "a document without identity keeps whatever its file defined and now lacks",
            Step("a.yaml", yaml(endpoint("x"), endpoint("y"), endpoint("z")), "put x 1", "put y 1", "put z 1"),
            Step("b.yaml", endpoint("w"), "put w 1"),
            Step(
                "a.yaml", yaml(endpoint("z", version: 2), unreadableDocument), "put z 2", "rejected a.yaml:12 ? kept"),
            Step("b.yaml", .gone, "delete w"),
            Step("a.yaml", yaml(endpoint("y"), endpoint("z", version: 2)), "delete x", "no rejections")),
        Scenario(
            "what was kept through one invalid edit is kept through the next",
            Step("a.yaml", endpoint("x"), "put x 1"),
            Step("a.yaml", invalidEndpoint("x"), "rejected a.yaml:9 x kept"),
            Step("a.yaml", unreadableDocument, "rejected a.yaml:1 ? kept"),
            Step("a.yaml", .unreadable, "rejected a.yaml:1 ? kept"),
            Step("a.yaml", endpoint("x"), "no rejections")),
        Scenario(
            "deleting the file removes what was kept",
            Step("a.yaml", endpoint("x"), "put x 1"),
            Step("a.yaml", unreadableDocument, "rejected a.yaml:1 ? kept"),
            Step("a.yaml", .gone, "delete x", "no rejections")),
        Scenario(
            "removing the rejected document removes what was kept for it",
            Step("a.yaml", yaml(endpoint("x"), endpoint("y")), "put x 1", "put y 1"),
            Step("a.yaml", yaml(endpoint("x"), invalidEndpoint("y")), "rejected a.yaml:20 y kept"),
            Step("a.yaml", yaml(endpoint("x")), "delete y", "no rejections")),
        Scenario(
            "a document that was never valid keeps nothing",
            Step("a.yaml", yaml(endpoint("x"), invalidEndpoint("y")), "put x 1", "rejected a.yaml:20 y"),
            Step("b.yaml", unreadableDocument, "rejected a.yaml:20 y", "rejected b.yaml:1 ?")),
        Scenario(
            "a file that cannot be read keeps everything it defined",
            Step("a.yaml", yaml(endpoint("x"), endpoint("y")), "put x 1", "put y 1"),
            Step("a.yaml", .unreadable, "rejected a.yaml:1 ? kept"),
            Step("a.yaml", endpoint("x", version: 2), "delete y", "put x 2", "no rejections")),
        Scenario(
            "of two files that define one resource the first in name order counts, and the other takes over",
            Step("a.yaml", endpoint("x"), "put x 1"),
            Step("b.yaml", endpoint("x", version: 2), "rejected b.yaml:1 x"),
            Step("b.yaml", endpoint("x", version: 3)),
            Step("a.yaml", .gone, "put x 3", "no rejections"),
            Step("a.yaml", endpoint("x"), "put x 1", "rejected b.yaml:1 x"),
            Step("b.yaml", .gone, "no rejections")),
        Scenario(
            "all but the first of three definitions are rejected",
            Step("c.yaml", endpoint("x", version: 3), "put x 3"),
            Step("a.yaml", endpoint("x", version: 1), "put x 1", "rejected c.yaml:1 x"),
            Step("b.yaml", endpoint("x", version: 2), "rejected b.yaml:1 x", "rejected c.yaml:1 x"),
            Step("a.yaml", .gone, "put x 2", "rejected c.yaml:1 x")),
        Scenario(
            "of two documents of one file the first counts, and the other takes over",
            Step("a.yaml", yaml(endpoint("x"), endpoint("x", version: 2)), "put x 1", "rejected a.yaml:12 x"),
            Step("a.yaml", yaml(endpoint("x", version: 2)), "put x 2", "no rejections")),
        Scenario(
            "an invalid edit of the definition that counts does not hand over to another file",
            Step("a.yaml", endpoint("x"), "put x 1"),
            Step("b.yaml", endpoint("x", version: 2), "rejected b.yaml:1 x"),
            Step("a.yaml", invalidEndpoint("x"), "rejected a.yaml:9 x kept", "rejected b.yaml:1 x")),
        Scenario(
            "a resource that moves to another file unchanged is not put again",
            Step("a.yaml", endpoint("x"), "put x 1"),
            Step("b.yaml", endpoint("x"), "rejected b.yaml:1 x"),
            Step("a.yaml", "", "no rejections")),
        Scenario(
            "an unknown kind and an empty document are no resources",
            Step("a.yaml", yaml("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: n}\n", "", endpoint("x")), "put x 1")
        ),
    ]

    @Test("Files change one after the other", arguments: scenarios)
    func scenario(_ scenario: Scenario) {
        var state = DirectoryState()
        for (number, step) in scenario.steps.enumerated() {
            state.update(step.file, to: step.content)
            #expect(summary(state.takeChanges()) == step.events, "step \(number + 1)")
        }
    }

    @Test("A duplicate names both places")
    func duplicateNamesBothPlaces() throws {
        var state = DirectoryState()
        state.update("b.yaml", to: .text(yaml(endpoint("w"), endpoint("x"))))
        state.update("a.yaml", to: .text(yaml(endpoint("x"))))
        let rejection = try #require(rejections(in: state.takeChanges()).first)
        #expect(rejection.location.description.hasPrefix("b.yaml:12:"))
        #expect(rejection.resource == "WorkloadEndpoint default/x")
        #expect(rejection.message.contains("a.yaml:1:"))
    }

    @Test("A rejection tells its first error and the number of the others")
    func rejectionCountsErrors() throws {
        var state = DirectoryState()
        state.update("a.yaml", to: .text(invalidEndpoint("x")))
        let rejection = try #require(rejections(in: state.takeChanges()).first)
        #expect(rejection.message.hasPrefix("spec."))
        #expect(rejection.message.hasSuffix("(and 1 more)"))
    }

    @Test("A snapshot holds everything once, between its marks, and settles what was pending")
    func snapshot() {
        var state = DirectoryState()
        state.update("b.yaml", to: .text(endpoint("x", version: 2)))
        state.update("a.yaml", to: .text(yaml(endpoint("y"), endpoint("x"))))
        let expected = ["begins", "put x 1", "put y 1", "rejected b.yaml:1 x", "in sync"]
        #expect(summary(state.snapshot()) == expected)
        #expect(summary(state.takeChanges()) == [])
        #expect(summary(state.snapshot()) == expected)
    }

    @Test("Changes between two deliveries come as one, without what they undid")
    func coalescing() {
        var state = DirectoryState()
        state.update("a.yaml", to: .text(endpoint("x")))
        _ = state.takeChanges()
        state.update("a.yaml", to: .gone)
        state.update("b.yaml", to: .text(endpoint("x")))
        state.update("c.yaml", to: .text(endpoint("z")))
        state.update("c.yaml", to: .gone)
        #expect(summary(state.takeChanges()) == [])
    }
}

func rejections(in events: [DatastoreEvent]) -> [RejectedResource] {
    events.flatMap { event -> [RejectedResource] in
        if case .rejections(let rejections) = event { rejections } else { [] }
    }
}
