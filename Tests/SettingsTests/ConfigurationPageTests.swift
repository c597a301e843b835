import SystemCalls
import TestSupport
import Testing

@testable import Settings

/// The page for people says of every key what the program does.
@Suite struct ConfigurationPageTests {
    private let page: String

    init() throws {
        let root = #filePath.split(separator: "/").dropLast(3).reduce(into: "") { $0 += "/\($1)" }
        page = String(decoding: try contents(ofFile: "\(root)/docs/configuration.md"), as: UTF8.self)
    }

    @Test(arguments: AgentSettings.keys.map(\.key))
    func everyKeyHasItsRow(key: String) throws {
        let setting = try #require(AgentSettings.keys.first { $0.key == key })
        let value = AgentSettings(node: "the host's name").text(of: setting)
        let nothing = setting.isList ? "`[]`" : "none"
        let written = key == "node" ? value : value == "-" ? nothing : "`\(value)`"
        let start =
            "| `\(key)` `\(setting.variable)` | \(setting.isList ? "list; " : "")\(setting.kind): "
            + "\(setting.accepted) | \(written) | \(setting.reload.rawValue) | "
        let row = page.split(separator: "\n").first { $0.hasPrefix(start) }
        guard let row else {
            Issue.record("no row \(start)")
            return
        }
        #expect(row.contains("no effect in this version") == (setting.effect == .later))
    }

    @Test func noKeyHasTwo() {
        let rows = page.split(separator: "\n").filter { $0.hasPrefix("| `") }
        #expect(rows.count == AgentSettings.keys.count)
    }
}
