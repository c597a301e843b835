import Glibc
import TestSupport
import Testing

@testable import Settings

@Suite struct FragmentTests {
    private let folder = TemporaryFolder()

    init() {
        folder.makeFolder("margay.d")
    }

    private func load(
        _ file: String? = nil, defaultFile: String = "/nonexistent/margay.yaml", environment: [String: String] = [:],
        flags: SettingsFlags = SettingsFlags()
    ) throws(SettingsError) -> LoadedSettings {
        try SettingsLoader.load(
            file: file.map { folder.path(of: $0) }, environment: environment, flags: flags, defaultFile: defaultFile,
            hostName: { "host" })
    }

    private func problems(_ file: String = "margay.yaml") -> [String] {
        do throws(SettingsError) {
            _ = try load(file)
            return []
        } catch {
            return error.problems.map { $0.description.replacing(folder.path + "/", with: "") }
        }
    }

    @Test func aLaterFragmentOverridesKeyByKey() throws {
        folder.write("unknownInterfaces: ignore\nnat: {outbound: false, announce: true}\n", to: "margay.yaml")
        folder.write("nat: {outbound: true}\nnode: a\n", to: "margay.d/10-a.yaml")
        folder.write(#"{"node": "b"}"#, to: "margay.d/20-b.json")
        folder.write("routes: {table: 7}\n", to: "margay.d/9-c.yml")
        let loaded = try load("margay.yaml")
        #expect(loaded.settings.unknownInterfaces == .ignore)
        #expect(loaded.settings.nat.outbound && loaded.settings.nat.announce)
        #expect(loaded.settings.node == "b")
        #expect(loaded.settings.routes.table == 7)
        #expect(
            loaded.files
                == ["margay.yaml", "margay.d/10-a.yaml", "margay.d/20-b.json", "margay.d/9-c.yml"]
                .map { folder.path(of: $0) })
        func origin(_ key: String) -> String? {
            loaded.origins[key]?.description.replacing(folder.path + "/", with: "")
        }
        #expect(origin("unknownInterfaces") == "margay.yaml:1:20")
        #expect(origin("nat.announce") == "margay.yaml:2:34")
        #expect(origin("nat.outbound") == "margay.d/10-a.yaml:1:17")
        #expect(origin("node") == "margay.d/20-b.json:1:10")
    }

    @Test func aListReplacesAnother() throws {
        folder.write("interfacePrefixes: [cali, tap]\nnat: {excludedNetworks: [10.0.0.0/8]}\n", to: "margay.yaml")
        folder.write("interfacePrefixes: [veth]\nnat: {excludedNetworks: []}\n", to: "margay.d/a.yaml")
        let settings = try load("margay.yaml").settings
        #expect(settings.interfacePrefixes == ["veth"])
        #expect(settings.nat.excludedNetworks == [])
    }

    @Test func whatMayBeAbsentCanBeTakenAway() throws {
        folder.write("source: {etcd: {username: root}}\nhttp: {listen: \"127.0.0.1:1\"}\nnode: a\n", to: "margay.yaml")
        folder.write("source: {etcd: {username: }}\nhttp: {listen: ~}\nnode: ~\n", to: "margay.d/a.yaml")
        let loaded = try load("margay.yaml")
        #expect(loaded.settings.source.etcd.username == nil)
        #expect(loaded.settings.http.listen == nil)
        #expect(loaded.origins["http.listen"]?.description.hasSuffix("a.yaml:2:16") == true)
        #expect(loaded.settings.node == "a")
    }

    @Test func variablesAndOptionsWinOverFragments() throws {
        folder.write("node: file\n", to: "margay.yaml")
        folder.write("node: fragment\nendpointToHost: accept\n", to: "margay.d/a.yaml")
        let environment = ["MARGAY_NODE": "variable"]
        #expect(try load("margay.yaml", environment: environment).settings.node == "variable")
        let flags = SettingsFlags(node: "option")
        #expect(try load("margay.yaml", environment: environment, flags: flags).settings.node == "option")
        #expect(try load("margay.yaml", environment: environment).settings.endpointToHost == .accept)
    }

    @Test func anEmptyFragmentAndAnEmptyFolderSayNothing() throws {
        folder.write("node: a\n", to: "margay.yaml")
        #expect(try load("margay.yaml").files.count == 1)
        folder.write("", to: "margay.d/a.yaml")
        folder.write("# nothing\n", to: "margay.d/b.yaml")
        #expect(try load("margay.yaml").settings.node == "a")
        #expect(try load("margay.yaml").files.count == 3)
    }

    @Test func whatIsNoFragmentIsLeftAlone() throws {
        folder.write("node: a\n", to: "margay.yaml")
        for name in [".hidden.yaml", "a.yaml.dpkg-new", "b.yaml~", "README", "c.YAML"] {
            folder.write("node: [\n", to: "margay.d/\(name)")
        }
        #expect(try load("margay.yaml").files.count == 1)
    }

    /// The folder counts without the default file, and is that file's own.
    @Test func fragmentsNeedNoDefaultFile() throws {
        folder.write("node: a\n", to: "margay.d/a.yaml")
        #expect(try load(defaultFile: folder.path(of: "margay.yaml")).settings.node == "a")
        #expect(try load(defaultFile: folder.path(of: "other.yaml")).settings.node == "host")
    }

    @Test(arguments: [
        ("/etc/margay/margay.yaml", "/etc/margay/margay.d"), ("margay.yaml", "margay.d"), ("/a.b/c", "/a.b/c.d"),
        ("/a/b.c.json", "/a/b.c.d"), ("/a/.yaml", "/a/.yaml.d"), ("/a/b.conf.d", nil), ("/a/", nil),
    ])
    func theFolderIsNamedAfterTheFile(file: String, path: String?) {
        #expect(FragmentFolder(beside: file)?.path == path)
    }

    @Test func everyViolationOfEveryFragmentIsToldWithItsPlace() {
        folder.write("nodes: a\n", to: "margay.yaml")
        folder.write("\nnat: {outbound: perhaps}\nrouts: {}\n", to: "margay.d/a.yaml")
        folder.write("logging: {level: loud}\n", to: "margay.d/b.yaml")
        let found = problems()
        #expect(found.count == 4)
        #expect(found.first?.hasPrefix("margay.yaml:1:1: error: nodes: unknown key; did you mean node?") == true)
        // As the file has them.
        #expect(
            found[1] == "margay.d/a.yaml:2:17: error: nat.outbound: \"perhaps\" is not a valid boolean: true or false")
        #expect(found[2].hasPrefix("margay.d/a.yaml:3:1: error: routs: unknown key; did you mean routes?"))
        #expect(
            found[3].hasPrefix("margay.d/b.yaml:1:18: error: logging.level: \"loud\" is not a valid choice: trace,"))
    }

    @Test func whatCannotBeReadIsToldWithItsPlace() {
        folder.write("node: a\n", to: "margay.yaml")
        folder.makeFolder("margay.d/folder.yaml")
        #expect(symlink("nowhere", folder.path(of: "margay.d/link.yaml")) == 0)
        // Whose writer may never come.
        #expect(mkfifo(folder.path(of: "margay.d/pipe.yaml"), 0o600) == 0)
        #expect(
            problems() == [
                "margay.d/folder.yaml: error: cannot be read: Is a directory",
                "margay.d/link.yaml: error: cannot be read: No such file or directory",
                "margay.d/pipe.yaml: error: cannot be read: a pipe can be read once only",
            ])
        folder.write("node: a\n", to: "other.yaml")
        folder.write("node: b\n", to: "other.d")
        #expect(problems("other.yaml") == ["other.d: error: cannot be read: Not a directory"])
    }
}
