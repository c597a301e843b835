import Datastore
import Glibc
import Logging
import TestSupport
import Testing

@testable import DatastoreDirectory

/// Files and folders that are made, written, moved and removed at random while they are followed.
@Suite(.timeLimit(.minutes(5))) struct DirectoryChurnTests {
    let folder = TemporaryFolder()

    @Test("Whatever happened, in the end everything there is known, and nothing else", arguments: 0..<4)
    func churn(_ seed: Int) async throws {
        try await Observation.of(folder.path) { observation in
            try await observation.until(\.isInSync)
            let folder = folder
            let disturbing = Task.detached {
                var churn = Churn(folder: folder, state: UInt64(seed))
                for _ in 0..<1500 { churn.step() }
                folder.write(endpoint("end"), to: "end.yaml")
            }
            // Batches are taken while things change, so that every stage is seen somewhere in between.
            while observation.known.versions["end"] == nil { try await observation.next() }
            await disturbing.value
            let datastore = DirectoryDatastore(
                path: folder.path, allowWideNetworks: false, logger: Logger(label: "test"))
            var expected = Follower()
            expected.take(try await datastore.snapshot())
            try await observation.until {
                $0.versions == expected.versions && $0.rejections.map(\.location) == expected.rejections.map(\.location)
            }
            // The watches still work, everywhere.
            for (number, path) in Churn.folders(of: folder.path).enumerated() {
                TemporaryFolder.write(endpoint("after\(number)"), to: path + "/after\(number).yaml")
                try await observation.until { $0.versions["after\(number)"] == 1 }
            }
        }
    }
}

/// Random changes of a tree of a few names, so that they meet each other.
private struct Churn {
    let folder: TemporaryFolder
    var state: UInt64

    /// SplitMix64, so that a failure can be seen again.
    private mutating func below(_ bound: Int) -> Int {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return Int((value ^ value >> 31) % UInt64(bound))
    }

    private mutating func anyFolder() -> String {
        let names = ["a", "b", "c", ".h"]
        return (0..<(1 + below(3))).map { _ in names[below(names.count)] }.joined(separator: "/")
    }

    /// Steps fail where the tree is not as they would have it: that is part of the disorder.
    mutating func step() {
        let path = folder.path(of: anyFolder())
        let file = "\(path)/f\(below(4)).yaml"
        switch below(9) {
        case 0, 1: folder.makeFolder(anyFolder())
        case 2: TemporaryFolder.removeTree(path)
        case 3: rename(path, folder.path(of: anyFolder()))
        case 4: rename(file, "\(folder.path(of: anyFolder()))/f\(below(4)).yaml")
        case 5: unlink(file)
        case 6:
            let name = "\(path)/.new"
            if TemporaryFolder.write(endpoint("e\(below(6))", version: 1 + below(9)), to: name) { rename(name, file) }
        default: TemporaryFolder.write(endpoint("e\(below(6))", version: 1 + below(9)), to: file)
        }
    }

    /// Those that are followed.
    static func folders(of path: String) -> [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var folders = [path]
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if entry.pointee.d_type == UInt8(DT_DIR), !name.hasPrefix(".") {
                folders += Self.folders(of: "\(path)/\(name)")
            }
        }
        return folders
    }
}

extension TemporaryFolder {
    /// Writes a file if its folder is there.
    @discardableResult
    fileprivate static func write(_ text: String, to path: String) -> Bool {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        return Glibc.write(descriptor, bytes, bytes.count) == bytes.count
    }
}
