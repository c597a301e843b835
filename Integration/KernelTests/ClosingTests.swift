import Dataplane
import NetworkValues
import Testing

/// Connections that run already end with their endpoint, in both directions.
struct ClosingTests: PolicySuite {
    let scene: PolicyScene

    init() throws {
        scene = try PolicyScene()
    }

    enum End: CaseIterable {
        case removed, unenforceable
    }

    @Test(arguments: End.allCases)
    func runningConnectionsEndWithTheEndpoint(end: End) throws {
        let host = try host(["open"], ["open"])
        let (question, answer) = (datagram(outside, own, 7), IPPacket.udp(from: own, 7, to: outside, 4000))
        for _ in 1...2 {
            #expect(try arriving([question], .fromOutside, expecting: [0]) == [0])
            #expect(try arriving([answer], .toOutside, expecting: [0]) == [0])
        }
        let passed = try host.counts(in: "to-cali1")
        switch end {
        case .removed: host.removeEndpoint("one")
        case .unenforceable:
            try host.take([ResourceText.endpoint("one", "cali1", mac: "02:00:00:00:00:01:00:02", ["10.65.0.1"])])
        }
        try host.update()
        // Established as they are: only the first packet was judged.
        #expect(passed == [1])
        #expect(try arriving([answer], .toOutside, expecting: []) == [])
        #expect(try arriving([question], .fromOutside, expecting: []) == [])
        #expect(try !host.ruleset().contains("02:00:00:00:00:01 "))
    }
}
