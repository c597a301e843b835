/// Where a text stops being YAML or JSON, or being YAML that is safe to read.
public struct YAMLError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What the text was read as.
    public enum Language: String, Hashable, Sendable {
        case yaml = "YAML"
        case json = "JSON"
    }

    public var language: Language
    /// Counted from 1.
    public var line: Int
    /// In characters, counted from 1.
    public var column: Int
    /// What is wrong, in libyaml's words where it was the one to find it.
    public var problem: String

    public init(language: Language = .yaml, line: Int, column: Int, problem: String) {
        self.language = language
        self.line = line
        self.column = column
        self.problem = problem
    }

    public var description: String { "\(line):\(column): \(problem)" }
}
