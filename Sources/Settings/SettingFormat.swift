import NetworkValues

/// How the text of a setting becomes its value, and the value its text.
struct SettingFormat<Value>: Sendable {
    /// What a text that is not accepted failed to be, for example `duration`.
    let kind: String
    let accepted: String
    /// Whether JSON writes the text without quotes.
    var isBareInJSON = false
    /// Texts by which a setting that may be absent is.
    var absence: Set<String> = []
    /// `nil` when the text is not accepted.
    let read: @Sendable (String) -> Value?
    let write: @Sendable (Value) -> String

    func value(of text: String) throws(InvalidValue) -> Value {
        guard let value = read(text) else {
            throw InvalidValue(kind: kind, text: text.withoutUserInfo, accepted: accepted)
        }
        return value
    }
}

extension SettingFormat {
    /// The same texts for a setting that may be absent.
    var optional: SettingFormat<Value?> {
        SettingFormat<Value?>(
            kind: kind, accepted: accepted, isBareInJSON: isBareInJSON,
            read: { [read, absence] text in absence.contains(text) ? .some(nil) : read(text).map { .some($0) } },
            write: { [write] in $0.map(write) ?? "" })
    }
}

extension SettingFormat where Value: CaseIterable & RawRepresentable<String> & SendableMetatype {
    /// One of the names of an enumeration.
    static var choice: Self {
        let names = Value.allCases.map(\.rawValue)
        let accepted = names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
        return Self(kind: "choice", accepted: accepted, read: { Value(rawValue: $0) }, write: \.rawValue)
    }
}

extension SettingFormat<Bool> {
    static var boolean: Self {
        Self(
            kind: "boolean", accepted: "true or false", isBareInJSON: true,
            read: { text in
                switch text {
                case "true", "True", "TRUE": true
                case "false", "False", "FALSE": false
                default: nil
                }
            },
            write: \.description)
    }
}

extension SettingFormat where Value: FixedWidthInteger & Sendable {
    /// A decimal number without sign and leading zeros, which YAML 1.1 would take as octal.
    static func number(
        _ kind: String, in range: ClosedRange<Value>, note: String = "", except excluded: Value? = nil
    ) -> Self {
        Self(
            kind: kind, accepted: "\(range.lowerBound) to \(range.upperBound)\(note)", isBareInJSON: true,
            read: { text in
                guard let value = Value(text), value.description == text, range.contains(value), value != excluded
                else { return nil }
                return value
            },
            write: \.description)
    }
}

extension SettingFormat<Duration> {
    private static var units: [(suffix: String, milliseconds: Int64)] {
        [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)]
    }

    /// A whole number with a unit, at most a day.
    static func duration(atLeast minimum: Duration) -> Self {
        Self(
            kind: "duration",
            accepted: "a whole number with ms, s, m or h, from \(text(minimum)) to 24h, such as 500ms, 60s or 2m",
            read: { text in
                let digits = text.utf8.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
                let suffix = String(text.dropFirst(digits.count))
                guard let count = Int64(text.prefix(digits.count)), count <= 86_400_000,
                    let unit = units.first(where: { $0.suffix == suffix })
                else { return nil }
                let value = Duration.milliseconds(count * unit.milliseconds)
                return (minimum...(.seconds(86_400))).contains(value) ? value : nil
            },
            write: text)
    }

    /// In the largest unit that divides it.
    private static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        let unit = units.last { milliseconds % $0.milliseconds == 0 && $0.milliseconds <= milliseconds }
        guard let unit else { return "0s" }
        return "\(milliseconds / unit.milliseconds)\(unit.suffix)"
    }
}
