import Glibc

/// A program under way where this thread was when it was started; it ends with the last reference to it.
final class Daemon {
    let process: pid_t

    /// - Parameter environment: `NAME=value`, beside this process's own.
    init(_ arguments: [String], environment: [String] = []) throws {
        var inherited: [String] = []
        var place = environ
        while let entry = place.pointee {
            inherited.append(String(cString: entry))
            place += 1
        }
        let words = arguments.map { strdup($0) } + [nil]
        let variables = (inherited + environment).map { strdup($0) } + [nil]
        defer { for word in words + variables { free(word) } }
        var process = pid_t()
        let error = posix_spawnp(&process, arguments[0], nil, nil, words, variables)
        guard error == 0 else { throw HarnessError("start \(arguments[0]): \(String(cString: strerror(error)))") }
        self.process = process
    }

    deinit {
        kill(process, SIGTERM)
        var status: Int32 = 0
        waitpid(process, &status, 0)
    }

    /// - Throws: ``HarnessError`` when it has ended.
    func check() throws {
        var status: Int32 = 0
        guard waitpid(process, &status, WNOHANG) == 0 else { throw HarnessError("the program ended, status \(status)") }
    }

    /// Of its resident set, in MiB: the whole, and what is nobody else's and no file's.
    func memory() throws -> (resident: Double, anonymous: Double) {
        var values: [Substring: Double] = [:]
        for line in try Program("cat", "/proc/\(process)/status").run().output.split(separator: "\n") {
            let words = line.split(whereSeparator: { $0 == ":" || $0.isWhitespace })
            if words.count == 3, words[2] == "kB" { values[words[0]] = (Double(words[1]) ?? 0) / 1024 }
        }
        guard let resident = values["VmRSS"], let anonymous = values["RssAnon"] else {
            throw HarnessError("no memory of process \(process)")
        }
        return (resident, anonymous)
    }

    /// Seconds of a processor that it has taken so far, with threads that have ended (`clock_getcpuclockid(3)`).
    func processor() throws -> Double {
        var clock = clockid_t()
        var time = timespec()
        guard clock_getcpuclockid(process, &clock) == 0, clock_gettime(clock, &time) == 0 else {
            throw HarnessError("no processor time of process \(process)")
        }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
