import CLinux
import Glibc

/// How this process keeps the memory that it has freed, and that of its program.
package enum ProcessMemory {
    /// Has freed memory serve every thread, and go back to the kernel in large pieces at once. For a process that lives
    /// long and mostly rests: glibc otherwise keeps a heap for each thread, and after a large table has grown all that its
    /// former versions took.
    ///
    /// Call it before other threads have allocated much.
    package static func keepTogether() {
        // As a table of some thousand entries: what serves a single change stays below, and costs no call to the kernel.
        clinux_keep_memory_together(512 << 10)
    }

    /// Gives the kernel back what lies free between pieces in use: some milliseconds for each 100 MB.
    package static func returnFree() { clinux_return_free_memory() }

    /// Lets go of the program's own code and constants, which are in its file: what is needed of them comes back by and by,
    /// without a read as long as the kernel keeps the file in memory.
    ///
    /// Of a program with all its libraries in one file, a start touches most of the pages once: with each that is missing
    /// the kernel maps its neighbours as well, as many as make 64 KiB (`fault_around_bytes`).
    package static func returnProgram() {
        for mapping in programCopies() {
            // Refused of what is locked in memory, which is as somebody wants it.
            madvise(UnsafeMutableRawPointer(bitPattern: mapping.range.lowerBound), mapping.range.count, MADV_DONTNEED)
        }
    }

    /// The parts of the program that are as in its file. None of them changes its nature while the program runs, unlike those
    /// of a library that another thread is just loading.
    static func programCopies() -> [MemoryMapping] {
        guard let program = target(of: "/proc/self/exe"), let smaps = text(of: "/proc/self/smaps") else { return [] }
        return MemoryMapping.mappings(in: smaps).filter { $0.isCopy(of: program) }
    }

    private static func target(of link: String) -> String? {
        var path = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(link, &path, path.count)
        return count > 0 ? String(decoding: path[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
    }

    /// Of a file whose length is not known beforehand.
    private static func text(of path: String) -> String? {
        guard let file = Descriptor(open(path, O_RDONLY | O_CLOEXEC)) else { return nil }
        var text: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = uninterrupted { read(file.rawValue, &piece, piece.count) }
            guard count > 0 else { return count == 0 ? String(decoding: text, as: UTF8.self) : nil }
            text += piece[..<count]
        }
    }
}
