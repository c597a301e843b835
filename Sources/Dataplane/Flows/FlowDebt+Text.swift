import NetworkValues

extension FlowDebt {
    /// The debt as text, a line for each thing; empty when nothing is owed.
    package var text: String {
        let lines =
            departed.map { "departed \($0.interface) \($0.network)" } + externals.map { "external \($0)" }
            + (judgesPolicy ? ["policy"] : [])
        return lines.sorted().map { "\($0)\n" }.joined()
    }

    /// Reads such a text; lines that mean nothing are passed over.
    package init(text: some StringProtocol) {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            switch (words.first, words.count) {
            case ("departed", 3):
                guard let network = try? IPPrefix(parsing: words[2]) else { continue }
                departed.insert(EndpointNetwork(String(words[1]), network))
            case ("external", 2):
                guard let address = try? IPAddress(parsing: words[1]) else { continue }
                externals.insert(address)
            case ("policy", 1): judgesPolicy = true
            default: continue
            }
        }
    }
}
