import Conntrack
import NetworkValues
import Nftables
import Resources
import Testing

@testable import Dataplane

private typealias Rule = Nftables.Rule

private func ip(_ text: String) -> IPAddress { try! IPAddress(parsing: text) }

/// The interpreter of our own rules. That it agrees with the kernel, the kernel tests ask the kernel.
struct RuleInterpreterTests {
    private static let packet: PacketSketch = {
        var packet = PacketSketch(
            ConntrackEntry(
                original: ConntrackTuple(
                    source: ip("10.65.0.1"), destination: ip("203.0.113.1"), protocol: 6,
                    transport: .ports(source: 4000, destination: 80)),
                reply: ConntrackTuple(
                    source: ip("10.65.0.2"), destination: ip("10.65.0.1"), protocol: 6,
                    transport: .ports(source: 8080, destination: 4000))))
        packet.inputName = Array("cali1".utf8) + [UInt8](repeating: 0, count: 11)
        packet.outputName = Array("cali2".utf8) + [UInt8](repeating: 0, count: 11)
        return packet
    }()

    /// What becomes of the packet in a base chain with these rules.
    private func outcome(
        _ rules: [Rule], policy: BaseChain.Policy = .accept, others: [String: [Rule]] = [:],
        sets: (inout ObjectBundle) -> Void = { _ in }, _ packet: PacketSketch = packet
    ) -> RuleInterpreter.Outcome {
        var tracker = DataplaneTracker()
        var bundle = ObjectBundle()
        for set in [KnownSet.endpoints, .from, .source4] { tracker.wantSet(set) }
        bundle.add(.endpoints, Value(name("cali1")))
        bundle.add(.from, Value(name("cali1")), target: .verdict(.goto("one")))
        bundle.add(
            ChainDefinition(
                .margay, "base", base: BaseChain(.filter, hook: .forward, priority: 0, policy: policy), rules))
        for (name, rules) in others { bundle.add(ChainDefinition(.margay, name, rules)) }
        sets(&bundle)
        tracker.replace([BundleChange(old: ObjectBundle(), new: bundle)])
        return RuleInterpreter(tracker).outcome(of: packet, at: .forward)
    }

    private func drops(_ matches: Statement..., sets: (inout ObjectBundle) -> Void = { _ in }) -> Bool {
        outcome([Rule(matches + [.drop])], sets: sets) == .drop
    }

    private func port(_ number: UInt16) -> Value { Value(bigEndian: number) }

    @Test func fieldsAreThoseOfThePacketOnItsWay() {
        #expect(drops(.equal(.ipv4Source, Value(ip("10.65.0.1")))))
        #expect(drops(.equal(.ipv4Destination, Value(ip("10.65.0.2")))), "the translated one")
        #expect(!drops(.equal(.ipv4Destination, Value(ip("203.0.113.1")))))
        #expect(drops(.equal(.sourcePort(.tcp), port(4000)), .equal(.destinationPort(.tcp), port(8080))))
        #expect(!drops(.equal(.sourcePort(.udp), port(4000))))
        #expect(drops(.match(.notEqual(.destinationPort(.tcp), port(80)))))
        #expect(!drops(.equal(.ipv6Source, Value(ip("::1")))))
        #expect(drops(.match(.namePrefix(.iifname, "cali"))) && !drops(.match(.namePrefix(.oifname, "tap"))))
        #expect(drops(.match(.conntrackState(.new))) && !drops(.match(.conntrackState([.established, .related]))))
    }

    @Test func networksAndRanges() {
        func network(_ text: String) -> IPPrefix { try! IPPrefix(parsing: text) }
        #expect(drops(.match(.network(.ipv4Source, network("10.64.0.0/14")))))
        #expect(!drops(.match(.network(.ipv4Source, network("10.64.0.0/16")))))
        #expect(drops(.match(.network(.ipv4Source, network("10.64.0.0/16"), isInverted: true))))
        #expect(drops(.match(.network(.ipv4Source, network("10.65.0.1/32")))))
        #expect(drops(.match(.range(.destinationPort(.tcp), PortRange(8080, 8081)!))))
        #expect(!drops(.match(.range(.destinationPort(.tcp), PortRange(8081, 9000)!))))
        #expect(!drops(.match(.range(.destinationPort(.tcp), PortRange(8000, 8080)!, isInverted: true))))
        #expect(drops(.match(.range(.destinationPort(.tcp), PortRange(8081, 9000)!, isInverted: true))))
    }

    @Test func setsOfSingleValuesAndOfRanges() {
        #expect(drops(.lookup(.iifname, in: .endpoints)))
        #expect(!drops(.lookup(.oifname, in: .endpoints)) && drops(.lookup(.oifname, in: .endpoints, inverted: true)))
        func nets(_ texts: [String]) -> (inout ObjectBundle) -> Void {
            { bundle in
                let elements = Intervals(texts.map { try! IPPrefix(parsing: $0) }, family: .v4).elements
                bundle.contentSets[SetID(.margay, "nets")] = .init(
                    definition: NamedSet("nets", key: [.ipv4Address], isInterval: true), elements: elements)
            }
        }
        let inNets = Statement.match(.inSet([.ipv4Source], "nets"))
        for hit in [["10.65.0.1/32"], ["0.0.0.0/0"], ["10.65.0.0/31", "11.0.0.0/8"], ["1.0.0.0/8", "10.65.0.1/32"]] {
            #expect(drops(inNets, sets: nets(hit)), "\(hit)")
        }
        for miss in [["10.65.0.2/32"], ["10.65.0.0/32", "10.65.0.2/31"], ["1.0.0.0/8", "255.0.0.0/8"]] {
            #expect(!drops(inNets, sets: nets(miss)), "\(miss)")
        }
    }

    @Test func setsOfConcatenations() {
        let key: KeyType = [.ipv4Address, .inetProtocol, .inetService]
        func element(_ address: String, _ number: UInt8, _ low: UInt16, _ last: String, _ high: UInt16) -> Element {
            Element(
                ElementKey([Value(ip(address)), Value(octet: number), port(low)]),
                through: ElementKey([Value(ip(last)), Value(octet: number), port(high)]))
        }
        func set(_ elements: [Element], isInterval: Bool) -> (inout ObjectBundle) -> Void {
            { bundle in
                bundle.contentSets[SetID(.margay, "many")] = .init(
                    definition: NamedSet("many", key: key, isInterval: isInterval, size: isInterval ? nil : 8),
                    elements: elements)
            }
        }
        let inSet = Statement.match(
            .inSet([.ipv4Source, .transportProtocol, .destinationPort(.tcp)], "many"))
        let single = Element(ElementKey([Value(ip("10.65.0.1")), Value(octet: 6), port(8080)]))
        #expect(drops(inSet, sets: set([single], isInterval: false)))
        let ranges = element("10.0.0.0", 6, 8000, "10.255.255.255", 8100)
        #expect(drops(inSet, sets: set([ranges], isInterval: true)))
        let others = [
            element("10.0.0.0", 6, 80, "10.255.255.255", 8000), element("10.0.0.0", 17, 0, "10.255.255.255", 0xffff),
            element("11.0.0.0", 6, 0, "11.0.0.1", 0xffff),
        ]
        #expect(!drops(inSet, sets: set(others, isInterval: true)))
    }

    @Test func verdictsLeadAsTheKernelFollowsThem() {
        #expect(outcome([]) == .accept)
        #expect(outcome([], policy: .drop) == .drop)
        #expect(outcome([Rule(.vmap(.iifname, .from)), Rule(.drop)], others: ["one": [Rule(.accept)]]) == .accept)
        #expect(outcome([Rule(.vmap(.oifname, .from)), Rule(.drop)], others: ["one": [Rule(.accept)]]) == .drop)
        // What is gone to does not come back, what is jumped to does.
        #expect(outcome([Rule(.goto("a")), Rule(.drop)], others: ["a": []]) == .accept)
        #expect(outcome([Rule(.jump("a")), Rule(.drop)], others: ["a": []]) == .drop)
        #expect(
            outcome([Rule(.jump("a")), Rule(.accept)], others: ["a": [Rule(.verdict(.return)), Rule(.drop)]]) == .accept
        )
        #expect(
            outcome(
                [Rule(.jump("a")), Rule(.drop)], others: ["a": [Rule(.goto("b")), Rule(.accept)], "b": []]) == .drop)
        #expect(outcome([Rule(.counter), Rule(.log(prefix: "x"), .counter, .drop)]) == .drop)
    }

    /// Whatever cannot be told leaves the flow alone, unless the packet does not get there.
    @Test func whatIsNotKnownIsNotGuessed() {
        let unknown = [Rule(.lookup(.iifname, .etherSource, .ipv4Source, in: .source4), .drop)]
        #expect(outcome(unknown) == .unknown)
        #expect(outcome([Rule(.equal(.sourcePort(.udp), port(1))), Rule(.accept)] + unknown) == .accept)
        #expect(outcome([Rule(.goto("nowhere"))]) == .unknown)
        #expect(outcome([Rule(.match(.inSet([.iifname], "nowhere")), .drop)]) == .unknown)
        #expect(outcome([Rule(.jump("a"))], others: ["a": [Rule(.jump("a"))]]) == .unknown)
        // GRE's keys are not its first octets.
        let gre = PacketSketch(
            ConntrackEntry(
                original: ConntrackTuple(
                    source: ip("10.65.0.1"), destination: ip("10.65.0.2"), protocol: 47,
                    transport: .ports(source: 1, destination: 2)),
                reply: ConntrackTuple(
                    source: ip("10.65.0.2"), destination: ip("10.65.0.1"), protocol: 47,
                    transport: .ports(source: 2, destination: 1))))
        #expect(gre.bytes(.transport, offset: 0, length: 2) == [nil, nil])
    }
}
