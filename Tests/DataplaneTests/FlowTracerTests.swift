import NetworkValues
import Nftables
import Resources
import Testing

@testable import Dataplane

private typealias Rule = Nftables.Rule

private func ip(_ text: String) -> IPAddress { try! IPAddress(parsing: text) }
private func interface(_ text: String) -> InterfaceName { try! InterfaceName(parsing: text) }

/// First packets through chains, and the rules that they match on their way.
struct FlowTracerTests {
    private static let packet = FirstPacket(
        from: ip("10.65.0.1"), to: ip("10.65.0.2"), protocol: 17, destinationPort: 53, input: interface("cali1"),
        output: interface("cali2"), mac: MACAddress(rawValue: 0x0200_0000_0001))

    private func tracker(_ chains: [ChainDefinition], sets: (inout ObjectBundle) -> Void = { _ in }) -> DataplaneTracker
    {
        var tracker = DataplaneTracker()
        var bundle = ObjectBundle()
        for set in [KnownSet.endpoints, .from, .source4, .dnat4] { tracker.wantSet(set) }
        for chain in chains { bundle.add(chain) }
        sets(&bundle)
        tracker.replace([BundleChange(old: ObjectBundle(), new: bundle)])
        return tracker
    }

    private func base(_ rules: Rule..., kind: BaseChain.Kind = .filter, hook: BaseChain.Hook = .forward)
        -> ChainDefinition
    {
        ChainDefinition(.margay, "base", base: BaseChain(kind, hook: hook, priority: 0), rules)
    }

    private func trace(
        _ rules: Rule..., others: [String: [Rule]] = [:], packet: FirstPacket = packet,
        sets: (inout ObjectBundle) -> Void = { _ in }
    ) -> ChainTrace {
        let chains =
            [ChainDefinition(.margay, "base", base: BaseChain(.filter, hook: .forward, priority: 0), rules)]
            + others.map { ChainDefinition(.margay, $0.key, $0.value) }
        let traces = FlowTracer(tracker(chains, sets: sets), isActual: false).filter(packet, at: .forward)
        return traces.first ?? ChainTrace(baseChain: "", steps: [], outcome: .unknown(.depth), isPolicy: false)
    }

    private func path(_ trace: ChainTrace) -> [String] {
        trace.steps.map { "\($0.chain)[\($0.index)] \($0.verdict?.description ?? "-")" }
    }

    private func port(_ number: UInt16) -> Value { Value(bigEndian: number) }

    @Test func theRulesThatMatchAreTheWay() {
        let trace = trace(
            Rule(.equal(.sourcePort(.tcp), port(1)), .drop), Rule(.log(prefix: "x")), Rule(.jump("a")),
            Rule(.accept, comment: "end"),
            others: ["a": [Rule(.counter), Rule(.verdict(.return)), Rule(.drop)]])
        #expect(path(trace) == ["base[1] -", "base[2] jump a", "a[0] -", "a[1] return", "base[3] accept"])
        #expect(trace.outcome == .accept && !trace.isPolicy && trace.steps.last?.rule.comment == "end")
        let ended = self.trace(Rule(.goto("a")), Rule(.drop), others: ["a": []])
        #expect(path(ended) == ["base[0] goto a"] && ended.outcome == .accept && ended.isPolicy)
    }

    /// One octet that differs decides, whatever the others are.
    @Test func whatIsLeftOpenMattersOnlyWhereItDecides() {
        let dns: [Statement] = [.equal(.sourcePort(.udp), port(4000)), .equal(.destinationPort(.udp), port(53))]
        let dhcp: [Statement] = [.equal(.sourcePort(.udp), port(68)), .equal(.destinationPort(.udp), port(67))]
        #expect(trace(Rule(dhcp + [.drop])).outcome == .accept)
        #expect(trace(Rule(dns + [.drop])).outcome == .unknown(.packet("the source port")))
        #expect(trace(Rule(.match(.notEqual(.destinationPort(.udp), port(67))), .drop)).outcome == .drop)
        #expect(
            trace(Rule(.match(.range(.sourcePort(.udp), PortRange(1, 9)!)), .drop)).outcome
                == .unknown(.packet("the source port")))
        var packet = Self.packet
        (packet.sourcePort, packet.destinationPort) = (4000, nil)
        #expect(trace(Rule(dns + [.drop]), packet: packet).outcome == .unknown(.packet("the port")))
        packet.destinationPort = 53
        #expect(trace(Rule(dns + [.drop]), packet: packet).outcome == .drop)
        packet.protocol = 1
        #expect(
            trace(Rule(.equal(.icmpType, Value(octet: 8)), .drop), packet: packet).outcome
                == .unknown(.packet("the ICMP type")))
        (packet.icmpType, packet.icmpCode) = (8, 0)
        #expect(trace(Rule(.equal(.icmpType, Value(octet: 8)), .drop), packet: packet).outcome == .drop)
    }

    /// The source filter's own fields: frame, hardware type, fragments, extension headers.
    @Test func theFrameIsTheEndpointsOwn() {
        let mac = Value(MACAddress(rawValue: 0x0200_0000_0001))
        func source(_ mac: Value) -> (inout ObjectBundle) -> Void {
            { $0.add(.source4, Value(interface("cali1")), mac, Value(ip("10.65.0.1"))) }
        }
        let rule = Rule(.lookup(.iifname, .etherSource, .ipv4Source, in: .source4), .drop)
        #expect(trace(rule, sets: source(mac)).outcome == .drop)
        #expect(trace(rule, sets: source(Value(MACAddress(rawValue: 1)))).outcome == .accept)
        var packet = Self.packet
        packet.hardwareType = 65534
        #expect(trace(rule, packet: packet, sets: source(mac)).outcome == .accept)
        #expect(trace(Rule(.equal(.ipv4FragmentOffset, port(0)), .drop)).outcome == .drop)
        let packet6 = FirstPacket(from: ip("fe80::1"), to: ip("fe80::2"), protocol: 6)
        #expect(trace(Rule(.equal(.fragmentNextHeader, Value(octet: 0)), .drop), packet: packet6).outcome == .accept)
        #expect(trace(Rule(.equal(.ipv6NextHeader, .tcp), .drop), packet: packet6).outcome == .drop)
    }

    @Test func aLimitDecidesNothingThatAnybodyCouldForesee() {
        let limit = Statement.limit(perSecond: 10, burst: 5)
        #expect(trace(Rule(limit, .log(prefix: "x")), Rule(.drop)).outcome == .drop)
        #expect(trace(Rule(limit, .accept), Rule(.drop)).outcome == .unknown(.rate))
    }

    @Test func networksWithTheirFamily() {
        func set(_ networks: [String]) -> (inout ObjectBundle) -> Void {
            { bundle in
                bundle.contentSets[SetID(.margay, "nets")] = .init(
                    definition: NamedSet("nets", key: [.networkProtocol, .ipv4Address], isInterval: true),
                    elements: networks.map { text in
                        let network = try! IPPrefix(parsing: text)
                        return Element(
                            ElementKey([.nfprotoIPv4, Value(network.address)]),
                            through: ElementKey([.nfprotoIPv4, Value(network.lastAddress)]))
                    })
            }
        }
        let rule = Rule(.match(.inSet([.networkProtocol, .ipv4Destination], "nets")), .drop)
        for hit in [["10.65.0.2/32"], ["0.0.0.0/0"], ["1.0.0.0/8", "10.65.0.0/24", "11.0.0.0/8"]] {
            #expect(trace(rule, sets: set(hit)).outcome == .drop, "\(hit)")
        }
        for miss in [[], ["10.65.0.0/31"], ["1.0.0.0/8", "10.65.1.0/24"]] {
            #expect(trace(rule, sets: set(miss)).outcome == .accept, "\(miss)")
        }
    }

    @Test func addressesAreTranslatedByTheMapsThatAreThere() {
        let rule = Rule(.translate(.destination, .ipv4, [.ipv4Destination], map: KnownSet.dnat4.name))
        let tracker = tracker([base(rule, kind: .nat, hook: .prerouting)]) {
            $0.add(.dnat4, Value(ip("203.0.113.2")), target: .data(MapData(Value(ip("10.65.0.2")))))
        }
        let tracer = FlowTracer(tracker, isActual: false)
        var packet = Self.packet
        #expect(tracer.translation(of: packet, at: .prerouting) == nil)
        packet.destination = ip("203.0.113.2")
        #expect(tracer.translation(of: packet, at: .prerouting)?.outcome == .translated(ip("10.65.0.2")))
        #expect(tracer.translation(of: packet, at: .output) == nil)
        #expect(FlowTracer(tracker, isActual: true).translation(of: packet, at: .prerouting) == nil)
    }

    /// What was read decides when that is asked, and what is wanted otherwise.
    @Test func theTwoRulesetsAreRunApart() {
        var tracker = tracker([base(Rule(.lookup(.iifname, in: .endpoints), .drop))]) {
            $0.add(.endpoints, Value(interface("cali1")))
        }
        func outcome(isActual: Bool) -> ChainTrace.Outcome? {
            FlowTracer(tracker, isActual: isActual).filter(Self.packet, at: .forward).first?.outcome
        }
        #expect(outcome(isActual: false) == .drop && outcome(isActual: true) == nil)
        let id = ChainID(.margay, "base")
        tracker.observe(id, tracker.chains.desired(id))
        #expect(outcome(isActual: true) == .unknown(.missingSet("endpoints")))
        tracker.observe(KnownSet.endpoints.id, tracker.sets.desired(KnownSet.endpoints.id))
        #expect(outcome(isActual: true) == .accept)
        let element = ElementID(KnownSet.endpoints.id, Element(ElementKey([Value(interface("cali1"))])))
        tracker.elements.setActual(Element.Target.none, for: element)
        #expect(outcome(isActual: true) == .drop)
        // A set of somebody's, whose type is not understood.
        tracker.observe(KnownSet.endpoints.id, NamedSet("endpoints", key: []))
        #expect(outcome(isActual: true) == .unknown(.missingSet("endpoints")))
    }
}
