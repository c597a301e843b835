/// Collects what is wrong with an endpoint; the gravest matter names the phase.
struct Reasons {
    private var notes: [(phase: EndpointState.Phase, text: String)] = []
    private static let gravest: [EndpointState.Phase] = [.error, .conflict, .blocked, .down, .pending]

    mutating func note(_ phase: EndpointState.Phase, _ text: String) {
        if !notes.contains(where: { $0.text == text }) {
            notes.append((phase, text))
        }
    }

    var phase: EndpointState.Phase {
        Self.gravest.first { phase in notes.contains { $0.phase == phase } } ?? .up
    }

    var text: String {
        let phase = phase
        return notes.filter { $0.phase == phase }.prefix(3).map(\.text).joined(separator: "; ")
    }
}
