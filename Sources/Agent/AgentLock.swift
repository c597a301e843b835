import Glibc
import SystemCalls

/// Held by the one agent of a network namespace.
///
/// It is a Unix socket with an abstract name, which the kernel keeps per network namespace and frees with the process,
/// however that ends: there is no stale lock, and the holder can be asked who it is.
package struct AgentLock: ~Copyable, Sendable {
    // Nobody is ever accepted: connecting is how the holder is found out.
    private let socket: UnixSocket

    private static let address = UnixSocketAddress.abstract("margay-agent")

    /// - Throws: ``AgentError`` naming the process that has it.
    package init() throws(AgentError) {
        do throws(SystemCallError) {
            socket = try UnixSocket(listeningOn: Self.address)
        } catch {
            guard error.errno == EADDRINUSE else { throw AgentError("take the agent's lock: \(error)") }
            let holder = (try? UnixSocket(connectedTo: Self.address))?.peer
            throw AgentError(
                "\(holder.map { "the agent with pid \($0)" } ?? "another agent") works in this network namespace already",
                remedy: "stop it first (systemctl stop margay), or use another network namespace")
        }
    }
}
