/// Twelve endpoints in a file each, and their profile: those of a ``TrafficScene``, which send and receive, and ten that
/// only have interfaces, cali3 to cali12 with 10.65.0.3 to 10.65.0.12.
struct MassDeleteScene {
    let traffic: TrafficScene

    init(settings: String = "") throws {
        traffic = try TrafficScene(settings: settings)
        for number in 3...12 {
            try host.addPair("cali\(number)")
            try installation.put("e\(number).yaml", Self.endpoint(number))
        }
    }

    var installation: Installation { traffic.installation }
    var host: NetworkNamespace { traffic.host }
    var outside: NetworkNamespace { traffic.outside }

    static let files = ["one", "two"] + (3...12).map { "e\($0)" }

    static func endpoint(_ number: Int, _ name: String? = nil) -> String {
        endpointText(
            name ?? "e\(number)", interface: "cali\(number)", mac: nil, addresses: ["10.65.0.\(number)"])
    }

    /// Takes the files of these endpoints away, one after the other.
    func lose(_ names: some Sequence<String>) throws {
        for name in names { try installation.delete("\(name).yaml") }
    }

    /// The folder is empty, its profile gone too, as when what was mounted there is not.
    func loseEverything() throws {
        try Command(["mv", installation.resources, "\(installation.folder)/away"]).succeed()
        try Command(["mkdir", installation.resources]).succeed()
    }

    /// The folder is back as it was.
    func restoreEverything() throws {
        try Command(["rm", "-r", installation.resources]).succeed()
        try Command(["mv", "\(installation.folder)/away", installation.resources]).succeed()
    }

    /// What `one` may send, and what it may not.
    func flow() throws -> Traffic {
        try Traffic(
            [
                "one": traffic.one.stream(from: "10.65.0.1", to: traffic.outsideAddress),
                "spoofed": traffic.one.stream(from: "10.65.0.2", to: traffic.outsideAddress),
                "denied": traffic.one.stream(from: "10.65.0.1", to: TrafficScene.denied),
            ], seenBy: [outside])
    }

    func routes() throws -> [String] { try traffic.routes() }
}
