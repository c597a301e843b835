import Glibc

/// A folder of resources with a configuration for the agent; gone with the last reference to it.
final class AgentFolder {
    let path: String

    var configuration: String { "\(path)/margay.yaml" }

    /// - Parameters:
    ///   - documents: The endpoints that are there at the start, in one file.
    ///   - judges: Profiles and policies, in another.
    init(_ documents: String, judges: String = World.judges, layout: String = "perInterface") throws {
        var template = Array("/tmp/margay-bench-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw HarnessError.system("make a folder") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard mkdir("\(path)/resources", 0o700) == 0 else { throw HarnessError.system("make \(path)/resources") }
        try write(
            """
            node: \(World.node)
            chainLayout: \(layout)
            source: {type: directory, directory: {path: \(path)/resources}}
            status: {socket: \(path)/margay.sock}
            http: {listen: off}
            lastGood: {path: \(path)/last-good.yaml}
            logging: {level: warning}

            """, to: configuration)
        try put(judges, as: "judges.yaml")
        if !documents.isEmpty { try put(documents, as: "all.yaml") }
    }

    deinit { _ = try? Program("rm", "-rf", path).run() }

    /// As whoever feeds an agent should: the file is there whole or not at all.
    func put(_ documents: String, as name: String) throws {
        let draft = "\(path)/resources/.draft"
        try write(documents, to: draft)
        try publish(draft, as: name)
    }

    /// Lays a file ready, for ``publish(_:as:)``.
    func draft(_ documents: String, as name: String) throws -> String {
        let draft = "\(path)/resources/.\(name)"
        try write(documents, to: draft)
        return draft
    }

    func publish(_ draft: String, as name: String) throws {
        guard rename(draft, "\(path)/resources/\(name)") == 0 else { throw HarnessError.system("rename \(draft)") }
    }
}
