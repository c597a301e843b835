import Resources
import Testing

/// `margay get`: what went in comes out.
struct GetTests {
    /// Every field of both formats, with values that a careless writer would spoil.
    private static let endpoint = """
        {apiVersion: projectcalico.org/v3, kind: WorkloadEndpoint,
         metadata: {name: full, namespace: prod, labels: {app: "on", "1": "2"}, annotations: {a.b/c: "line\\nbreak"}},
         spec: {node: node1, orchestrator: cni, workload: w, containerID: 1337495556942031415926535, pod: p,
          endpoint: eth0, serviceAccountName: "null", interfaceName: cali2, mac: "10:20:30:40:50:59",
          ipNetworks: [10.65.0.9/32, "2001:db8::9/128"], ipNATs: [{internalIP: 10.65.0.9, externalIP: 203.0.113.9}],
          ipv4Gateway: 169.254.1.1, ipv6Gateway: "fe80::1", profiles: [open, "1"],
          ports: [{name: dns, protocol: udp, port: 53, hostPort: 5353, hostIP: 203.0.113.9}],
          allowSpoofedSourcePrefixes: [10.9.0.0/16]}, status: {phase: Running, weight: 1.50}}

        """
    private static let older = """
        {apiVersion: v1, kind: workloadEndpoint,
         metadata: {name: eth0, workload: default.frontend-5gs43, orchestrator: k8s, node: node2, namespace: default,
          labels: {calico/k8s_ns: default}, annotations: {Example.com/x: "\\u202e\\e[31m\\0"}, uid: 0x1f},
         spec: {interfaceName: cali3, mac: "ca:fe:1d:ff:fe:52:bb:e9", ipNetworks: [10.65.0.10, 10.66.0.0/16, "fd00::/64"],
          ipNATs: [{internalIP: "fd00::5", externalIP: "2001:db8:e::5"}, {internalIP: 10.66.1.1, externalIP: 203.0.113.1}],
          ipv4Gateway: 10.65.0.254, ipv6Gateway: "fd00::1", profiles: [open, none],
          ports: [{name: a, protocol: sctp, port: 1}, {protocol: TCP, port: 65535, hostPort: 1, hostIP: "::1", x: [~]}],
          allowSpoofedSourcePrefixes: ["::/0"], qosControls: {a: 1e3}}, status: null}

        """

    private func resources(_ text: String) throws -> [Resource] {
        try ResourceReader(allowWideNetworks: true).documents(in: Array(text.utf8), file: "test").map { document in
            guard case .accepted(let resource) = document.outcome else { throw TestKitError("\(document)") }
            return resource
        }
    }

    @Test func whatWentInComesOut() throws {
        let scene = try QuietScene(interfaces: [], settings: "allowWideNetworks: true")
        let installation = scene.installation
        try installation.put("full.yaml", Self.endpoint)
        try installation.put("older.yaml", Self.older)
        let agent = try installation.startAgent()
        try agent.waitUntilReady()
        func get(_ arguments: String...) throws -> CommandResult {
            try installation.command(["get"] + arguments).run()
        }

        let wanted = try resources("\(endpointText())---\n\(Self.older)---\n\(Self.endpoint)")
        for format in ["yaml", "json"] {
            let all = try get("wep", "-o", format)
            #expect(all.exitCode == 0, "\(all)")
            #expect(try Set(resources(all.output)) == Set(wanted), "\(all)")
            let raw = all.output.unicodeScalars.filter { $0.value < 0x20 && $0 != "\n" || $0 == "\u{202e}" }
            #expect(raw.isEmpty, "what commands a terminal is escaped: \(raw)")
            let one = try get("WEPs", "full", "-o", format)
            #expect(try resources(one.output) == resources(Self.endpoint))
            #expect(!one.output.contains("items"))
            // And as a file: what comes out may be put back.
            try writeFile("\(installation.folder)/out.\(format)", all.output)
            let validated = try installation.run("validate", "\(installation.folder)/out.\(format)")
            #expect(validated.exitCode == 0, "\(validated)")
            #expect(validated.output.contains("3 resources valid, 0 rejected"), "\(validated)")
        }
        let older = try get("workloadendpoint", "node2-k8s-frontend--5gs43-eth0", "-o", "yaml")
        #expect(older.output.hasPrefix("apiVersion: v1\nkind: workloadEndpoint\n"), "\(older)")

        let table = try get("workloadendpoints")
        let lines = table.output.split(separator: "\n")
        #expect(lines.first.map { $0.split(separator: " ") } == ["NAME", "WORKLOAD", "NODE", "NETWORKS", "INTERFACE"])
        #expect(lines.count == 4 && lines.allSatisfy { $0.count <= 80 }, "\(table)")
        #expect(try get("wep", "-n", "prod").output.split(separator: "\n").count == 2)
        #expect(try get("wep", "-n", "nowhere").output == "")
        #expect(try get("Profiles", "open").output.contains("open"))
        #expect(try get("pro", "-o", "yaml", "-n", "prod").output.contains("name: open"))

        let unknown = try get("wep", "web", "-n", "prod")
        #expect(unknown.exitCode == 1)
        #expect(unknown.output == "")
        #expect(unknown.errors.contains("no WorkloadEndpoint \"web\" in namespace prod"), "\(unknown)")
        let usage = try get("pods")
        #expect(usage.exitCode == 64)
        #expect(usage.errors.contains("wep"))

        _ = try agent.terminate()
        #expect(try get("wep").exitCode == 3)
    }
}
