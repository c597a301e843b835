import Glibc

/// What the kernel tells about this process (proc_pid_stat(5)).
package struct ProcessFacts: Hashable, Sendable {
    /// Seconds since 1970.
    package var startTime: Double
    /// User and system time of all threads.
    package var cpuSeconds: Double
    package var residentBytes: UInt64
    package var openDescriptors: Int

    /// `nil` where `/proc` cannot be read.
    package static var current: Self? {
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        guard let stat = contents(of: "/proc/self/stat"), let close = stat.lastIndex(of: ")"),
            let bootLine = contents(of: "/proc/stat")?.split(separator: "\n").first(where: { $0.hasPrefix("btime ") }),
            let boot = Double(bootLine.dropFirst("btime ".count)), ticks > 0
        else { return nil }
        // The command's name may hold blanks and parentheses; the third field follows the last of them.
        let fields = stat[stat.index(after: close)...].split(separator: " ")
        func number(_ field: Int) -> Double? { field - 3 < fields.count ? Double(fields[field - 3]) : nil }
        guard let user = number(14), let system = number(15), let start = number(22), let pages = number(24) else {
            return nil
        }
        return Self(
            startTime: boot + start / ticks, cpuSeconds: (user + system) / ticks,
            residentBytes: UInt64(max(0, pages)) * UInt64(sysconf(Int32(_SC_PAGESIZE))),
            openDescriptors: countOfDescriptors)
    }

    private static var countOfDescriptors: Int {
        guard let folder = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // Beside `.`, `..` and the folder itself.
        return max(0, count - 3)
    }

    private static func contents(of path: String) -> String? {
        guard let file = Descriptor(open(path, O_RDONLY | O_CLOEXEC)) else { return nil }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = uninterrupted { read(file.rawValue, &chunk, chunk.count) }
            guard count > 0 else { return count == 0 ? String(decoding: bytes, as: UTF8.self) : nil }
            bytes += chunk[..<count]
        }
    }
}
