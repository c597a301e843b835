import Glibc
import NetworkValues

/// An RFC 3339 time as Kubernetes writes it: in UTC, without a fraction of its seconds. So earlier times are lesser
/// texts, whatever zone they came in.
/// - Throws: `InvalidValue` for anything else, the 30th of February among it.
func canonicalTimestamp(_ text: String) throws(InvalidValue) -> String {
    if isCanonical(text) { return text }
    guard let seconds = secondsSinceEpoch(text), let canonical = timestamp(ofSecond: seconds) else {
        throw InvalidValue(kind: "time", text: text, accepted: "RFC 3339, such as 2026-01-31T12:00:00Z")
    }
    return canonical
}

/// Whether a text is certainly canonical already, as nearly all are: on one of the days that every month has.
private func isCanonical(_ text: String) -> Bool {
    text.utf8.count == 20
        && text.utf8.withContiguousStorageIfAvailable { bytes in
            let dash = UInt8(ascii: "-")
            let colon = UInt8(ascii: ":")
            guard bytes[4] == dash, bytes[7] == dash, bytes[10] == UInt8(ascii: "T"), bytes[13] == colon,
                bytes[16] == colon, bytes[19] == UInt8(ascii: "Z")
            else { return false }
            guard digits(bytes[0..<4]) != nil, let month = digits(bytes[5..<7]), let day = digits(bytes[8..<10]),
                let hour = digits(bytes[11..<13]), let minute = digits(bytes[14..<16]),
                let second = digits(bytes[17..<19])
            else { return false }
            return (1...12).contains(month) && (1...28).contains(day) && hour < 24 && minute < 60 && second < 60
        } == true
}

/// Reads `2026-01-31T12:00:00`, a fraction that has no effect, and `Z` or an offset such as `+02:00`.
private func secondsSinceEpoch(_ text: String) -> Int? {
    let bytes = Array(text.utf8)
    guard bytes.count >= 20, [4, 7, 10, 13, 16].map({ bytes[$0] }) == Array("--T::".utf8) else { return nil }
    let numbers = [0..<4, 5..<7, 8..<10, 11..<13, 14..<16, 17..<19].compactMap { digits(bytes[$0]) }
    guard numbers.count == 6 else { return nil }
    var parts = tm()
    parts.tm_year = CInt(numbers[0] - 1900)
    parts.tm_mon = CInt(numbers[1] - 1)
    parts.tm_mday = CInt(numbers[2])
    parts.tm_hour = CInt(numbers[3])
    parts.tm_min = CInt(numbers[4])
    parts.tm_sec = CInt(numbers[5])
    let seconds = timegm(&parts)
    // What was out of its range has moved on to the next day or hour.
    guard timestamp(ofSecond: seconds)?.utf8.prefix(19).elementsEqual(bytes.prefix(19)) == true else { return nil }
    var zone = bytes[19...]
    if zone.first == UInt8(ascii: ".") {
        let fraction = zone.dropFirst().prefix { digits([$0]) != nil }
        guard !fraction.isEmpty else { return nil }
        zone = zone[fraction.endIndex...]
    }
    return secondsEast(zone).map { seconds - $0 }
}

/// The offset from UTC in `Z`, `+02:00` or `-02:00`.
private func secondsEast(_ zone: ArraySlice<UInt8>) -> Int? {
    let bytes = Array(zone)
    if bytes == [UInt8(ascii: "Z")] { return 0 }
    guard bytes.count == 6, bytes[3] == UInt8(ascii: ":"), let hours = digits(bytes[1..<3]), hours < 24,
        let minutes = digits(bytes[4..<6]), minutes < 60
    else { return nil }
    switch bytes[0] {
    case UInt8(ascii: "+"): return (hours * 60 + minutes) * 60
    case UInt8(ascii: "-"): return -(hours * 60 + minutes) * 60
    default: return nil
    }
}

private func digits(_ bytes: some Collection<UInt8>) -> Int? {
    var value = 0
    for byte in bytes {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
        value = value * 10 + Int(byte - UInt8(ascii: "0"))
    }
    return value
}

/// `nil` outside the years 0 to 9999, which four digits cannot tell.
private func timestamp(ofSecond seconds: Int) -> String? {
    var time = time_t(seconds)
    var parts = tm()
    guard gmtime_r(&time, &parts) != nil, (-1900...8099).contains(parts.tm_year) else { return nil }
    func padded(_ number: CInt, _ count: Int) -> String {
        String(repeating: "0", count: max(0, count - "\(number)".utf8.count)) + "\(number)"
    }
    return "\(padded(parts.tm_year + 1900, 4))-\(padded(parts.tm_mon + 1, 2))-\(padded(parts.tm_mday, 2))"
        + "T\(padded(parts.tm_hour, 2)):\(padded(parts.tm_min, 2)):\(padded(parts.tm_sec, 2))Z"
}
