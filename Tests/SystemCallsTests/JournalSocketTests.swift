import Glibc
import TestSupport
import Testing

@testable import SystemCalls

@Suite struct JournalSocketTests {
    private let folder = TemporaryFolder()

    /// Device and inode of a file, as `JOURNAL_STREAM` has them.
    private func stream(_ descriptor: Int32) -> String {
        var status = stat()
        fstat(descriptor, &status)
        return "\(status.st_dev):\(status.st_ino)"
    }

    @Test func fieldsArriveAsJournaldReadsThem() throws {
        let path = folder.path(of: "journal")
        let receiver = DatagramReceiver(path)
        let socket = try #require(
            JournalSocket(
                replacing: STDERR_FILENO, environment: ["JOURNAL_STREAM": stream(STDERR_FILENO)], path: path))
        try socket.send([("MESSAGE", "one line"), ("MARGAY_REASON", "a\nb"), ("PRIORITY", "4")])
        let expected =
            Array("MESSAGE=one line\nMARGAY_REASON\n".utf8) + [3, 0, 0, 0, 0, 0, 0, 0]
            + Array("a\nb\nPRIORITY=4\n".utf8)
        #expect(receiver.receive() == expected)
    }

    @Test func onlyTheStreamThatIsTheJournalsIsReplaced() {
        #expect(JournalSocket(replacing: STDERR_FILENO, environment: [:]) == nil)
        #expect(JournalSocket(replacing: STDERR_FILENO, environment: ["JOURNAL_STREAM": "1:1"]) == nil)
    }

    @Test func aMessageThatDoesNotArriveIsAnError() throws {
        let socket = try #require(
            JournalSocket(
                replacing: STDERR_FILENO, environment: ["JOURNAL_STREAM": stream(STDERR_FILENO)],
                path: folder.path(of: "nobody")))
        #expect(throws: SystemCallError(operation: "send to a Unix socket", errno: ENOENT)) {
            try socket.send([("MESSAGE", "x")])
        }
    }
}
