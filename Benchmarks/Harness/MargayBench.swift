import ArgumentParser

@main
struct MargayBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "margay-bench",
        abstract: "Measures Margay beside its peers and the bare kernel, all in one run.",
        subcommands: [Run.self, PurePath.self, ColdStartMemory.self, PeakMemory.self, SelfCheck.self],
        defaultSubcommand: Run.self)
}
