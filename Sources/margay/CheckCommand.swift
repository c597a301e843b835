import Agent
import ArgumentParser
import Settings
import Status

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Compares the live kernel with what it should hold.",
        discussion: """
            What is wanted comes from the running agent, or with PATH from files, and then no agent is needed. What is \
            there is read from the kernel by this command itself: every chain, set and map element, route, neighbour \
            and parameter. Needs root. Endpoints with a problem come first; a line tells each difference. An interface \
            with a workload prefix and no endpoint is a note and no problem.

            MAC FILTER is enforced; absent, since the endpoint has no mac; unenforceable, and then nothing leaves it; \
            missing; or altered: the kernel lets more pass than it should, or may. Drops are those of the source \
            filter and of policy that the kernel has counted, by reason.

            --probe also sends frames that must be dropped, from the workload's end of its veth pair, three of each: \
            with a foreign MAC, a foreign IPv4, IPv6 and ARP sender, a router advertisement, a neighbour solicitation \
            out of shape, a DHCP server's reply. IP goes to multicast groups for experiments that nobody listens to \
            (224.0.0.254, ff02::114) with hop limit 1; if the filter were open they would be discarded all the same. \
            The drop counters grow by what was sent. Addresses, routes and sockets of the workload are not touched. \
            Taps and other interfaces that are no veth are not probed, and that is said.

            EXAMPLES:
              margay check
              margay check --probe
              margay check /etc/margay/resources.d
              margay check web.yaml open.yaml --node rack1-host1
              margay check -o json | jq -r '.endpoints[] | select(.macFilter.state == "altered").name'

            EXIT CODES:
              0  the kernel is as wanted, every endpoint is up, and no probe failed
              1  it is not, or something could not be read; the text says which
              3  the agent cannot be reached
            """)

    enum Output: String, ExpressibleByArgument, CaseIterable {
        case table, json
    }

    @OptionGroup var wanted: WantedOptions

    @Flag(help: "Prove the source filter by frames that it must drop; see above.")
    var probe = false

    @Option(name: .shortAndLong, help: "The format.")
    var output = Output.table

    @ParentCommand var root: Margay

    func run() async throws {
        let wanted = try await root.wantedState(at: wanted.paths, node: wanted.node)
        do {
            var result = try Check.run(
                wanted.resources, wanted.settings, yielding: wanted.yielding, probes: probe)
            result.notes += wanted.notes
            switch output {
            case .table:
                let table = CheckTable(result, text: TerminalText(isColoured: StandardOutput.isTerminal))
                try StandardOutput.write(lines: table.lines)
            case .json: try StandardOutput.write(try result.json() + "\n")
            }
            if !result.isClean || !wanted.isComplete { throw ExitCode.failure }
        } catch let error as ExitCode {
            throw error
        } catch {
            StandardError.print("margay check: \(error)")
            throw ExitCode.failure
        }
    }
}
