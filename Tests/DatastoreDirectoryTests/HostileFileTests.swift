import Glibc
import Logging
import Resources
import Synchronization
import TestSupport
import Testing

@testable import DatastoreDirectory

/// Files that somebody put there to hold, end or fill the agent.
@Suite(.timeLimit(.minutes(10))) struct HostileFileTests {
    let folder = TemporaryFolder()

    private func snapshot() async throws -> [String] {
        let datastore = DirectoryDatastore(
            path: folder.path, allowWideNetworks: false,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        return summary(try await datastore.snapshot())
    }

    /// Links may lead anywhere, as those of a ConfigMap do; what is at their end must be a file.
    @Test func devicesAndSocketsBehindLinksAreNotOpened() async throws {
        for (name, target) in [("a", "/dev/zero"), ("b", "/dev/ptmx"), ("c", "/dev/full")] {
            folder.link("\(name).yaml", to: target)
        }
        #expect(mknod(folder.path(of: "e.yaml"), S_IFSOCK | 0o600, 0) == 0)
        folder.write(endpoint("x"), to: "outside.txt")
        folder.link("f.yaml", to: folder.path(of: "outside.txt"))
        let events = try await snapshot()
        #expect(events.contains("put x 1"))
        #expect(
            ["a", "b", "c", "e"].allSatisfy { name in events.contains { $0.contains("\(name).yaml") } }, "\(events)")
    }

    /// Between the look at a file and its opening it may become another thing: no reading waits for a pipe's writer.
    @Test func aFileThatBecomesAPipeMeanwhileHoldsNobody() throws {
        folder.write(endpoint("x"), to: "real")
        #expect(mkfifo(folder.path(of: "pipe"), 0o600) == 0)
        folder.link("1", to: "real")
        folder.link("2", to: "pipe")
        folder.link("web.yaml", to: "real")
        let exchange = Exchange(folder.path)
        let opened = try Folder(path: folder.path)
        var (documents, refused) = (0, 0)
        var rounds = 0
        // Until both were seen, and a thousand times more often than it takes to hit the moment between.
        while rounds < 20_000 || documents == 0 || refused == 0 {
            rounds += 1
            switch opened.read("web.yaml", reader: ResourceReader(), writers: .ignored) {
            case .content(.documents(let read)):
                documents += 1
                #expect(read.count == 1)
            case .content(.unreadable): refused += 1
            case .content(nil), .unfinished: Issue.record("the file is always there")
            }
        }
        exchange.stop()
    }

    @Test func aHundredThousandFilesAreRead() async throws {
        for number in 0..<100_000 {
            close(creat(folder.path(of: "\(number).yaml"), 0o600))
        }
        folder.write(endpoint("x"), to: "web.yaml")
        #expect(try await snapshot() == ["begins", "put x 1", "no rejections", "in sync"])
    }
}

/// Makes `web.yaml` one link and then the other, over and over.
private final class Exchange: Sendable {
    private let isOver = Mutex(false)
    private let ended = Mutex(false)

    init(_ folder: String) {
        let box = Unmanaged.passRetained(
            Box { [self] in
                var links = ["1", "2"]
                while !isOver.withLock({ $0 }) {
                    let new = "\(folder)/new"
                    _ = symlink(links[0] == "1" ? "real" : "pipe", new)
                    _ = rename(new, "\(folder)/web.yaml")
                    links.swapAt(0, 1)
                }
                ended.withLock { $0 = true }
            }
        ).toOpaque()
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            {
                Unmanaged<Box>.fromOpaque($0!).takeRetainedValue().body()
                return nil
            }, box)
        pthread_detach(thread)
    }

    func stop() {
        isOver.withLock { $0 = true }
        while !ended.withLock({ $0 }) { sched_yield() }
    }

    private final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
