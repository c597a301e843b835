import NetworkValues

/// The rules for names that Calico's resource pages state.
enum Names {
    /// A name of a resource, a profile or a port: letters, digits, `.`, `_`, `-`, at most 253 as in a DNS name.
    static func name(_ text: String) throws(InvalidValue) -> String {
        guard isName(text, of: 1...253) else {
            throw InvalidValue(kind: "name", text: text, accepted: "1 to 253 letters, digits, '.', '_', '-'")
        }
        return try withLetterOrDigit(text)
    }

    /// A tier's name, which is a part of other names (libcalico-go's `validateTier`): a DNS label.
    static func tier(_ text: String) throws(InvalidValue) -> String {
        let isTier = bytes(of: text) { bytes in
            isName(bytes, of: 1...63) && hasPlainEnds(bytes) && isDNSName(bytes, isUpperCaseAllowed: false)
                && !bytes.contains(UInt8(ascii: "."))
        }
        guard isTier else {
            throw InvalidValue(
                kind: "name of a tier", text: text,
                accepted: "up to 63 lower-case letters, digits, '-' that begin and end with a letter or digit")
        }
        return text
    }

    /// Whether a rule means a port by its name: without a letter it is a number, or a mistake.
    static func isPortName(_ text: String) -> Bool {
        isName(text, of: 1...253) && text.utf8.contains { isLetterOrDigit($0) && $0 > UInt8(ascii: "9") }
    }

    /// A part of the name that Calico computes for an endpoint: dashes at its ends would run into those between parts.
    static func identifier(_ text: String) throws(InvalidValue) -> String {
        guard isName(text, of: 1...253), text.utf8.first != UInt8(ascii: "-"),
            text.utf8.last != UInt8(ascii: "-")
        else {
            throw InvalidValue(
                kind: "name", text: text, accepted: "1 to 253 letters, digits, '.', '_', '-', with no '-' at its ends")
        }
        return try withLetterOrDigit(text)
    }

    /// The CNI's container identifier (libcalico-go validates `containerID` so).
    static func containerID(_ text: String) throws(InvalidValue) -> String {
        guard !text.isEmpty, text.utf8.allSatisfy({ isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }),
            text.utf8.first != UInt8(ascii: "-"), text.utf8.last != UInt8(ascii: "-")
        else {
            throw InvalidValue(
                kind: "container ID", text: text, accepted: "letters, digits, '-', with no '-' at its ends")
        }
        return text
    }

    /// A name of dots alone would be a folder wherever names become paths.
    private static func withLetterOrDigit(_ text: String) throws(InvalidValue) -> String {
        guard text.utf8.contains(where: isLetterOrDigit) else {
            throw InvalidValue(
                kind: "name", text: text,
                accepted: "1 to 253 letters, digits, '.', '_', '-', at least one of them a letter or digit")
        }
        return text
    }

    /// A label's key (Kubernetes `IsQualifiedName`): a name of up to 63 characters, optionally after a DNS name of up to
    /// 253 and a slash.
    static func labelKey(_ text: String) throws(InvalidValue) -> String {
        try qualifiedName(text, isUpperCaseAllowed: false)
    }

    /// An annotation's key: the same, but its DNS name may have capitals (Kubernetes `ValidateAnnotations`).
    static func annotationKey(_ text: String) throws(InvalidValue) -> String {
        try qualifiedName(text, isUpperCaseAllowed: true)
    }

    /// A label's value (Kubernetes `IsValidLabelValue`).
    static func labelValue(_ text: String) throws(InvalidValue) -> String {
        let isValue = bytes(of: text) { $0.isEmpty || isName($0, of: 1...63) && hasPlainEnds($0) }
        guard isValue else {
            throw InvalidValue(
                kind: "label value", text: text,
                accepted: "up to 63 letters, digits, '.', '_', '-' that begin and end with a letter or digit")
        }
        return text
    }

    private static func qualifiedName(_ text: String, isUpperCaseAllowed: Bool) throws(InvalidValue) -> String {
        enum Fault { case name, prefix }
        let fault: Fault? = bytes(of: text) { bytes in
            let slash = bytes.firstIndex(of: UInt8(ascii: "/"))
            let name = bytes[(slash.map { $0 + 1 } ?? bytes.startIndex)...]
            guard isName(name, of: 1...63), hasPlainEnds(name) else { return .name }
            guard let slash else { return nil }
            return isDNSName(bytes[..<slash], isUpperCaseAllowed: isUpperCaseAllowed) ? nil : .prefix
        }
        guard fault != .name else {
            throw InvalidValue(
                kind: "qualified name", text: text,
                accepted: "up to 63 letters, digits, '.', '_', '-' that begin and end with a letter or digit, "
                    + "optionally after a DNS name and '/'")
        }
        guard fault == nil else {
            throw InvalidValue(
                kind: "qualified name", text: text,
                accepted: "what stands before '/' is a DNS name of up to 253 \(isUpperCaseAllowed ? "" : "lower-case ")"
                    + "letters, digits, '-', '.', each part of which begins and ends with a letter or digit")
        }
        return text
    }

    /// A DNS-1123 subdomain (Kubernetes `IsDNS1123Subdomain`).
    private static func isDNSName(_ text: Bytes, isUpperCaseAllowed: Bool) -> Bool {
        guard text.count <= 253 else { return false }
        var start = text.startIndex
        while true {
            let end = text[start...].firstIndex(of: UInt8(ascii: ".")) ?? text.endIndex
            guard hasPlainEnds(text[start..<end]) else { return false }
            for byte in text[start..<end] {
                guard isLetterOrDigit(byte) || byte == UInt8(ascii: "-") else { return false }
                if !isUpperCaseAllowed, (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) { return false }
            }
            guard end < text.endIndex else { return true }
            start = end + 1
        }
    }

    private static func isName(_ text: String, of length: ClosedRange<Int>) -> Bool {
        bytes(of: text) { isName($0, of: length) }
    }

    private static func isName(_ text: Bytes, of length: ClosedRange<Int>) -> Bool {
        guard length.contains(text.count) else { return false }
        for byte in text {
            guard
                isLetterOrDigit(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
                    || byte == UInt8(ascii: "-")
            else { return false }
        }
        return true
    }

    private static func hasPlainEnds(_ text: Bytes) -> Bool {
        guard let first = text.first, let last = text.last else { return false }
        return isLetterOrDigit(first) && isLetterOrDigit(last)
    }

    private typealias Bytes = Slice<UnsafeBufferPointer<UInt8>>

    /// Every label of every endpoint comes along here, and memory is looked through faster than the views of a text.
    private static func bytes<Result>(of text: String, _ body: (Bytes) -> Result) -> Result {
        var text = text
        return text.withUTF8 { body($0[...]) }
    }
}
