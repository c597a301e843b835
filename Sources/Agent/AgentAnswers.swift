import Dataplane
import DataplaneLinux
import Glibc
import Resources
import ServiceLifecycle
import Settings
import Status
import Synchronization
import SystemCalls

/// Answers questions to a running agent without keeping the reconcile loop from its work, or waiting for it long.
struct AgentAnswers: StatusProvider {
    let board: AgentBoard
    private let reconciler: Reconciler
    private let desk: StatusDesk
    private let readings: SharedWork<CounterReader.Reading>
    private let drops: KeptDrops

    /// The counters are as they were when they were last read, if the kernel does not tell them within this.
    private static let counterLimit = Duration.seconds(2)

    /// - Throws: `NetlinkError` when the kernel cannot be talked to.
    init(reconciler: Reconciler, settings: AgentSettings) throws {
        self.reconciler = reconciler
        board = reconciler.board
        let counters = try CounterReader(options: DataplaneOptions(settings))
        let drops = KeptDrops()
        let readings = SharedWork { begins in
            let reading = try await counters.read(begins)
            drops.keep(reading.totals)
            return reading
        }
        self.readings = readings
        self.drops = drops
        let overview = board.overview
        // Thousands of endpoints take a while, and nobody else should wait for it.
        let reporting = BlockingExecutor(label: "margay report")
        desk = StatusDesk(
            board: board,
            firstReport: StatusReport(
                node: settings.node, ready: false, agent: .init(pid: getpid(), startedAt: .now),
                source: .init(
                    kind: settings.source.type.rawValue, location: settings.source.location,
                    state: overview.source.state),
                dataplane: overview.dataplane, endpoints: [])
        ) { begins in
            let inputs = await reconciler.reportInputs(begins)
            // Nobody waits for this any more by the time it is over.
            guard let reading = try await readings.value(within: .seconds(30)) else {
                throw AgentError("the kernel did not tell its counters within 30 s")
            }
            return await withTaskExecutorPreference(reporting) { (inputs.report(reading.counters), inputs.at) }
        }
    }

    func status() async throws -> StatusReport { try await desk.report() }

    func resources() -> String { reconciler.resourceDocument() }

    func settingsDocument() -> String { reconciler.settingsDocument() }

    func confirm() async throws -> ConfirmAnswer { await reconciler.confirm() }

    func metrics() async -> [MetricFamily] {
        await readCounters()
        return AgentMetrics(board: board, drops: drops.byReason).families
    }

    /// Reads the kernel's counters, so that drops are counted from here on.
    func readCounters() async {
        _ = try? await readings.value(within: Self.counterLimit)
    }
}

/// Reads the counters once at the start: what they show then is no drop of this agent's time.
struct CounterBaseline: Service {
    let answers: AgentAnswers

    func run() async throws {
        await answers.readCounters()
        try? await gracefulShutdown()
    }
}

/// The drops as of the last reading.
private final class KeptDrops: Sendable {
    private let totals = Mutex<DropTotals?>(nil)

    func keep(_ totals: DropTotals) { self.totals.withLock { $0 = totals } }

    /// Empty before the first reading.
    var byReason: [(reason: String, count: UInt64)] {
        guard let totals = totals.withLock({ $0?.totals }) else { return [] }
        return DropReason.allCases.map { ($0.rawValue, totals[$0] ?? 0) }
    }
}
