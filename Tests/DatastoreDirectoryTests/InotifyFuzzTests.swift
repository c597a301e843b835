import TestSupport
import Testing

@testable import DatastoreDirectory

/// What a read of an inotify descriptor never holds.
struct InotifyFuzzTests {
    /// Two events: a file of a folder, and the folder itself.
    private static let corpus: [[UInt8]] = [
        [1, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0] + Array("web.yaml".utf8) + [UInt8](repeating: 0, count: 8)
            + [2, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [255, 255, 255, 255, 0, 64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ]

    @Test func everyReadEnds() {
        let problem = Fuzz("inotify", rounds: 20_000, corpus: Self.corpus).run { bytes in
            let events = InotifyEvent.events(in: bytes)
            guard events.count <= bytes.count / 16 else { return "\(events.count) events" }
            return events.contains { $0.name.utf8.contains(0) } ? "a name with a zero" : nil
        }
        #expect(problem == nil)
    }
}
