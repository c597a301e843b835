import Settings
import SystemCalls

extension Margay {
    /// Leaves the agent the rights that programming the kernel's network takes, and no others: see SECURITY.md.
    ///
    /// Executes the program anew if there is something to give up. Without it the agent does its work as well, so that a
    /// refusal, by a filter of system calls for example, is told and no failure.
    ///
    /// - Returns: What went wrong.
    func givePrivilegesUp(node: String?, source: String?) -> SystemCallError? {
        // A configuration that comes through a pipe is there once, for the agent. Mistakes are told where it is read.
        let path = global.config ?? SettingsLoader.defaultFile
        let loaded =
            FileKind.following(path) == .regular
            ? try? settingsSource(node: node, source: source, again: true)() : nil
        let group = groupIdentifier(named: (loaded?.settings ?? AgentSettings(node: "")).status.group)
        do throws(SystemCallError) {
            try Privileges.keepOnly([.netAdmin, .netRaw], group: group)
            return nil
        } catch {
            return error
        }
    }
}
