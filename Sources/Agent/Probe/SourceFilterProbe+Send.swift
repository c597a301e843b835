import Glibc
import Netlink
import Routing
import SystemCalls

extension SourceFilterProbe {
    /// Sends each frame as often as it takes from the other end of the target's veth pair.
    mutating func send(_ frames: [ProbeFrame], to target: Target) throws(Obstacle) {
        do {
            if let number = target.namespace {
                let namespace = try namespace(number)
                try Self.send(frames, by: target.peerIndex, in: namespace.rawValue)
            } else {
                // Both ends are in this one.
                try Self.send(frames, by: target.peerIndex, in: nil)
            }
        } catch let obstacle as Obstacle {
            throw obstacle
        } catch let error as FrameError where error.errno == ENETDOWN {
            throw Obstacle(reason: "the workload's end of \(target.interface) is down")
        } catch let error as FrameError {
            // Its remedy is one for the agent's unit.
            throw Obstacle(reason: "\(SystemCallError(operation: error.operation, errno: error.errno))")
        } catch {
            throw Obstacle(reason: "\(error)")
        }
    }

    private static func send(_ frames: [ProbeFrame], by interfaceIndex: UInt32, in namespace: Int32?) throws {
        try visitNetworkNamespace(namespace) {
            let socket = try FrameSocket(bypassesQueues: true)
            for frame in frames {
                for _ in 0..<copies { try socket.send(frame.octets, interfaceIndex: interfaceIndex) }
            }
        }
    }

    /// Opens the network namespace that this one knows by a number. A path may lead to another one by now, so what it
    /// leads to is asked for its number once more.
    private mutating func namespace(_ number: Int32) throws -> Descriptor {
        for isLast in [namespaces == nil, true] {
            if namespaces == nil { namespaces = paths() }
            if let path = namespaces?[number], let descriptor = openForReading(path),
                try routing.namespaceIdentifier(of: descriptor.rawValue) == number
            {
                return descriptor
            }
            namespaces = nil
            if isLast { break }
        }
        throw Obstacle(
            reason: "the workload's network namespace is not to be found: no process that can be seen is in it, and it "
                + "has no name in /run/netns")
    }

    private mutating func paths() -> [Int32: String] {
        var paths: [Int32: String] = [:]
        for path in networkNamespacePaths() {
            guard let descriptor = openForReading(path),
                let number = try? routing.namespaceIdentifier(of: descriptor.rawValue)
            else { continue }
            paths[number] = path
        }
        return paths
    }
}
