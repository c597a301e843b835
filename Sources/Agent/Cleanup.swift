import Dataplane
import DataplaneLinux
package import Settings

package enum Cleanup {
    /// Removes everything of ours from the kernel, and says what that was.
    /// - Throws: ``AgentError`` when an agent works here; nothing was removed then.
    package static func run(_ settings: AgentSettings) throws -> [String] {
        let lock = try AgentLock()
        var kernel = try LinuxDataplane(options: DataplaneOptions(settings))
        let removed = try kernel.cleanup()
        extendLifetime(lock)
        return removed
    }
}
