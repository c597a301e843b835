/// Where a text stops being YAML, or being YAML that is safe to read.
public struct YAMLError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Counted from 1.
    public var line: Int
    /// In characters, counted from 1.
    public var column: Int
    /// What is wrong, in libyaml's words where it was the one to find it.
    public var problem: String

    public init(line: Int, column: Int, problem: String) {
        self.line = line
        self.column = column
        self.problem = problem
    }

    public var description: String { "\(line):\(column): \(problem)" }
}
