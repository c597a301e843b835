import NetworkValues
import TestSupport
import Testing

@testable import Netlink
@testable import Routing

/// Mutated links, addresses, routes and neighbours: each is an event, no event or a malformed message.
struct RoutingFuzzTests {
    static let corpus = [
        "links", "addresses", "routes4", "routes6", "neighbours", "proxies4", "proxies6",
    ].flatMap { messages(of: $0) }

    @Test func everyMessageIsAnEventOrMalformed() {
        let problem = Fuzz("routing", rounds: 30_000, corpus: Self.corpus).run { bytes in
            withAlignedBytes(bytes) { bytes in
                var reader = MessageReader(bytes)
                do throws(NetlinkError) {
                    while let message = try reader.next() {
                        _ = try Link(message, withStatistics: true)
                        guard let event = try RoutingEvent(message) else { continue }
                        if let problem = Self.contradiction(in: event) { return problem }
                    }
                } catch {
                    guard case .malformed = error.code else { return "another error: \(error)" }
                }
                return nil
            }
        }
        #expect(problem == nil)
    }

    /// The captures are what they are taken for: otherwise nothing was tried.
    @Test func theKernelsOwnMessagesAreEvents() throws {
        let events = try Self.corpus.compactMap { bytes in
            try withAlignedBytes(bytes) { bytes in
                var reader = MessageReader(bytes)
                guard let message = try reader.next() else { return RoutingEvent?.none }
                return try RoutingEvent(message)
            }
        }
        #expect(events.count == Self.corpus.count && events.count > 30)
    }

    /// A value that came from outside can be used wherever ours can: shown, compared, and asked of the kernel again.
    private static func contradiction(in event: RoutingEvent) -> String? {
        var batch = MessageBatch()
        switch event {
        case .route(let route, _):
            RoutingChange.deleteRoute(route).append(to: &batch)
            guard route.destination.length <= (route.family == .v4 ? 32 : 128) else { return "\(route)" }
        case .neighbour(let neighbour, _): RoutingChange.deleteNeighbour(neighbour).append(to: &batch)
        case .address(let address, _):
            guard address.prefix.family == address.local.family else { return "\(address)" }
        default: break
        }
        return "\(event)".isEmpty ? "no description" : nil
    }
}
