import Dataplane
import DataplaneLinux
import Status
import SystemCalls

/// Reads the kernel's counters on a socket and a thread of its own, so that nobody who asks for them holds up the
/// reconcile loop.
actor CounterReader {
    private var kernel: LinuxDataplane
    private var totals = DropTotals()
    private let executor: BlockingExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Throws: `NetlinkError` when the kernel cannot be talked to.
    init(options: DataplaneOptions) throws {
        kernel = try LinuxDataplane(options: options)
        executor = BlockingExecutor(label: "margay counters")
    }

    struct Reading: Sendable {
        var counters: [String: InterfaceCounters]
        var totals: DropTotals
    }

    func read(_ begins: () -> Void) throws -> Reading {
        begins()
        let counters = try kernel.counters()
        totals.take(counters.mapValues(\.drops))
        return Reading(counters: counters, totals: totals)
    }
}
