import Glibc

/// What a piece of work took of the wall clock and of processors, in seconds.
struct Cost {
    var wall: Double
    /// Of all threads of this process, in user space and in the kernel.
    var processor: Double

    static func of(_ body: () throws -> Void) rethrows -> Cost {
        let start = now
        try body()
        let end = now
        return Cost(wall: end.wall - start.wall, processor: end.processor - start.processor)
    }

    /// The same numbers by a thousand.
    var milliseconds: Cost { Cost(wall: wall * 1e3, processor: processor * 1e3) }

    var microseconds: Cost { Cost(wall: wall * 1e6, processor: processor * 1e6) }

    fileprivate static var now: Cost {
        Cost(wall: seconds(CLOCK_MONOTONIC), processor: seconds(CLOCK_PROCESS_CPUTIME_ID))
    }

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// How long it is since this was made.
struct Stopwatch {
    private let start = Cost.now

    var seconds: Double { Cost.now.wall - start.wall }
}
