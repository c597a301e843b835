import Glibc
import Logging
import SystemCalls

/// The Unix socket's place in the file system: who may connect. Removing the socket is SwiftNIO's part, which does it
/// when it closes what it bound.
struct StatusSocket: Sendable {
    let path: String
    let group: String
    let logger: Logger

    /// Makes the path free to bind: creates the folders above it (0755) and removes a socket on which nobody listens.
    ///
    /// - Throws: ``StatusError`` when somebody listens there, when the path is something else than a socket, or when
    ///   a folder cannot be created; nothing is removed then.
    func prepare() throws(StatusError) {
        try createParents()
        guard let kind = FileKind(path: path) else { return }
        guard kind == .socket else {
            throw StatusError(
                .cannotServe, "listen on \(path)", detail: "it exists and is not a socket",
                remedy: "Remove it, or name another path in status.socket")
        }
        switch connectError() {
        case ECONNREFUSED:
            guard unlink(path) == 0 || errno == ENOENT else {
                throw StatusError(.cannotServe, "remove the stale socket \(path)", errno: errno)
            }
            logger.info("Replaced a stale status socket", metadata: ["socket": "\(path)"])
        case ENOENT:
            return
        case nil, EAGAIN:
            throw StatusError(
                .alreadyServed, "listen on \(path)", detail: "another process answers on it",
                remedy: "Stop the other agent, or name another path in status.socket")
        case .some(let code):
            throw StatusError(.cannotServe, "listen on \(path)", errno: code)
        }
    }

    /// Gives the bound socket to the configured group. Connecting needs write permission (unix(7)), which bind(2)
    /// under any usual umask gives to the owner alone: until here nobody else got in.
    func protect() {
        var mode: mode_t = 0o600
        if let identifier = groupIdentifier(named: group) {
            if chown(path, uid_t.max, identifier) == 0 {
                mode = 0o660
            } else {
                notice("The status socket cannot be given to its group; only its owner can ask", code: errno)
            }
        } else {
            notice("The status socket's group does not exist; only its owner can ask", code: nil)
        }
        if chmod(path, mode) != 0 {
            notice("The status socket's mode cannot be changed", code: errno)
        }
    }

    /// - Returns: `nil` if somebody listens, `EAGAIN` if somebody does and is too busy to accept, else the errno.
    private func connectError() -> CInt? {
        do throws(SystemCallError) {
            _ = try UnixSocket(connectedTo: .path(path))
            return nil
        } catch {
            return error.errno
        }
    }

    private func notice(_ message: Logger.Message, code: CInt?) {
        var metadata: Logger.Metadata = ["socket": "\(path)", "group": "\(group)"]
        if let code {
            metadata["error"] = "\(String(cString: strerror(code)))"
        }
        logger.notice(message, metadata: metadata)
    }

    private func createParents() throws(StatusError) {
        for index in path.indices.dropFirst() where path[index] == "/" {
            let folder = String(path[..<index])
            guard mkdir(folder, 0o755) != 0 else {
                // mkdir(2) took the umask away.
                chmod(folder, 0o755)
                continue
            }
            let code = errno
            guard code == EEXIST || FileKind(path: folder) != nil else {
                throw StatusError(
                    .cannotServe, "create the folder \(folder) for the status socket", errno: code,
                    remedy: "Run the agent as root, or name another path in status.socket")
            }
        }
    }
}
