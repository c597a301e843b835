import CLinux
import Glibc

/// Who connected to a Unix socket: `SO_PEERCRED` (unix(7)), as the peer was when it called connect(2), seen from this
/// process's namespaces. The layout is that of `struct ucred`.
package struct PeerCredentials: Hashable, Sendable {
    /// 0 for a process that this one cannot see.
    package var process: Int32
    package var user: UInt32
    package var group: UInt32

    package init(process: Int32, user: UInt32, group: UInt32) {
        (self.process, self.user, self.group) = (process, user, group)
    }

    /// The option's number for getsockopt(2) at level `SOL_SOCKET`.
    package static let socketOption = clinux_peer_option()

    /// Whether the peer may have changed what this process does: it is root, or it runs as this process's own user,
    /// who could as well end or replace it.
    package var mayChange: Bool { mayChange(asUser: geteuid()) }

    /// - Parameter owner: The user as whom this process runs.
    package func mayChange(asUser owner: UInt32) -> Bool { user == 0 || user == owner }
}
