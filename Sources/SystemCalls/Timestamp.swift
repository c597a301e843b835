import Glibc

/// A moment in UTC, written as RFC 3339 with milliseconds: `2026-03-01T12:00:00.250Z`.
package struct Timestamp: Hashable, Sendable, Comparable {
    package let millisecondsSinceEpoch: Int64

    package init(millisecondsSinceEpoch: Int64) {
        self.millisecondsSinceEpoch = millisecondsSinceEpoch
    }

    /// The moment of the call, by `CLOCK_REALTIME`.
    package static var now: Self {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Self(millisecondsSinceEpoch: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// Reads what ``description`` writes, with or without the fraction; `nil` for anything else.
    package init?(_ text: String) {
        let numbers = text.split(whereSeparator: "-T:.Z".contains).compactMap { Int64($0) }
        // Four digits of RFC 3339; and milliseconds of later years do not fit at some time.
        guard numbers.count == 6 || numbers.count == 7, numbers[0] < 10_000,
            numbers.dropFirst(6).allSatisfy({ $0 < 1000 })
        else { return nil }
        var parts = tm()
        parts.tm_year = CInt(clamping: numbers[0] - 1900)
        parts.tm_mon = CInt(clamping: numbers[1] - 1)
        parts.tm_mday = CInt(clamping: numbers[2])
        parts.tm_hour = CInt(clamping: numbers[3])
        parts.tm_min = CInt(clamping: numbers[4])
        parts.tm_sec = CInt(clamping: numbers[5])
        let fraction = numbers.count == 7 ? numbers[6] : 0
        self.init(millisecondsSinceEpoch: Int64(timegm(&parts)) * 1000 + fraction)
        // Writing it again shows a 32nd of January, a missing digit or another separator.
        guard text == description || text == description.withoutZeroFraction else { return nil }
    }

    /// Later, or earlier with a negative duration, to the millisecond.
    package static func + (left: Self, right: Duration) -> Self {
        let milliseconds = right.components.seconds * 1000 + right.components.attoseconds / 1_000_000_000_000_000
        return Self(millisecondsSinceEpoch: left.millisecondsSinceEpoch + milliseconds)
    }

    package static func < (left: Self, right: Self) -> Bool {
        left.millisecondsSinceEpoch < right.millisecondsSinceEpoch
    }
}

extension Timestamp: CustomStringConvertible {
    package var description: String {
        let (seconds, milliseconds) = millisecondsSinceEpoch.flooredQuotientAndRemainder(dividingBy: 1000)
        var time = time_t(seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        let date = [digits(parts.tm_year + 1900, 4), digits(parts.tm_mon + 1, 2), digits(parts.tm_mday, 2)]
        let clock = [digits(parts.tm_hour, 2), digits(parts.tm_min, 2), digits(parts.tm_sec, 2)]
        return "\(date.joined(separator: "-"))T\(clock.joined(separator: ":")).\(digits(milliseconds, 3))Z"
    }

    private func digits(_ number: some BinaryInteger, _ count: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }
}

extension Timestamp: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let timestamp = Self(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "\"\(text)\" is not an RFC 3339 time in UTC")
        }
        self = timestamp
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension String {
    /// A timestamp without its fraction, if that is zero.
    fileprivate var withoutZeroFraction: String { hasSuffix(".000Z") ? dropLast(5) + "Z" : self }
}

extension Int64 {
    fileprivate func flooredQuotientAndRemainder(dividingBy divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
