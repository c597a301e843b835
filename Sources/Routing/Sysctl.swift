import Glibc
public import NetworkValues

/// A kernel parameter, by its path below `/proc/sys` (Documentation/networking/ip-sysctl.rst).
public struct SysctlKey: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Such as `net/ipv4/ip_forward`.
    public let path: String

    public init(path: String) {
        self.path = path
    }

    /// `net/ipv4/conf/<interface>/<key>`. The interface's name is one component: dots in it separate nothing.
    public static func interface(_ family: IPFamily, _ interface: InterfaceName, _ key: String) -> Self {
        Self(path: "net/ip\(family.rawValue)/conf/\(interface.rawValue)/\(key)")
    }

    /// `net/ipv4/neigh/<interface>/<key>`.
    public static func neighbour(_ family: IPFamily, _ interface: InterfaceName, _ key: String) -> Self {
        Self(path: "net/ip\(family.rawValue)/neigh/\(interface.rawValue)/\(key)")
    }

    public var description: String { path }

    public static func < (left: Self, right: Self) -> Bool { left.path < right.path }
}

/// Reads and writes kernel parameters through procfs.
///
/// Not through `RTM_NEWLINK` and `IFLA_AF_SPEC`: each such message walks all IPv6 routes, a write here takes 3 us.
/// What stands below `net` belongs to the network namespace of the *calling thread*.
public struct Sysctl: Sendable {
    public let root: String

    /// - Parameter root: Where the parameters are; another folder serves tests.
    public init(root: String = "/proc/sys") {
        self.root = root
    }

    /// The parameter's value, without the line end.
    public func read(_ key: SysctlKey) throws(SysctlError) -> String {
        let descriptor = try open(key, O_RDONLY, operation: "read")
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = retrying { Glibc.read(descriptor, &buffer, buffer.count) }
        guard count >= 0 else { throw failure("read", key) }
        let text = buffer.prefix(count).split(separator: UInt8(ascii: "\n"), maxSplits: 1).first ?? []
        return String(decoding: text, as: UTF8.self)
    }

    /// Sets the parameter; it has the new value when this returns.
    public func write(_ value: String, to key: SysctlKey) throws(SysctlError) {
        let operation = "write \(value) to"
        let descriptor = try open(key, O_WRONLY, operation: operation)
        defer { close(descriptor) }
        let bytes = Array(value.utf8)
        // The kernel takes a value by one write or not at all.
        let count = retrying { Glibc.write(descriptor, bytes, bytes.count) }
        guard count >= 0 else { throw failure(operation, key) }
    }

    private func open(_ key: SysctlKey, _ mode: Int32, operation: String) throws(SysctlError) -> Int32 {
        let descriptor = Int32(retrying { Int(Glibc.open("\(root)/\(key.path)", mode | O_CLOEXEC)) })
        guard descriptor >= 0 else { throw failure(operation, key) }
        return descriptor
    }

    private func failure(_ operation: String, _ key: SysctlKey) -> SysctlError {
        SysctlError(errno: errno, operation: operation, path: "\(root)/\(key.path)")
    }

    private func retrying(_ call: () -> Int) -> Int {
        while true {
            let result = call()
            if result >= 0 || errno != EINTR { return result }
        }
    }
}
