import Glibc
import Status
import Testing

/// The agent dies between any two of its system calls, and the next one starts.
struct CrashTests {
    private let scene: TrafficScene
    /// Two versions of what is wanted. From the first to the second one endpoint goes, one comes and one changes; `one`
    /// stays as it is.
    private let versions: [Installation]

    init() throws {
        scene = try TrafficScene()
        for number in 3...4 { try scene.host.addPair("cali\(number)") }
        let second = try Installation(in: scene.host)
        versions = [scene.installation, second]
        try second.put("open.yaml", TrafficScene.profile)
        try second.put("other.yaml", profileText("other", ingress: "{action: Allow, protocol: TCP}"))
        try second.put("one.yaml", TrafficScene.endpoint(1))
        try second.put(
            "two.yaml",
            TrafficScene.endpoint(
                2, addresses: TrafficScene.addresses(2) + ["10.65.0.12"], profiles: ["other"],
                nats: [("10.65.0.12", "198.51.100.2")]))
        try second.put("three.yaml", Self.endpoint(3))
        try scene.installation.put("four.yaml", Self.endpoint(4, nats: [("10.65.0.4", "198.51.100.2")]))
    }

    private static func endpoint(_ number: Int, nats: [(String, String)] = []) -> String {
        TrafficScene.endpoint(
            1, number == 3 ? "three" : "four", interface: "cali\(number)", mac: "02:00:00:00:00:0\(number)",
            addresses: TrafficScene.addresses(number), nats: nats)
    }

    /// Brings the kernel to a version, unless the agent dies of it.
    private func program(_ version: Int, _ kernel: FaultyKernel? = nil) throws -> Int32 {
        try versions[version].command(["agent", "--once"], environment: kernel?.environment ?? [:]).run().exitCode
    }

    /// Everything that is programmed, a line each, in no order that a hash decides.
    private func state() throws -> [String] {
        let rest = try scene.host.command([
            "sh", "-ec",
            """
            ip -4 route show table all; ip -6 route show table all; ip neighbour show nud permanent; ip neighbour show proxy
            grep -H . \(Self.parameters)
            """,
        ]).succeed()
        return try scene.host.rulesetLines() + rest.split(separator: "\n").map(String.init).sorted()
    }

    private static let parameters =
        "/proc/sys/net/ipv4/conf/cali[34]/proxy_arp /proc/sys/net/ipv4/conf/cali[34]/forwarding"

    /// Gives the next apply something to do of every kind: parameters are never taken back, and only flows that run can
    /// be ended.
    private func prepare() throws {
        try scene.host.command([
            "sh", "-ec",
            """
            for parameter in \(Self.parameters); do echo 0 >$parameter; done
            for source in 10.65.0.3 10.65.0.4 10.65.0.12; do
                conntrack -I -p udp -s $source -d \(scene.outsideAddress) --sport 1 --dport 2 -t 300 || true
            done
            """,
        ]).succeed()
    }

    /// Every call is one of the first: half of them for each of two tests, which take turns.
    @Test(arguments: 0..<2)
    func whereverItDiesTheNextStartMakesWhole(half: Int) throws {
        var wanted: [[String]] = [[], []]
        for version in [0, 1, 0, 1, 0] {
            try prepare()
            #expect(try program(version) == 0)
            wanted[version] = try state()
        }
        #expect(wanted[0].joined().contains("\"cali4\"") && !wanted[0].joined().contains("\"cali3\""))
        #expect(wanted[1].joined().contains("\"cali3\"") && !wanted[1].joined().contains("\"cali4\""))
        let traffic = try Traffic(scene.attack(from: scene.one), seenBy: [scene.outside])

        var deaths = [0, 0]
        /// Of the program that lived.
        var calls: [[String]] = [[], []]
        var survived = [false, false]
        var call = half + 1
        while survived.contains(false) {
            // There and back, so that the next has the same to do.
            for version in [1, 0] {
                try prepare()
                let kernel = try FaultyKernel(killsAt: call)
                try kernel.begin()
                let exitCode = try program(version, kernel)
                survived[version] = exitCode == 0
                if exitCode == 0 {
                    calls[version] = kernel.log
                } else {
                    #expect(exitCode == 128 + SIGKILL, "\(kernel.log)")
                    deaths[version] += 1
                    #expect(try program(version) == 0, "after \(kernel.log)")
                }
                let now = try state()
                #expect(now == wanted[version], "after \(kernel.log): \(now.difference(from: wanted[version]))")
                for address in version == 0 ? ["10.65.0.3", "10.65.0.12"] : ["10.65.0.4"] {
                    let flows = try scene.host.command(["conntrack", "-L", "-s", address]).succeed()
                    #expect(flows == "", "after \(kernel.log)")
                }
            }
            call += 2
        }
        for name in TrafficScene.honest { try traffic.waitForMore(name, at: scene.outside) }
        traffic.stop()
        #expect(try traffic.lost(TrafficScene.honest, at: scene.outside) == [:])
        #expect(try traffic.leaked(TrafficScene.dishonest, at: scene.outside) == [:])
        let counters = try scene.host.counters()
        #expect(counters["source4 cali1 10.65.0.1"] == (try traffic.sent("own", "denied")))
        // There was something of every kind to die of, and it died of half of it.
        for version in [0, 1] {
            #expect(
                Set(calls[version]).isSuperset(of: ["commit", "routing", "flows", "parameter"].map { "step \($0)" }))
            #expect(deaths[version] >= 5)
        }
    }
}

extension NetworkNamespace {
    /// The ruleset without counters, a line for each rule, element and definition with the place that it is in; rules are
    /// numbered, all else has no order.
    func rulesetLines() throws -> [String] {
        var places: [Substring] = []
        var lines: [String] = []
        var elements: Substring?
        for line in try command(["nft", "-s", "list", "ruleset"]).succeed().split(separator: "\n") {
            let text = line.drop { $0 == "\t" || $0 == " " }
            if let open = elements ?? (text.hasPrefix("elements = {") ? text.dropFirst(12) : nil) {
                let whole = elements == nil ? open : open + text
                guard whole.hasSuffix("}") else {
                    elements = whole
                    continue
                }
                lines += whole.dropLast().split(separator: ",").map { element in
                    "\(places.joined(separator: " ")): \(element.split(separator: " ").joined(separator: " "))"
                }
                elements = nil
            } else if text == "}" {
                places.removeLast()
            } else if text.hasSuffix("{") {
                places.append(text.dropLast(2))
            } else {
                let isRule = places.last?.hasPrefix("chain") == true
                let place = places.joined(separator: " ")
                let number = isRule ? "\(lines.count { $0.hasPrefix("\(place): ") }) " : ""
                lines.append("\(place): \(number)\(text)")
            }
        }
        return lines.sorted()
    }
}
