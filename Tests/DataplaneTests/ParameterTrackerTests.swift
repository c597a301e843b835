import NetworkValues
import TestSupport
import Testing

@testable import Dataplane

struct ParameterTrackerTests {
    private static let names = ["cali1", "cali10", "cali2", "a", "eth0.7", "cali0123456789a"]

    private static let ids: [SysctlID] =
        names.flatMap { text in
            IPFamily.allCases.flatMap { family in SysctlID.Key.allCases.map { .interface(name(text), family, $0) } }
        } + [.forwarding(.v6), .forwarding(.v4)]

    @Test func parametersAreSetInTheOrderInWhichTheyAreHarmless() {
        var tracker = ParameterTracker()
        for (place, id) in Self.ids.shuffled().enumerated() {
            tracker.setDesired(["0", "1", "2"][place % 3], for: id)
        }
        let sorted = tracker.updates.map(\.id)
        #expect(sorted == Self.ids.sorted())
        // Whose advertisements are refused comes before anything forwards, and the switches come last.
        let paths = sorted.map(\.path)
        let first = paths.prefix { $0.hasSuffix("/accept_ra") }
        #expect(
            first.count == Self.names.count * 2 && !paths.dropFirst(first.count).contains { $0.hasSuffix("/accept_ra") }
        )
        #expect(paths.suffix(2) == ["ipv4/ip_forward", "ipv6/conf/all/forwarding"])
        let forwarding = paths.filter { $0.hasPrefix("ipv4/conf/") && $0.hasSuffix("/forwarding") }
        #expect(forwarding == Self.names.sorted().map { "ipv4/conf/\($0)/forwarding" })
        #expect(paths.contains("ipv6/neigh/eth0.7/proxy_delay"))
    }

    /// Whatever happens, it says what a table of single parameters says.
    @Test(arguments: UInt64(0)..<20) func itIsATableOfParameters(_ seed: UInt64) {
        var numbers = SplitMix(seed: seed)
        var tracker = ParameterTracker()
        var table = DeltaTracker<SysctlID, String>()
        let values: [String?] = ["0", "1", "1", "0", "2", nil, nil]
        for _ in 0..<400 {
            let id = Self.ids.randomElement(using: &numbers) ?? .forwarding(.v4)
            let value = values.randomElement(using: &numbers) ?? nil
            let interface = name(Self.names.randomElement(using: &numbers) ?? "a")
            let parameters = EndpointParameters(
                interface: interface, takesForeignSources: .random(using: &numbers), hasIPv6: .random(using: &numbers))
            switch Int.random(in: 0..<8, using: &numbers) {
            case 0...2:
                tracker.setDesired(value, for: id)
                table.setDesired(value, for: id)
            case 3...4:
                tracker.setActual(value, for: id)
                table.setActual(value, for: id)
            case 5:
                tracker.want(parameters.switches, for: interface)
                for id in parameters.ids { table.setDesired(id.isOnForEndpoints ? "1" : "0", for: id) }
            case 6:
                tracker.drop(parameters.switches, of: interface)
                for id in parameters.ids {
                    table.setDesired(nil, for: id)
                    table.setActual(nil, for: id)
                }
            default:
                tracker.forgetActual(of: interface)
                for id in Self.ids where id.interface == interface { table.setActual(nil, for: id) }
            }
            #expect(tracker.hasPending == table.hasPending)
        }
        for id in Self.ids {
            #expect(tracker.desired(id) == table.desired(id) && tracker.actual(id) == table.actual(id), "\(id)")
            #expect(tracker.isSettled(id) == table.isSettled(id), "\(id)")
        }
        #expect(tracker.pendingUpdates == table.pendingUpdates)
        #expect(tracker.updates.map(\.id) == table.pendingUpdates.keys.sorted())
        #expect(
            tracker.updates.allSatisfy { table.pendingUpdates[$0.id] == $0.value }
                && tracker.updates.count == table.pendingUpdates.count)
        #expect(
            Dictionary(tracker.pendingDeletions.map { ($0.key, $0.value) }) { $1 }
                == Dictionary(table.pendingDeletions.map { ($0.key, $0.value) }) { $1 })
        #expect(Set(tracker.desiredKeys) == Set(table.desiredKeys) && Set(tracker.actualKeys) == Set(table.actualKeys))
        #expect(tracker.actualCount == table.actualCount)
        for id in Self.ids { tracker.drop(id) }
        #expect(!tracker.hasPending && tracker.actualCount == 0 && tracker.desiredKeys.isEmpty)
    }
}

extension SysctlID {
    /// Whether an endpoint that asks for it asks for 1.
    fileprivate var isOnForEndpoints: Bool {
        guard case .interface(_, _, let key) = self else { return false }
        return [.forwarding, .proxyARP, .proxyNDP].contains(key)
    }
}
