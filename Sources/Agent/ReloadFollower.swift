import Logging
import ServiceLifecycle
import Settings
import Status
import SystemCalls
import UnixSignals

/// Has the reconciler take over the settings anew at each SIGHUP.
struct ReloadFollower: Service {
    /// Trapped before anything else is done: an untrapped SIGHUP ends the process.
    let hangups: UnixSignalsSequence
    let reload: AgentReload
    let reconciler: Reconciler
    let resyncTimer: ResyncTimer
    /// Told when a reload begins and ends; `nil` where nobody waits for that.
    let manager: ServiceManager?

    func run() async throws {
        // Reading files blocks.
        await withTaskExecutorPreference(BlockingExecutor(label: "margay reload")) {
            await cancelWhenGracefulShutdown {
                for await _ in hangups { await reloadOnce() }
            }
        }
    }

    private func reloadOnce() async {
        // To be ready after a reload that began before the start was over would say that the start is.
        let manager = reconciler.board.isStarted ? manager : nil
        manager?.tell(.reloading)
        let outcome: Reconciler.ReloadOutcome
        do throws(SettingsError) {
            outcome = await reconciler.reload(try reload.load())
        } catch {
            outcome = await reconciler.refuse(error)
        }
        resyncTimer.setInterval(outcome.settings.resyncInterval)
        reload.onSettings(outcome.settings)
        // With the level of logging that was asked for.
        if let changed = outcome.changed {
            reconciler.logger.notice(
                "Configuration reloaded",
                metadata: ["changed": "\(changed.isEmpty ? "nothing" : changed.joined(separator: ", "))"])
        }
        manager?.tell(.ready, .status(reconciler.board.summary))
    }
}
