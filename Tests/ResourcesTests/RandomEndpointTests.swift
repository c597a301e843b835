import NetworkValues
import Resources
import Testing

/// Endpoints of either format with whatever their fields may hold: what is written of them is read as them.
@Suite struct RandomEndpointTests {
    @Test("an endpoint's JSON is read as an equal endpoint, alone and in a list", arguments: 0..<20)
    func roundTrip(_ seed: Int) throws {
        var generator = MutationTests.Generator(state: UInt64(seed))
        let resources = (0..<100).map { _ in Resource.workloadEndpoint(.random(&generator)) }
        for resource in resources {
            let documents = read(resource.json, allowWideNetworks: true, file: "e.json")
            #expect(documents.map(\.outcome) == [.accepted(resource)], "\(resource.json)")
        }
        let documents = read(ResourceList.json(resources), allowWideNetworks: true, file: "e.json")
        #expect(documents.map(\.outcome) == resources.map { .accepted($0) })
    }
}

extension WorkloadEndpoint {
    fileprivate static func random(_ generator: inout MutationTests.Generator) -> Self {
        let isOlder = Bool.random(using: &generator)
        let pod = name(&generator)
        let namespace = Bool.random(using: &generator) ? name(&generator) : nil
        let interfaceName = name(&generator)
        var metadata = Metadata(
            name: interfaceName, namespace: isOlder ? nil : namespace, labels: labels(&generator),
            annotations: maybe(&generator) { [name(&$0): text(&$0)] } ?? [:],
            creationTimestamp: maybe(&generator) { _ in "2026-01-02T03:04:05Z" }, uid: maybe(&generator, text),
            resourceVersion: maybe(&generator, text), generateName: maybe(&generator, text))
        metadata.otherFields = maybe(&generator, unknownFields) ?? [:]
        let networks = Set((0..<Int.random(in: 0...4, using: &generator)).map { _ in network(&generator) }).sorted()
        let workload = name(&generator)
        var endpoint = WorkloadEndpoint(
            format: isOlder ? .v1 : .v3, metadata: metadata, namespace: namespace, ipNetworks: networks,
            ipNATs: nats(networks, &generator),
            ipv4Gateway: maybe(&generator) { _ in IPAddress(family: .v4, rawValue: 0x0afe_0001) },
            ipv6Gateway: maybe(&generator) { IPAddress(family: .v6, rawValue: 0xfe80 << 112 | UInt128($0.next())) },
            profiles: Set((0..<Int.random(in: 0...3, using: &generator)).map { _ in name(&generator) }).shuffled(
                using: &generator), interfaceName: interface(&generator), mac: maybe(&generator, hardwareAddress),
            ports: ports(&generator), allowSpoofedSourcePrefixes: maybe(&generator) { [network(&$0)] } ?? [],
            otherSpecFields: maybe(&generator, unknownFields) ?? [:],
            otherFields: maybe(&generator, unknownFields) ?? [:])
        endpoint.node = name(&generator)
        if isOlder {
            endpoint.endpoint = interfaceName
            endpoint.orchestrator = ["k8s", "openstack", "cni"].randomElement(using: &generator)
            endpoint.workload = workload
            if endpoint.orchestrator == "k8s" {
                // A namespace has no dots: the rest of the text is the pod's name.
                endpoint.namespace = "ns\(Int.random(in: 0...9, using: &generator))"
                endpoint.pod = pod
                endpoint.workload = "\(endpoint.namespace).\(pod)"
            } else {
                endpoint.namespace = "default"
            }
        } else {
            endpoint.workload = maybe(&generator, name)
            endpoint.orchestrator = maybe(&generator, name)
            endpoint.containerID = maybe(&generator) { "\($0.next())\($0.next())" }
            endpoint.pod = maybe(&generator) { _ in pod }
            endpoint.endpoint = maybe(&generator, name)
            endpoint.serviceAccountName = maybe(&generator, name)
        }
        return endpoint
    }

    private static func nats(_ networks: [IPPrefix], _ generator: inout MutationTests.Generator) -> [IPNAT] {
        networks.enumerated().compactMap { index, network in
            maybe(&generator) { generator in
                // Documentation's networks, which no network here is of.
                let base: UInt128 = network.family == .v4 ? 0xcb00_7100 : 0x2001_0db8 << 96
                return IPNAT(
                    internalIP: network.lastAddress,
                    externalIP: IPAddress(family: network.family, rawValue: base + UInt128(index)),
                    otherFields: maybe(&generator) { ["note": value(&$0, depth: 0)] } ?? [:])
            }
        }
    }

    private static func ports(_ generator: inout MutationTests.Generator) -> [EndpointPort] {
        (0..<Int.random(in: 0...3, using: &generator)).map { index in
            let hostPort = maybe(&generator) { UInt16.random(in: 1...65535, using: &$0) }
            return EndpointPort(
                name: hostPort == nil || Bool.random(using: &generator) ? "\(name(&generator))\(index)" : nil,
                protocol: TransportProtocol.allCases.randomElement(using: &generator) ?? .tcp,
                port: .random(in: 1...65535, using: &generator), hostPort: hostPort,
                hostIP: maybe(&generator) { network(&$0).address },
                otherFields: maybe(&generator) { ["x": value(&$0, depth: 0)] } ?? [:])
        }
    }
}

private func maybe<Value>(
    _ generator: inout MutationTests.Generator, _ make: (inout MutationTests.Generator) -> Value
) -> Value? {
    Bool.random(using: &generator) ? make(&generator) : nil
}

/// A name, often one that YAML 1.1 takes for something else.
private func name(_ generator: inout MutationTests.Generator) -> String {
    let words = [
        "a", "A.b_c-9", "no", "0x1f", "1e3", "12:30:45", "010", "y", "eth0", "1337495556942031415926535", "0.5",
    ]
    let word = words.randomElement(using: &generator) ?? "a"
    return word.replacing(":", with: "-") + String(UInt8.random(in: 0...255, using: &generator))
}

/// Any text but what YAML cannot carry even in an escape.
private func text(_ generator: inout MutationTests.Generator) -> String {
    let scalars: [Unicode.Scalar] = [
        "\"", "\\", "/", "\n", "\r", "\t", "\0", "\u{7f}", "\u{85}", "\u{2028}", "\u{feff}", "é", "\u{1f600}", ":", "#",
        "-", "a", " ", "{", "'", "\u{ffff}", "\u{10ffff}",
    ]
    var text = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 0...8, using: &generator) {
        text.append(scalars.randomElement(using: &generator) ?? "a")
    }
    return String(text)
}

private func labels(_ generator: inout MutationTests.Generator) -> [String: String] {
    maybe(&generator) { [name(&$0): name(&$0), "projectcalico.org/\(name(&$0))": ""] } ?? [:]
}

private func network(_ generator: inout MutationTests.Generator) -> IPPrefix {
    Bool.random(using: &generator)
        ? IPPrefix(
            IPAddress(
                family: .v4, rawValue: 0x0a00_0000 | UInt128(UInt16.random(in: .min ... .max, using: &generator))),
            length: [32, 32, 24, 31].randomElement(using: &generator) ?? 32)
        : IPPrefix(
            IPAddress(family: .v6, rawValue: 0xfd00 << 112 | UInt128(generator.next())),
            length: [128, 128, 127, 64].randomElement(using: &generator) ?? 128)
}

private func interface(_ generator: inout MutationTests.Generator) -> InterfaceName {
    // The force is a test's: these are all valid.
    try! InterfaceName(parsing: "c-\(name(&generator).suffix(10))")
}

private func hardwareAddress(_ generator: inout MutationTests.Generator) -> HardwareAddress {
    let number = generator.next()
    return Bool.random(using: &generator)
        ? .eui48(MACAddress(rawValue: number & ~0x0100_0000_0000 | 1)) : .eui64(number & ~0x0100_0000_0000_0000 | 1)
}

private func unknownFields(_ generator: inout MutationTests.Generator) -> [String: FieldValue] {
    ["x-\(name(&generator))": value(&generator, depth: 0)]
}

/// A value of a field that nobody knows; literals are those of JSON.
private func value(_ generator: inout MutationTests.Generator, depth: Int) -> FieldValue {
    switch Int.random(in: 0..<(depth < 3 ? 4 : 2), using: &generator) {
    case 0: .text(text(&generator))
    case 1:
        .literal(
            ["null", "true", "false", "0", "-1.5e+10", "12345678901234567890"].randomElement(using: &generator) ?? "0")
    case 2: .list((0..<Int.random(in: 0...3, using: &generator)).map { _ in value(&generator, depth: depth + 1) })
    default: .mapping([text(&generator): value(&generator, depth: depth + 1)])
    }
}
