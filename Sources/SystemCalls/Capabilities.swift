import CLinux
import Glibc

/// Rights of root, one by one (capabilities(7)); a bit is the capability's number in linux/capability.h.
package struct Capabilities: OptionSet, Hashable, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package static let setGroups = Self(rawValue: 1 << 6)
    package static let setCapabilities = Self(rawValue: 1 << 8)
    package static let netAdmin = Self(rawValue: 1 << 12)
    package static let netRaw = Self(rawValue: 1 << 13)

    /// What this thread may use or take up.
    package static var permitted: Self {
        var sets = clinux_capabilities()
        return clinux_get_capabilities(&sets) == 0 ? Self(rawValue: sets.permitted) : []
    }

    /// What programs that this thread executes could be given.
    static var bounding: Self {
        Self(rawValue: (0..<64).reduce(0) { clinux_is_bounding($1) == 1 ? $0 | 1 << UInt64($1) : $0 })
    }

    fileprivate var numbers: [Int32] { (0..<64).filter { rawValue & 1 << UInt64($0) != 0 } }
}

/// Gives up what a process does not need.
package enum Privileges {
    /// Leaves this process no capability but `kept`, in no set and no thread, for good.
    ///
    /// Capabilities belong to threads, and this process has several by the time it can ask for anything: the program
    /// is executed anew by a thread that has given up the others, which ends all other threads and lets nothing be
    /// gained (`no_new_privs`). So this returns only when there was nothing to give up, and on failure.
    ///
    /// - Parameters:
    ///   - group: The process's only supplementary group from then on, as far as it may choose: a file can be given
    ///     to a group of one's own without `CAP_CHOWN` (chown(2)).
    /// - Throws: ``SystemCallError``
    package static func keepOnly(_ kept: Capabilities, group: UInt32?) throws(SystemCallError) {
        let permitted = Capabilities.permitted
        let isBounded =
            Capabilities.bounding.isSubset(of: kept) || !permitted.contains(.setCapabilities)
        guard !permitted.isSubset(of: kept) || !isBounded || clinux_has_no_new_privileges() != 1 else { return }
        if let group, permitted.contains(.setGroups) {
            try check("setgroups", clinux_set_only_group(group))
        }
        if permitted.contains(.setCapabilities) {
            for number in Capabilities.bounding.subtracting(kept).numbers {
                try check("drop a capability from the bounding set", clinux_drop_bounding(number))
            }
        }
        try check("clear the ambient capabilities", clinux_clear_ambient())
        let rest = permitted.intersection(kept)
        // Root's programs get what is permitted; another user's, what is ambient.
        let isRoot = geteuid() == 0
        var sets = clinux_capabilities(
            effective: rest.rawValue, permitted: rest.rawValue, inheritable: isRoot ? 0 : rest.rawValue)
        try check("capset", clinux_set_capabilities(&sets))
        for number in isRoot ? [] : rest.numbers {
            try check("raise an ambient capability", clinux_raise_ambient(number))
        }
        try check("set no_new_privs", clinux_set_no_new_privileges())
        try executeAnew()
    }

    private static func executeAnew() throws(SystemCallError) {
        // By its name, which processes are listed by; by the link, should the file have been replaced meanwhile.
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        if readlink("/proc/self/exe", &buffer, buffer.count - 1) > 0 {
            execv(buffer, CommandLine.unsafeArgv)
        }
        execv("/proc/self/exe", CommandLine.unsafeArgv)
        throw SystemCallError(operation: "execute this program anew", errno: errno)
    }

    private static func check(_ operation: String, _ result: Int32) throws(SystemCallError) {
        if result != 0 { throw SystemCallError(operation: operation, errno: errno) }
    }
}
