import CLinux

/// How this process keeps the memory that it has freed.
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
}
