import Agent
import ArgumentParser
import NetworkValues
import Resources
import Settings
import Status

struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Says whether one may reach another, and which rule decides.",
        usage: "margay explain --from <from> --to <to> [<options>]",
        discussion: """
            FROM and TO are a resource name, namespace/name, interface name, or address. The first packet of a flow \
            between them is run through the rules: as the sender's egress and the receiver's ingress, the source \
            filter and 1:1 NAT included. Of each direction the tier, policy and rule are told that decide, and why.

            What is wanted comes from the running agent, and what is there is read from the kernel by this command \
            itself, which needs root; without, it says so and answers by what is wanted. With --resources the agent is \
            left alone, and the kernel too unless --kernel says otherwise. What another node judges is said to be \
            judged elsewhere.

            An endpoint with several addresses is asked with the first of a family that both have, IPv4 before IPv6. \
            ICMP is an echo request unless --icmp-type says otherwise.

            EXAMPLES:
              margay explain --from web --to default/db --protocol tcp --port 5432
              margay explain --from 203.0.113.9 --to cali0ef24bc --port 80
              margay explain --from web --to 2001:db8::1 --protocol icmpv6
              margay explain --resources new/resources.d --from web --to db --port 5432

            EXIT CODES:
              0  allow or deny; the kernel, if it was read, agrees with what is wanted
              1  the two disagree, it cannot be told, or a name is unknown or ambiguous
              3  the agent cannot be reached
            """)

    enum Output: String, ExpressibleByArgument, CaseIterable {
        case table, wide, json, yaml
    }

    @Option(help: ArgumentHelp("Who sends.", valueName: "from"))
    var from: String

    @Option(help: ArgumentHelp("To whom.", valueName: "to"))
    var to: String

    @Option(
        name: .customLong("protocol"),
        help: ArgumentHelp("tcp, udp, sctp, udplite, icmp, icmpv6 or a number.", valueName: "protocol"),
        transform: ExplainCommand.transport)
    var transport = IPProtocol.tcp

    @Option(help: ArgumentHelp("The destination's port.", valueName: "port"), transform: ExplainCommand.port)
    var port: UInt16?

    @Option(help: ArgumentHelp("The source's port.", valueName: "port"), transform: ExplainCommand.port)
    var sourcePort: UInt16?

    @Option(help: ArgumentHelp("The type of an ICMP message.", valueName: "type"))
    var icmpType: UInt8?

    @Option(help: ArgumentHelp("The code of an ICMP message.", valueName: "code"))
    var icmpCode: UInt8?

    @Option(help: ArgumentHelp("4 or 6, where both have addresses of both.", valueName: "version"))
    var ipVersion: Int?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Files or folders of resources, instead of what the agent holds.", valueName: "path"),
        completion: .file())
    var resources: [String] = []

    @Option(help: ArgumentHelp("With --resources: the name of this node (default: the settings').", valueName: "name"))
    var node: String?

    @Flag(help: "With --resources: read the kernel as well.")
    var kernel = false

    @Option(name: .shortAndLong, help: "The format.")
    var output = Output.table

    @ParentCommand var root: Margay

    func validate() throws {
        let isICMP = [.icmp, .icmpv6].contains(transport)
        let hasPorts = [.tcp, .udp, .sctp, .udpLite].contains(transport)
        if !hasPorts, port != nil || sourcePort != nil {
            throw ValidationError("Protocol \(transport) has no ports.")
        }
        if !isICMP, icmpType != nil || icmpCode != nil {
            throw ValidationError("--icmp-type and --icmp-code are about --protocol icmp or icmpv6.")
        }
        if icmpCode != nil, icmpType == nil {
            throw ValidationError("--icmp-code takes an --icmp-type.")
        }
        if let ipVersion, ![4, 6].contains(ipVersion) {
            throw ValidationError("--ip-version is 4 or 6.")
        }
        if resources.isEmpty, node != nil || kernel {
            throw ValidationError(
                "--node and --kernel go with --resources; the agent knows its name, and the kernel is read.")
        }
    }

    func run() async throws {
        let wanted = try await root.wantedState(at: resources, node: node)
        do {
            var explanation = try Explain.answer(
                question, wanted.resources, wanted.settings, yielding: wanted.yielding,
                readsKernel: resources.isEmpty || kernel)
            explanation.notes += wanted.notes
            let table = ExplainTable(explanation, text: TerminalText(isColoured: StandardOutput.isTerminal))
            switch output {
            case .table: try StandardOutput.write(lines: table.lines(isWide: false))
            case .wide: try StandardOutput.write(lines: table.lines(isWide: true))
            case .json: try StandardOutput.write(try explanation.json() + "\n")
            case .yaml: try StandardOutput.write(try DocumentText(json: try explanation.json()).yaml)
            }
            let isAnswered = explanation.verdict != .unknown && explanation.agrees != false
            if !isAnswered || !wanted.isComplete { throw ExitCode.failure }
        } catch let error as ExitCode {
            throw error
        } catch {
            StandardError.print("margay explain: \(error)".printable)
            throw ExitCode.failure
        }
    }

    private var question: ExplainQuestion {
        var question = ExplainQuestion(
            from: from, to: to, protocol: transport.rawValue, sourcePort: sourcePort, port: port,
            icmpType: icmpType, icmpCode: icmpCode, family: ipVersion.map { $0 == 4 ? .v4 : .v6 })
        if icmpType == nil, [.icmp, .icmpv6].contains(transport) {
            // An echo request: RFC 792, RFC 4443 section 4.1.
            (question.icmpType, question.icmpCode) = (transport == .icmp ? 8 : 128, 0)
        }
        return question
    }

    private static func transport(_ text: String) throws -> IPProtocol {
        do {
            return try IPProtocol(parsing: text)
        } catch {
            throw ValidationError("\(error)")
        }
    }

    private static func port(_ text: String) throws -> UInt16 {
        guard let port = UInt16(text), port > 0 else {
            throw ValidationError("\"\(text)\" is not a port from 1 to 65535.")
        }
        return port
    }
}
