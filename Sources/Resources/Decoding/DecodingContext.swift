/// Where decoding stands in a document, and everything it has found wrong or odd so far.
///
/// Decoders go on after an error, so that one reading reports all violations.
struct DecodingContext {
    enum Step {
        case field(String)
        case index(Int)
    }

    /// A step of the path, and where what it leads to begins, counted from 1.
    struct Part {
        var step: Step
        var line: Int
        var column: Int

        init(_ step: Step, startingAt node: YAMLNode) {
            self.init(step, line: node.line, column: node.column)
        }

        init(_ step: Step, line: Int, column: Int) {
            self.step = step
            self.line = line
            self.column = column
        }
    }

    let file: String
    let allowWideNetworks: Bool
    /// From the file's document to what is being decoded.
    private var path: [Part]
    private let root: (line: Int, column: Int)
    private var findings: [Diagnostic] = []
    private(set) var errorCount = 0

    /// - Parameter path: Leads to the resource inside its document, when that is a list.
    init(file: String, allowWideNetworks: Bool, root: YAMLNode, path: [Part] = []) {
        self.file = file
        self.allowWideNetworks = allowWideNetworks
        self.root = (root.line, root.column)
        self.path = path
        self.path.reserveCapacity(path.count + 8)
    }

    var hasFindings: Bool { !findings.isEmpty }

    /// What was found, in the order of the places.
    var diagnostics: [Diagnostic] {
        findings.sorted { ($0.location.line, $0.location.column) < ($1.location.line, $1.location.column) }
    }

    func location(_ node: YAMLNode) -> ResourceLocation {
        ResourceLocation(file: file, line: node.line, column: node.column)
    }

    /// Decodes something one step further inside; `start` is where a missing part of it would be reported.
    mutating func within<Value>(
        _ step: Step, startingAt start: YAMLNode, _ decode: (inout DecodingContext) -> Value
    ) -> Value {
        path.append(Part(step, startingAt: start))
        defer { path.removeLast() }
        return decode(&self)
    }

    /// The same for something that is not there: what it lacks is reported where the surrounding mapping begins.
    mutating func withinAbsent<Value>(_ name: String, _ decode: (inout DecodingContext) -> Value) -> Value {
        let start = place
        path.append(Part(.field(name), line: start.line, column: start.column))
        defer { path.removeLast() }
        return decode(&self)
    }

    mutating func error(_ node: YAMLNode, _ message: String) {
        report(.error, location(node), pathText, message)
    }

    mutating func warning(_ node: YAMLNode, _ message: String) {
        report(.warning, location(node), pathText, message)
    }

    /// Reports that what is being decoded lacks a field that it cannot do without.
    mutating func missing(_ field: String, _ explanation: String) {
        report(.error, place, pathText.isEmpty ? field : "\(pathText).\(field)", "is required: \(explanation)")
    }

    /// Warns about a field that is not there.
    mutating func warnOfAbsence(_ field: String, _ message: String) {
        report(.warning, place, pathText.isEmpty ? field : "\(pathText).\(field)", message)
    }

    /// Where what is being decoded begins.
    private var place: ResourceLocation {
        ResourceLocation(file: file, line: path.last?.line ?? root.line, column: path.last?.column ?? root.column)
    }

    private mutating func report(
        _ severity: Diagnostic.Severity, _ location: ResourceLocation, _ path: String, _ message: String
    ) {
        if severity == .error {
            errorCount += 1
        }
        findings.append(Diagnostic(severity: severity, location: location, path: path, message: message))
    }

    private var pathText: String {
        var text = ""
        for part in path {
            switch part.step {
            case .index(let index): text += "[\(index)]"
            // A label's name may have dots itself.
            case .field(let name)
            where name.isEmpty || !name.utf8.allSatisfy({ isLetterOrDigit($0) || $0 == UInt8(ascii: "_") }):
                text += "[\"\(excerpt(name))\"]"
            case .field(let name): text += (text.isEmpty ? "" : ".") + excerpt(name)
            }
        }
        return text
    }
}
