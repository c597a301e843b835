import ArgumentParser
import Glibc

/// Takes the measures and prints the table.
struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures and prints a table (the default). Needs root.",
        discussion: "A target that is not met does not make the run fail.")

    @Option(help: "Only the measures whose names start so, separated by commas.")
    var only: String?

    @Option(help: "Write the rows to this file too, as JSON.")
    var json: String?

    @Option(help: "How often each side of a comparison is taken.")
    var runs = 7

    @Option(help: "The release build of margay, for what is measured from outside.")
    var margay = "../.build/release/margay"

    @Flag(help: "Print the table as Markdown.")
    var markdown = false

    @Flag(help: "List the names and stop.")
    var list = false

    func run() throws {
        if list {
            for measure in Measure.all { print("\(measure.name): \(measure.about)") }
            return
        }
        let prefixes = only.map { $0.split(separator: ",").map(String.init) }
        let measures = Measure.all.filter { measure in prefixes?.contains { measure.name.hasPrefix($0) } ?? true }
        guard !measures.isEmpty else {
            throw ValidationError("no measure is called \(only ?? ""); --list names them")
        }
        guard runs > 0 else { throw ValidationError("--runs takes a number from 1 on") }
        var rows: [Row] = []
        for measure in measures {
            let settings = Measure.Settings(runs: runs, margay: margay) { text in
                let line = Array("\(measure.name): \(text)\n".utf8)
                Glibc.write(STDERR_FILENO, line, line.count)
            }
            rows += try measure.run(settings)
            // What was measured so far is kept, should a later measure fail.
            if let json { try write(rows.json, to: json) }
        }
        let table = RowTable(rows: rows)
        print(markdown ? table.markdown : table.text)
    }
}
