import NetworkValues

extension Match {
    /// nft's spelling of the condition.
    public var text: String {
        switch self {
        case .equal(let field, let value): "\(field.text) \(value)"
        case .notEqual(let field, let value): "\(field.text) != \(value)"
        case .network(let field, let prefix, let isInverted):
            "\(field.text) \(isInverted ? "!= " : "")\(prefix.isHost ? "\(prefix.address)" : "\(prefix)")"
        case .range(let field, let range, let isInverted):
            "\(field.text) \(isInverted ? "!= " : "")\(range.lowerBound)-\(range.upperBound)"
        case .namePrefix(let field, let prefix, let isInverted):
            "\(field.text) \(isInverted ? "!= " : "")\"\(prefix)*\""
        case .inSet(let fields, let set, let isInverted):
            "\(concatenation(fields)) \(isInverted ? "!= " : "")@\(set)"
        case .conntrackState(let states): "ct state \(states.text)"
        }
    }
}

extension Statement {
    /// nft's spelling of the statement.
    public var text: String {
        switch self {
        case .match(let match): match.text
        case .counter: "counter"
        case .limit(let rate, let burst): "limit rate \(rate)/second burst \(burst) packets"
        case .log(let prefix): "log prefix \"\(prefix)\" level info"
        case .verdict(let verdict): verdict.description
        case .verdictMap(let fields, let map): "\(concatenation(fields)) vmap @\(map)"
        case .translate(let kind, let family, let fields, let map):
            "\(kind.text) \(family.text) to \(concatenation(fields)) map @\(map)"
        }
    }
}

extension Rule {
    /// nft's spelling of the rule, on one line.
    public var text: String {
        let words = statements.map(\.text) + (comment.map { ["comment \"\($0)\""] } ?? [])
        return words.joined(separator: " ")
    }
}

extension ConntrackState {
    var text: String {
        let names: [(ConntrackState, String)] = [
            (.invalid, "invalid"), (.established, "established"), (.related, "related"), (.new, "new"),
        ]
        return names.filter { contains($0.0) }.map(\.1).joined(separator: ",")
    }
}

private func concatenation(_ fields: [Field]) -> String {
    fields.map(\.text).joined(separator: " . ")
}
