import NetworkValues
import Resources
import Testing

@testable import Dataplane

/// Endpoints on interfaces without Ethernet frames.
struct LinkLayerTests {
    private var kernel = FakeKernel()
    private var model = DataplaneModel(options: options)

    init() {
        model.put(profile("open"))
    }

    private static let tun = LinkLayer(
        hardwareType: 65534, addressLength: 0, isEthernet: false, resolvesNeighbours: false)
    private static let others = [
        tun, LinkLayer(hardwareType: 24, addressLength: 8, isEthernet: false, resolvesNeighbours: true),
        LinkLayer(hardwareType: 32, addressLength: 20, isEthernet: false, resolvesNeighbours: true),
        LinkLayer(hardwareType: 1, addressLength: 6, isEthernet: false, resolvesNeighbours: false),
    ]

    private func on(_ layer: LinkLayer) -> InterfaceState {
        InterfaceState(index: 7, isUp: true, isRunning: true, layer: layer)
    }

    @Test(arguments: others)
    mutating func aMACThatNoFrameHasClosesTheEndpoint(layer: LinkLayer) throws {
        model.put(endpoint("web", "cali1", ["10.65.0.2", "2001:db8::2"], nats: [("10.65.0.2", "203.0.113.2")]))
        model.setInterface(on(layer), for: name("cali1"))
        try model.reconcile(with: &kernel)
        #expect(model.state("web")?.phase == .blocked && model.state("web")?.filter == .unenforceable)
        #expect(model.state("web")?.networks == [.pending, .pending])
        for set: KnownSet in [.source4, .source6, .macs, .bare, .arpSender, .arpProbe, .dnat4, .snat4] {
            #expect(model.wanted(set).isEmpty)
        }
        // Closed is what is an endpoint's; and nothing asks the kernel for a neighbour that it refuses.
        #expect(model.wanted(.endpoints).count == 1)
        #expect(kernel.snapshot.neighbours.isEmpty)
        #expect(model.wantedRoutes() == ["169.254.1.1/32 1"])
    }

    @Test mutating func theReasonNamesTheLinkAndTheRemedy() throws {
        model.put(endpoint("web", "cali1", ["10.65.0.2"]))
        model.setInterface(on(Self.tun), for: name("cali1"))
        try model.reconcile(with: &kernel)
        #expect(
            model.state("web")?.reason
                == "cali1 is link/none (no addresses), without Ethernet frames, so MAC 02:00:00:00:00:01 cannot be "
                + "enforced: nothing may leave; remove mac, or give the workload an Ethernet interface")
        #expect(
            Self.others.map(\.description) == [
                "link/none (no addresses)", "link/ieee1394 (8-octet addresses)", "link/infiniband (20-octet addresses)",
                "link/ether (a TUN device)",
            ])
        let unknown = LinkLayer(hardwareType: 4711, addressLength: 4, isEthernet: false, resolvesNeighbours: false)
        #expect("\(unknown)" == "link/[4711] (4-octet addresses)")
    }

    @Test mutating func itOpensWithAnEthernetInterfaceAndClosesAgain() throws {
        model.put(endpoint("web", "cali1", ["10.65.0.2"]))
        model.setInterface(on(Self.tun), for: name("cali1"))
        try model.reconcile(with: &kernel)
        model.setInterface(up(8), for: name("cali1"))
        try model.reconcile(with: &kernel)
        #expect(model.state("web")?.phase == .up && model.state("web")?.filter == .enforced)
        #expect(kernel.snapshot.neighbours.count == 1)
        // The same interface under another type.
        model.setInterface(on(Self.others[1]), for: name("cali1"))
        try model.reconcile(with: &kernel)
        #expect(model.state("web")?.phase == .blocked)
        #expect(kernel.snapshot.neighbours.isEmpty)
    }

    @Test mutating func withoutAMACAddressesAreChecked() throws {
        model.put(endpoint("web", "cali1", mac: nil, ["10.65.0.2", "2001:db8::2"]))
        model.setInterface(on(Self.tun), for: name("cali1"))
        try model.reconcile(with: &kernel)
        #expect(model.state("web")?.phase == .up && model.state("web")?.filter == .absent)
        #expect(model.state("web")?.reason == "")
        #expect(model.wanted(.bare4).count == 1 && model.wanted(.bare6).count == 1)
    }

    @Test mutating func whereAForeignKindOfARPIsSpokenThatIsSaid() throws {
        model.put(endpoint("web", "cali1", mac: nil, ["10.65.0.2"]))
        model.setInterface(on(Self.others[1]), for: name("cali1"))
        try model.reconcile(with: &kernel)
        #expect(model.state("web")?.phase == .up)
        #expect(
            model.state("web")?.reason
                == "cali1 is link/ieee1394 (8-octet addresses): its ARP is dropped, so IPv4 reaches it only by "
                + "neighbour entries that you add")
        model.put(endpoint("web", "cali1", mac: nil, ["2001:db8::2"]))
        try model.reconcile(with: &kernel)
        #expect(model.state("web")?.reason == "")
    }
}
