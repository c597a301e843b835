import ArgumentParser
import Status

struct ConfirmCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "confirm",
        abstract: "Lets the agent remove what it holds back.",
        discussion: """
            A source that loses many endpoints at once (massDeleteLimit, massDeleteMinimum) is not believed: they stay \
            programmed and margay status shows the dataplane as held, until this command says that the loss is right, \
            or the source has said the same for massDeleteHold. An agent that started while a resource could not be \
            read holds what may be that resource's; this command lets go of it too.

            Mend the source instead if the loss is not right: what it has again is held no more.

            The answer comes once what was held is gone from the kernel. Needs root, or the user that the agent runs as.

            EXAMPLES:
              margay status --brief && echo nothing is held
              margay confirm

            EXIT CODES:
              0  nothing is held, be it that nothing was
              1  the agent refused, or the kernel did; the text says which
              3  the agent cannot be reached
            """)

    @ParentCommand var root: Margay

    func run() async throws {
        let client = StatusClient(socket: try root.statusSocket(), timeLimit: .seconds(60))
        do {
            let answer = try await client.confirm()
            try StandardOutput.write(lines: answer.lines)
            if let problem = answer.problem {
                StandardError.print(problem)
                throw ExitCode.failure
            }
        } catch let error as ExitCode {
            throw error
        } catch {
            StandardError.print("\(error)")
            throw (error as? StatusError)?.code == .unreachable ? ExitCode.unreachable : .failure
        }
    }
}

extension ConfirmAnswer {
    /// What happened, for people.
    var lines: [String] {
        var lines: [String] = []
        if endpoints > 0 {
            lines.append("confirmed: \(endpoints) \(endpoints == 1 ? "endpoint goes" : "endpoints go")")
        }
        if leftovers { lines.append("confirmed: what nobody asks for goes") }
        return lines.isEmpty && problem == nil ? ["nothing is held"] : lines
    }
}
