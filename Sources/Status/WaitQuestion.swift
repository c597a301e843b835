import FoundationEssentials

/// What `margay wait` waits for.
package enum WaitGoal: String, Codable, Hashable, Sendable, CaseIterable {
    /// Read back from the kernel.
    case up
    /// Not in the source and not in the kernel.
    case gone
}

/// How far the agent is from what somebody waits for.
package struct WaitAnswer: Codable, Hashable, Sendable {
    /// What keeps one of the names from being as it should.
    package struct Obstacle: Codable, Hashable, Sendable {
        package var name: String
        /// `pending: interface cali1 does not exist`
        package var reason: String
        /// Whether waiting alone will not help: somebody has to do something about it.
        package var needsAttention: Bool

        package init(name: String, reason: String, needsAttention: Bool = false) {
            self.name = name
            self.reason = reason
            self.needsAttention = needsAttention
        }
    }

    /// Empty once it is as wanted.
    package var obstacles: [Obstacle]
    /// What to know although it is as wanted.
    package var notes: [String]

    package var isSatisfied: Bool { obstacles.isEmpty }
}

/// Asks whether endpoints are up or gone, by what the reconcile loop last told, and may wait for it a while.
struct WaitQuestion: Hashable, Sendable {
    var names: [String]
    var goal: WaitGoal
    /// How long the answer may be put off; zero for none.
    var limit: Duration

    /// As soon as it is so, else when the time is over.
    func answer(from board: AgentBoard) async -> WaitAnswer {
        let answer = answerNow(from: board)
        guard !answer.isSatisfied, limit > .zero else { return answer }
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await _ in board.changes() where answerNow(from: board).isSatisfied { return }
            }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
        return answerNow(from: board)
    }

    func answerNow(from board: AgentBoard) -> WaitAnswer {
        let overview = board.overview
        var answer = WaitAnswer(obstacles: [], notes: [])
        for name in names {
            switch goal {
            case .up: expectUp(name, overview, board.endpoints(named: name), &answer)
            case .gone: expectGone(name, overview, board.endpoints(named: name), &answer)
            }
        }
        return answer
    }

    private func expectUp(
        _ name: String, _ overview: AgentOverview, _ found: [EndpointStanding], _ answer: inout WaitAnswer
    ) {
        let rejection = overview.source.rejected.first { $0.isNamed(name) }
        let refusal = rejection.map { "rejected: \($0.location): \($0.message)" }
        if found.isEmpty {
            answer.obstacles.append(
                .init(name: name, reason: refusal ?? absence(overview), needsAttention: refusal != nil))
        }
        for endpoint in found where endpoint.state != .up {
            let reason = endpoint.reason.isEmpty ? "" : ": \(endpoint.reason)"
            let later = refusal.map { "; a later version is \($0)" } ?? ""
            let isStuck = [.blocked, .conflict, .error].contains(endpoint.state)
            answer.obstacles.append(
                .init(
                    name: endpoint.qualifiedName, reason: endpoint.state.rawValue + reason + later,
                    needsAttention: isStuck || refusal != nil))
        }
        if let refusal, !found.isEmpty {
            answer.notes.append("\(name) is in force in its last good version; the present one is \(refusal)")
        }
    }

    private func absence(_ overview: AgentOverview) -> String {
        switch overview.source.state {
        case .inSync: "the source has no endpoint of this node by that name or interface"
        case .syncing: "the source is being read"
        case .reconnecting, .stale: "the source is out of reach: \(overview.source.problem)"
        }
    }

    private func expectGone(
        _ name: String, _ overview: AgentOverview, _ found: [EndpointStanding], _ answer: inout WaitAnswer
    ) {
        for endpoint in found {
            let isHeld = overview.dataplane.held != nil && endpoint.isHeld
            answer.obstacles.append(
                .init(
                    name: endpoint.qualifiedName,
                    reason: isHeld
                        ? overview.dataplane.heldWords ?? ""
                        : "the source still has it; it is \(endpoint.state.rawValue)",
                    needsAttention: isHeld))
        }
        for endpoint in overview.leaving where endpoint.isNamed(name) {
            answer.obstacles.append(
                .init(
                    name: endpoint.qualifiedName,
                    reason: "it is still in the kernel: \(overview.problem ?? "its removal is under way")",
                    needsAttention: overview.problem != nil))
        }
        guard found.isEmpty else { return }
        switch overview.dataplane.state {
        case .applying:
            answer.obstacles.append(
                .init(name: name, reason: "what an earlier agent left is not known before the source was read"))
        // Held removals of others do not concern it.
        case .held where overview.dataplane.held == nil:
            answer.obstacles.append(
                .init(
                    name: name,
                    reason: "\(overview.dataplane.heldWords ?? ""); margay status lists the rejected ones",
                    needsAttention: true))
        case .applied, .degraded, .held: break
        }
    }
}

extension WaitAnswer {
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self).printableJSON
    }
}
