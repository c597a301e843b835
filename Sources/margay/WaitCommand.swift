import ArgumentParser
import Settings
import Status

struct WaitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait",
        abstract: "Waits until endpoints are up, or gone.",
        discussion: """
            For CNI plugins and scripts: returns as soon as every NAME is read back from the kernel, or with --for gone \
            as soon as neither the source nor the kernel has it. An agent that is not there yet is waited for too. \
            What waiting alone will not mend, such as a rejected resource or a conflict, is said at once on stderr, \
            and again at the end.

            It knows what the agent knows: an edit that the agent has not read yet is not waited for.

            EXAMPLES:
              margay wait web --timeout 10s
              margay wait cali0a1b2c3d default/db
              margay wait web --for gone

            EXIT CODES:
              0  it is so
              1  it was not so in time; stderr says what is missing
              3  the agent could not be reached in time
            """)

    @ParentCommand var root: Margay

    @Argument(help: ArgumentHelp("A resource name, namespace/name or interface name.", valueName: "name"))
    var names: [String]

    @Option(
        help: ArgumentHelp("How long to wait at most, such as 500ms, 30s or 2m.", valueName: "duration"),
        transform: WaitCommand.duration)
    var timeout = Duration.seconds(30)

    @Option(name: .customLong("for"), help: "What to wait for.")
    var goal = WaitGoal.up

    func run() async throws {
        var waiting = Waiting(
            client: { [socket = try root.statusSocket()] in StatusClient(socket: socket, timeLimit: $0) },
            names: names, goal: goal, deadline: .now + timeout)
        try await waiting.untilSo()
    }

    private static func duration(_ text: String) throws -> Duration {
        guard let duration = Duration(settingText: text) else {
            throw ValidationError("\"\(text)\" is not a duration such as 500ms, 30s or 2m, up to 24h.")
        }
        return duration
    }
}

extension WaitGoal: ExpressibleByArgument {}

/// One run of `margay wait`.
private struct Waiting {
    let client: (Duration) -> StatusClient
    let names: [String]
    let goal: WaitGoal
    let deadline: ContinuousClock.Instant
    /// What was said already.
    private var said: Set<WaitAnswer.Obstacle> = []
    private var last: WaitAnswer?
    private var pause = Duration.milliseconds(20)

    /// How long the agent may put off one answer: long enough to be no burden, short enough to tell what has changed.
    private static let delay = Duration.milliseconds(500)

    init(
        client: @escaping (Duration) -> StatusClient, names: [String], goal: WaitGoal,
        deadline: ContinuousClock.Instant
    ) {
        self.client = client
        self.names = names
        self.goal = goal
        self.deadline = deadline
    }

    /// - Throws: `ExitCode` when it was not so in time.
    mutating func untilSo() async throws {
        while true {
            let left = deadline - .now
            do {
                let delay = max(.zero, min(left, Self.delay))
                let answer = try await client(max(left, .zero) + .seconds(1))
                    .wait(for: names, to: goal, delay: delay)
                if answer.isSatisfied {
                    answer.notes.forEach { StandardError.print($0) }
                    return
                }
                last = answer
                pause = .milliseconds(20)
                for obstacle in answer.obstacles where obstacle.needsAttention && said.insert(obstacle).inserted {
                    StandardError.print("\(obstacle.name): \(obstacle.reason); still waiting")
                }
                guard left > .zero else { throw ExitCode(reporting: answer) }
            } catch let error as StatusError where error.code == .unreachable {
                guard left > .zero else {
                    last?.obstacles.forEach { StandardError.print("last known: \($0.name): \($0.reason)") }
                    StandardError.print("\(error)")
                    throw ExitCode.unreachable
                }
                try await Task.sleep(for: min(pause, left))
                pause = min(pause * 2, .milliseconds(250))
            } catch let error as ExitCode {
                throw error
            } catch {
                StandardError.print("\(error)")
                throw ExitCode.failure
            }
        }
    }
}

extension ExitCode {
    /// Says what was waited for in vain.
    fileprivate init(reporting answer: WaitAnswer) {
        answer.obstacles.forEach { StandardError.print("\($0.name): \($0.reason)") }
        self = .failure
    }
}
