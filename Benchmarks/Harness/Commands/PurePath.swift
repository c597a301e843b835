import ArgumentParser
import Dataplane
import DataplaneLinux
import Nftables
import NftablesNetlink
import Resources

/// Goes so many times along one path that makes no difference to anybody, for counting its instructions: what the repetitions
/// cost is the difference between two counts. `Benchmarks/instructions` does that.
struct PurePath: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pure-path", abstract: "Repeats one path for counting instructions.", shouldDisplay: false)

    enum Path: String, CaseIterable, ExpressibleByArgument {
        /// 200 YAML documents read and validated.
        case parse
        /// The model of 1,000 endpoints, rendered, and a plan for an empty kernel.
        case plan
        /// One endpoint's addresses changed beside others, and back, to verified rules. Needs root.
        case change
        /// One endpoint added beside others, and removed. Needs root.
        case addition
        /// The transaction of a cold start with 1,000 endpoints as netlink messages.
        case encode
        /// All that a kernel holds of 1,000 endpoints, read into values. Needs root.
        case decode
    }

    @Argument var path: Path
    @Argument var repetitions: Int
    @Option(help: "Beside how many endpoints one changes.") var present = 1000
    @Flag(help: "Change with shared chains.") var shared = false

    private var layout: DataplaneOptions.ChainLayout { shared ? .shared : .perInterface }

    func run() throws {
        switch path {
        case .parse:
            let documents = (1...200).map { Array(Documents.yaml($0).utf8) }
            let reader = ResourceReader()
            try repeated {
                for bytes in documents {
                    guard case .accepted = reader.documents(in: bytes, file: "w.yaml").first?.outcome else {
                        throw HarnessError("rejected")
                    }
                }
            }
        case .plan:
            let resources = try World.resources(1000)
            try repeated {
                var model = try World.model(resources, interfaces: 1000, .perInterface)
                model.update()
                guard !Planner.plan(model.tracker).isEmpty else { throw HarnessError("nothing to do") }
            }
        case .change:
            let model = try World.model(present, layout)
            let (there, back) = (
                try World.resources(World.endpoint(7, changing: .addresses)), try World.resources(World.endpoint(7))
            )
            try inNamespace {
                let host = try RuledHost(model)
                try host.apply()
                try repeated {
                    try host.apply { $0.put(there) }
                    try host.apply { $0.put(back) }
                }
            }
        case .addition:
            let model = try World.model(present, layout, spare: 1)
            let endpoint = try World.resources(World.endpoint(present + 1))
            try inNamespace {
                let host = try RuledHost(model)
                try host.apply()
                try repeated {
                    try host.apply { $0.put(endpoint) }
                    try host.apply { $0.remove(present + 1) }
                }
            }
        case .encode:
            var model = try World.model(1000, .perInterface)
            model.update()
            let plan = Planner.plan(model.tracker)
            try repeated {
                guard try !plan.nftablesTransactions().isEmpty else { throw HarnessError("nothing to send") }
            }
        case .decode:
            let model = try World.model(World.resources(1000), interfaces: 0, .perInterface)
            try inNamespace {
                let host = try RuledHost(model)
                try host.applyAll()
                try repeated {
                    guard try host.compare(believing: false) == 0 else { throw HarnessError("drift") }
                }
            }
        }
    }

    private func repeated(_ body: () throws -> Void) rethrows {
        for _ in 0..<repetitions { try body() }
    }
}
