import Dataplane
import DataplaneLinux
import Logging
import Settings
import Status

extension Reconciler {
    /// What became of an attempt to take over other settings.
    struct ReloadOutcome: Sendable {
        /// Those that hold now.
        let settings: AgentSettings
        /// The keys whose values were taken over; `nil` when the configuration was refused.
        let changed: [String]?
    }

    /// Takes over what of the settings a running agent can, in one step: no packet meets anything but the former or the
    /// new rules. Of the rest the status says that it awaits a restart.
    func reload(_ loaded: LoadedSettings) -> ReloadOutcome {
        let change = settings.change(to: loaded.settings)
        do {
            try adopt(change.settings)
        } catch {
            return refuse(because: "\(error)")
        }
        logger.warn(of: loaded)
        settingsNotices = SettingsNotices(awaiting: change.awaitingRestart, loaded.origins)
        for difference in change.awaitingRestart {
            logger.warning(
                "A setting takes a restart of the agent; its former value holds until then",
                metadata: [
                    "key": "\(difference.key)", "configured": "\(difference.configured)",
                    "running": "\(difference.running)", "at": "\(loaded.origins[difference.key] ?? .builtIn)",
                ])
        }
        settingsNotices.tell(board)
        return ReloadOutcome(settings: settings, changed: change.applied.map(\.key))
    }

    /// Keeps the settings that hold, and says why.
    func refuse(_ error: SettingsError) -> ReloadOutcome {
        for problem in error.problems {
            logger.error("Invalid setting", metadata: ["at": "\(problem.origin)", "error": "\(problem)"])
        }
        let first = error.problems.first.map(\.description) ?? ""
        let others = error.problems.count - 1
        return refuse(because: first + (others > 0 ? " (and \(others) more)" : ""))
    }

    private func refuse(because reason: String) -> ReloadOutcome {
        logger.error("Configuration not taken over; the former settings hold", metadata: ["reason": "\(reason)"])
        settingsNotices.refusal = reason
        settingsNotices.tell(board)
        return ReloadOutcome(settings: settings, changed: nil)
    }

    /// - Throws: `NetlinkError` or ``AgentError`` when the kernel cannot do what is asked for; nothing has changed then.
    private func adopt(_ new: AgentSettings) throws {
        let options = DataplaneOptions(new)
        if options != model.options {
            let missing = try kernel.missingFeatures(for: options)
            guard missing.isEmpty else {
                throw AgentError(missing.map(\.description).joined(separator: "; "))
            }
            // What somebody else changed so far is repaired as such, and not taken for the former settings' work.
            resync()
        }
        set(new)
    }
}

/// What the status says about settings that are configured and do not hold.
struct SettingsNotices: Sendable {
    private let keys: [String]
    private let awaitingRestart: [String]
    /// Why the latest reload changed nothing; `nil` if it did.
    var refusal: String?

    init(awaiting differences: [SettingsChange.Difference] = [], _ origins: [String: SettingOrigin] = [:]) {
        keys = differences.map(\.key)
        awaitingRestart = differences.map { difference in
            "\(difference) (\(origins[difference.key] ?? .builtIn)) takes a restart of the agent"
        }
    }

    func tell(_ board: AgentBoard) {
        let words = [
            keys.isEmpty ? nil : "restart needed for \(keys.joined(separator: ", "))",
            refusal.map { _ in "configuration not taken over" },
        ].compactMap(\.self)
        let refusals = refusal.map { ["the configuration was not taken over, the former settings hold: \($0)"] } ?? []
        board.setNotices(
            awaitingRestart + refusals, inShort: words.isEmpty ? nil : words.joined(separator: "; "),
            about: "settings")
    }
}

extension Logger {
    /// Says what is configured and has no effect in this version.
    func warn(of loaded: LoadedSettings) {
        for warning in loaded.warnings {
            self.warning(
                "This version does not do what is configured",
                metadata: ["key": "\(warning.key)", "at": "\(warning.origin)"])
        }
    }
}
