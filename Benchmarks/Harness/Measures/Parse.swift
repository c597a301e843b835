import CPeers
import Resources

extension Measure {
    static let parse = Measure(
        name: "parse", about: "10,000 endpoints read and validated, as YAML and as JSON, beside libyaml's bare events"
    ) { settings in
        let count = 10_000
        let yaml = (1...count).map { Array(Documents.yaml($0).utf8) }
        let json = (1...count).map { Array(Documents.json($0).utf8) }
        let file = Array((1...count).map { Documents.yaml($0) }.joined(separator: "---\n").utf8)
        let reader = ResourceReader()
        func read(_ documents: [[UInt8]], _ name: String, each: Int = 1) throws -> Cost {
            var accepted = 0
            let cost = Cost.of {
                for bytes in documents {
                    for document in reader.documents(in: bytes, file: name) {
                        if case .accepted = document.outcome { accepted += 1 }
                    }
                }
            }
            guard accepted == documents.count * each else { throw HarnessError("\(accepted) of \(name) are valid") }
            return cost.milliseconds
        }
        func events(_ documents: [[UInt8]]) throws -> Cost {
            try Cost.of {
                for bytes in documents where cpeers_yaml_events(bytes, bytes.count) < 0 {
                    throw HarnessError("libyaml reads otherwise")
                }
            }.milliseconds
        }
        settings.note("\(count) documents of \(yaml[count / 2].count) (YAML) and \(json[count / 2].count) bytes (JSON)")
        let costs = try alternating(
            runs: settings.runs,
            [
                { try read(yaml, "w.yaml") }, { try events(yaml) }, { try read([file], "all.yaml", each: count) },
                { try events([file]) }, { try read(json, "w.json") },
            ])
        // One thread does it, and nothing waits: processor time is the time it takes on a machine that is not shared.
        return [
            Row("\(count) YAML documents, a file each, processor", costs[0].processor, "ms")
                .above(floor: costs[1].processor).atMost(300),
            Row("\(count) YAML documents, one file, processor", costs[2].processor, "ms")
                .above(floor: costs[3].processor).atMost(300),
            Row("\(count) JSON documents, a file each, processor", costs[4].processor, "ms").atMost(250),
        ]
    }
}

/// Endpoints as a CNI plugin writes them, of some 690 bytes: two networks, an external address, a profile, two ports.
enum Documents {
    static func yaml(_ number: Int) -> String {
        """
        apiVersion: projectcalico.org/v3
        kind: WorkloadEndpoint
        metadata:
          name: node1-cni-pod\(number)-eth0
          namespace: default
          labels:
            app: web
            tier: frontend
            projectcalico.org/namespace: default
            projectcalico.org/orchestrator: cni
        spec:
          node: node1
          orchestrator: cni
          containerID: pod\(number)
          endpoint: eth0
          interfaceName: cali\(number)
          mac: \(World.mac(number))
          ipNetworks:
          - \(World.address(number))/32
          - \(World.address6(number))/128
          ipNATs:
          - internalIP: \(World.address(number))
            externalIP: \(World.external(number))
          profiles:
          - kns.default
          ports:
          - name: http
            protocol: TCP
            port: 8080
          - name: metrics
            protocol: TCP
            port: 9100

        """
    }

    static func json(_ number: Int) -> String {
        """
        {"apiVersion":"projectcalico.org/v3","kind":"WorkloadEndpoint","metadata":{"name":"node1-cni-pod\(number)-eth0",\
        "namespace":"default","labels":{"app":"web","tier":"frontend","projectcalico.org/namespace":"default",\
        "projectcalico.org/orchestrator":"cni"}},"spec":{"node":"node1","orchestrator":"cni","containerID":"pod\(number)",\
        "endpoint":"eth0","interfaceName":"cali\(number)","mac":"\(World.mac(number))","ipNetworks":\
        ["\(World.address(number))/32","\(World.address6(number))/128"],"ipNATs":[{"internalIP":"\(World.address(number))",\
        "externalIP":"\(World.external(number))"}],"profiles":["kns.default"],"ports":[{"name":"http","protocol":"TCP",\
        "port":8080},{"name":"metrics","protocol":"TCP","port":9100}]}}
        """
    }
}
