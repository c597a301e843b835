import NetworkValues
import Resources
import Routing
import Testing

@testable import Dataplane

private func prefix(_ text: String) -> IPPrefix { try! IPPrefix(parsing: text) }

private func hostLink(_ link: String, _ index: UInt32, _ networks: String...) -> HostLink {
    HostLink(
        name: name(link), index: index, hardwareAddress: MACAddress(rawValue: 0x0200_0000_ff00 + UInt64(index)),
        networks: Set(networks.map(prefix)))
}

/// Which of the host's links external addresses are announced on, and what is said of those that are not.
struct AnnouncementTests {
    private var kernel = FakeKernel()
    private var model = DataplaneModel(options: DataplaneOptions(node: "node1", announcesExternals: true))
    private var facts = HostFacts()

    init() {
        facts.forwarding = [.v4, .v6]
        facts.links = [
            hostLink("eth0", 2, "192.0.2.0/24", "2001:db8:1::/64"), hostLink("eth1", 3, "203.0.113.0/24"),
            hostLink("bond0", 4, "203.0.113.0/25"), hostLink("tap7", 5, "198.51.100.0/24"),
            hostLink("cali9", 6, "198.51.100.0/24"),
        ]
        facts.addresses = [address("192.0.2.1")!, address("203.0.113.1")!]
        model.put(profile("open", ingress: [Rule(action: .allow)]))
        model.setInterface(up(7), for: name("cali1"))
    }

    private mutating func program(_ externals: String..., as endpointName: String = "web") throws {
        model.put(
            endpoint(
                endpointName, "cali1", ["10.65.0.2", "2001:db8::2"],
                nats: externals.map { ($0.contains(":") ? "2001:db8::2" : "10.65.0.2", $0) }))
        model.setHost(facts)
        try model.reconcile(with: &kernel)
    }

    private var proxies: [String] {
        kernel.snapshot.neighbours.filter(\.key.isProxy).map {
            "\($0.key.address) \($0.key.interfaceIndex) \($0.value)"
        }
        .sorted()
    }

    private func proxyNDP(_ link: String) -> String? {
        kernel.snapshot.sysctls[.interface(name(link), .v6, .proxyNDP)]
    }

    @Test mutating func anExternalIsAnnouncedOnEveryLinkOfItsNetworkAndOnNoOther() throws {
        try program("203.0.113.7")
        #expect(proxies == ["203.0.113.7 3 proxy", "203.0.113.7 4 proxy"])
        #expect(proxyNDP("eth1") == nil)
        #expect(model.state("web")?.reason == "")
        #expect(model.notices == [])
        try program("203.0.113.200", "192.0.2.200")
        #expect(proxies == ["192.0.2.200 2 proxy", "203.0.113.200 3 proxy"])
        try program()
        #expect(proxies == [])
    }

    @Test mutating func ofIPv6TheLinkHeedsProxyEntriesThen() throws {
        try program("2001:db8:1::7")
        #expect(proxies == ["2001:db8:1::7 2 proxy"])
        #expect(proxyNDP("eth0") == "1")
        #expect(proxyNDP("eth1") == nil)
        // Another endpoint's needs it still.
        model.put(
            endpoint("other", "cali2", mac: nil, ["2001:db8::3"], nats: [("2001:db8::3", "2001:db8:1::8")]))
        model.setInterface(up(8), for: name("cali2"))
        try program()
        try program()
        #expect(model.tracker.sysctls.desired(.interface(name("eth0"), .v6, .proxyNDP)) == "1")
        #expect(proxies == ["2001:db8:1::8 2 proxy"])
    }

    @Test mutating func workloadsLinksAreNotTheHosts() throws {
        try program("198.51.100.7")
        #expect(proxies == ["198.51.100.7 5 proxy"])
        // An endpoint claims the link that has no workload prefix, and lets go of it.
        model.put(endpoint("tap", "tap7", mac: nil, ["10.65.0.7"]))
        try model.reconcile(with: &kernel)
        #expect(proxies == [])
        #expect(
            model.state("web")?.reason
                == "198.51.100.7 is not announced: it is in no network of the host's links, so something else must route "
                + "it here")
        #expect(model.state("web")?.phase == .up)
        model.remove(ResourceKey(kind: .workloadEndpoint, namespace: "default", name: "tap"))
        try model.reconcile(with: &kernel)
        #expect(proxies == ["198.51.100.7 5 proxy"])
    }

    @Test mutating func theHostsOwnAddressIsNotAnnounced() throws {
        try program("203.0.113.1", "100.64.0.1", "100.64.0.2")
        #expect(proxies == [])
        let state = try #require(model.state("web"))
        #expect(state.phase == .up)
        #expect(state.reason.contains("203.0.113.1 is an address of the host itself: not announced"))
        #expect(state.reason.contains("100.64.0.1, 100.64.0.2 are not announced"))
    }

    @Test mutating func aLinkThatComesOrGoesIsFollowed() throws {
        try program("203.0.113.7")
        facts.links?.removeAll { $0.index == 4 }
        model.setHost(facts)
        try model.reconcile(with: &kernel)
        #expect(proxies == ["203.0.113.7 3 proxy"])
        facts.links?.append(hostLink("eth4", 9, "203.0.112.0/23"))
        model.setHost(facts)
        try model.reconcile(with: &kernel)
        #expect(proxies == ["203.0.113.7 3 proxy", "203.0.113.7 9 proxy"])
    }

    @Test mutating func anEndpointWhoseInterfaceIsDownIsNotAnnounced() throws {
        try program("203.0.113.200")
        #expect(proxies.count == 1)
        model.setInterface(InterfaceState(index: 7, isUp: false, isRunning: false), for: name("cali1"))
        try model.reconcile(with: &kernel)
        #expect(proxies == [])
    }

    @Test mutating func whoDoesNotAnnounceIsToldOnce() throws {
        model = DataplaneModel(options: options)
        model.setInterface(up(7), for: name("cali1"))
        #expect(!model.hostQuestion.announcing)
        try program("203.0.113.7")
        #expect(!model.hostQuestion.announcing)
        #expect(proxies == [])
        #expect(model.state("web")?.reason == "profile open does not exist and allows nothing")
        #expect(
            model.notices == [
                "nat.announce is false: the network must route 1 external address here"
            ])
        try program("203.0.113.7", "203.0.113.8")
        #expect(model.notices == ["nat.announce is false: the network must route 2 external addresses here"])
        try program()
        #expect(model.notices == [])
    }

    @Test mutating func theHostIsLookedAtForEndpointsWithExternals() throws {
        #expect(!model.hostQuestion.announcing)
        try program("203.0.113.7")
        #expect(model.hostQuestion.announcing && !model.needsHost)
        #expect(model.announced(kernel.snapshot.neighbours.keys).map(\.interfaceIndex).sorted() == [3, 4])
        try program()
        #expect(!model.hostQuestion.announcing)
    }

    // MARK: Which events count

    private func link(_ link: String, _ index: UInt32, flags: LinkFlags = [.up, .running], mac: UInt64? = nil) -> Link {
        Link(
            index: index, name: link, flags: flags,
            hardwareAddress: MACAddress(rawValue: mac ?? 0x0200_0000_ff00 + UInt64(index)).octets)
    }

    @Test mutating func eventsOfTheHostsLinksCountAndNoOthers() throws {
        try program("203.0.113.7")
        #expect(!model.announces(on: link("eth0", 2), removed: false))
        #expect(model.announces(on: link("eth0", 2), removed: true))
        #expect(model.announces(on: link("eth0", 2, flags: .up), removed: false))
        #expect(model.announces(on: link("eth0", 2, mac: 7), removed: false))
        #expect(model.announces(on: link("uplink", 2), removed: false))
        #expect(model.announces(on: link("eth8", 20), removed: false))
        #expect(!model.announces(on: link("eth8", 20, flags: .up), removed: false))
        #expect(!model.announces(on: link("eth8", 20), removed: true))
        #expect(!model.announces(on: link("cali20", 20), removed: false))
        func event(_ text: String) -> InterfaceAddress {
            InterfaceAddress(interfaceIndex: 2, local: address(text)!, prefix: IPPrefix(address(text)!, length: 24))
        }
        #expect(model.announces(by: event("203.0.113.3")) && model.announces(by: event("2001:db8::3")))
        #expect(!model.announces(by: event("fe80::3")))
        try program()
        #expect(!model.announces(by: event("203.0.113.3")))
        #expect(!model.announces(on: link("eth0", 2), removed: true))
    }

    @Test func linksOfTheHostAreEthernetThatRunsAndConnectsOthers() {
        func at(_ index: UInt32, _ text: String, _ network: String) -> InterfaceAddress {
            InterfaceAddress(interfaceIndex: index, local: address(text)!, prefix: prefix(network))
        }
        var tunnel = link("wg0", 6)
        tunnel.hardwareType = 65534
        let found = HostLink.connecting(
            [
                link("eth0", 2), link("eth1", 3, flags: .up), link("lo", 4, flags: [.up, .running, .loopback]),
                link("dummy0", 5, flags: [.up, .running, .noARP]), tunnel, link("eth7", 7), link("eth8", 8),
            ],
            [
                at(2, "192.0.2.1", "192.0.2.0/24"), at(2, "2001:db8::1", "2001:db8::/64"),
                at(2, "fe80::1", "fe80::/64"),
                at(3, "192.0.2.1", "192.0.2.0/24"), at(4, "127.0.0.1", "127.0.0.0/8"),
                at(5, "192.0.2.1", "192.0.2.0/24"), at(6, "192.0.2.1", "192.0.2.0/24"),
                at(7, "192.0.2.1", "192.0.2.1/32"), at(8, "fe80::1", "fe80::/64"),
            ])
        #expect(found == [hostLink("eth0", 2, "192.0.2.0/24", "2001:db8::/64")])
    }
}
