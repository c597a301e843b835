import FoundationEssentials

/// What `margay check -o json` prints.
struct CheckDocument: Decodable {
    struct Endpoint: Decodable {
        struct MACFilter: Decodable {
            let mac: String?
            let state: String
        }

        struct Probe: Decodable {
            let state: String
            let dropped: [String: Int]?
            let passed: [String]?
            let reason: String?
        }

        let name: String
        let namespace: String
        let interfaceName: String
        let state: String
        let reason: String
        let macFilter: MACFilter
        let drops: [String: Int]
        let probe: Probe?
    }

    let clean: Bool
    let endpoints: [Endpoint]
    let findings: [String]
    let notes: [String]

    init(_ result: CommandResult) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(result.output.utf8))
    }

    func endpoint(_ name: String) -> Endpoint? { endpoints.first { $0.name == name } }
}
