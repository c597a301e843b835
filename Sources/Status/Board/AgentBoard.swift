package import Resources
import Synchronization

/// What the reconcile loop says about itself, for whoever may not wait for it: health, metrics, systemd, `margay wait`.
///
/// The loop writes here whenever it gets on. Reading takes no more than a lock that is never held for long, so that an
/// answer comes while an apply is under way, and also when a call to the kernel never returns.
package final class AgentBoard: Sendable {
    private struct Contents: Sendable {
        var overview: AgentOverview
        var endpoints: [ResourceKey: EndpointStanding] = [:]
        var counts: [StatusReport.Endpoint.State: Int] = [:]
        var notices: [String: Notices] = [:]
        var report: StatusReport?
        var followers: [Int: AsyncStream<Void>.Continuation] = [:]
        var nextFollower = 0

        var sortedNotices: [String] { notices.sorted { $0.key < $1.key }.flatMap(\.value.texts) }
        var sortedRemarks: [String] { notices.sorted { $0.key < $1.key }.compactMap(\.value.inShort) }

        mutating func count(_ state: StatusReport.Endpoint.State, _ difference: Int) {
            let sum = counts[state, default: 0] + difference
            counts[state] = sum == 0 ? nil : sum
        }
    }

    /// What one part of the agent has to say.
    private struct Notices: Sendable {
        var texts: [String]
        /// The same in a few words.
        var inShort: String?
    }

    /// The node's name.
    let node: String
    /// `directory /etc/margay/resources.d`, as people know the source.
    private let sourceName: String
    /// Whether the source may want a network that comes up only after this agent.
    private let isSourceRemote: Bool
    private let contents: Mutex<Contents>
    private let pulse: Mutex<Heartbeat>

    /// - Parameter source: The kind of source and its place.
    package convenience init(source: (kind: String, location: String), node: String = "") {
        self.init(source: source, node: node, awake: .now)
    }

    /// - Parameter awake: When the loop gave its first sign of life.
    init(source: (kind: String, location: String), node: String = "", awake: SuspendingClock.Instant) {
        self.node = node
        sourceName = "\(source.kind) \(source.location)"
        isSourceRemote = source.kind != "directory"
        contents = Mutex(
            Contents(
                overview: AgentOverview(
                    source: .init(since: .now), dataplane: StatusReport.Dataplane(state: .applying))))
        pulse = Mutex(Heartbeat(latest: awake, step: nil, since: awake))
    }
}

// The loop's sign of life.
extension AgentBoard {
    package var heartbeat: Heartbeat { pulse.withLock { $0 } }

    /// The loop got on: it finished a part of its step, or answered while idle.
    package func beat() {
        pulse.withLock { $0.latest = .now }
    }

    /// The loop begins a step.
    package func begin(_ step: Heartbeat.Step) {
        pulse.withLock {
            $0.latest = .now
            if $0.step == nil { $0.since = $0.latest }
            $0.step = step
        }
    }

    /// The loop has nothing left to do.
    package func rest() {
        pulse.withLock {
            $0.latest = .now
            guard $0.step != nil else { return }
            $0.step = nil
            $0.since = $0.latest
        }
    }
}

// How things stand.
extension AgentBoard {
    /// With the notices of the agent's other parts after those of the dataplane.
    package var overview: AgentOverview {
        contents.withLock {
            var overview = $0.overview
            overview.dataplane.notices += $0.sortedNotices
            return overview
        }
    }

    /// What parts of the agent other than the dataplane have to say, by topic.
    package var notices: [String] { contents.withLock { $0.sortedNotices } }

    /// How many endpoints of this node are in each state; states that none is in are left out.
    package var endpointCounts: [StatusReport.Endpoint.State: Int] { contents.withLock { $0.counts } }

    /// Everything that is to be said about ``overview`` and ``heartbeat`` at this moment.
    package var readiness: Readiness {
        Readiness(overview, heartbeat, sourceName: sourceName, now: .now, awake: .now)
    }

    /// Whether ``heartbeat`` shows that the loop is not stuck, and no more than that.
    package var liveness: Readiness { Readiness(heartbeat, awake: .now) }

    /// Whether whoever waits for the agent's start has nothing more to wait for: all was applied once, or there is
    /// nothing to apply and the source is out of reach. At boot the network waits for this agent, and a source that is
    /// reached through the network must not keep it waiting.
    package var isStarted: Bool {
        let overview = overview
        return overview.hasApplied || (isSourceRemote && overview.source.state == .reconnecting)
    }

    /// One line for systemd and for people: `8 endpoints up, 1 pending; source in sync`.
    package var summary: String {
        let (overview, counts, remarks) = contents.withLock { ($0.overview, $0.counts, $0.sortedRemarks) }
        return ([AgentSummary(overview, counts).text] + remarks).joined(separator: "; ")
    }

    /// Tells how things stand now, and wakes whoever follows.
    /// - Parameter endpoints: Those that stand otherwise than told before; `nil` for one that is gone from the kernel.
    package func post(_ overview: AgentOverview, endpoints: [ResourceKey: EndpointStanding?] = [:]) {
        let followers = contents.withLock { contents in
            contents.overview = overview
            for (key, standing) in endpoints {
                let former =
                    standing.map { contents.endpoints.updateValue($0, forKey: key) }
                    ?? contents.endpoints.removeValue(forKey: key)
                if let former { contents.count(former.state, -1) }
                if let standing { contents.count(standing.state, 1) }
            }
            return Array(contents.followers.values)
        }
        for follower in followers { follower.yield() }
    }

    /// Tells how the source stands, before what it told is dealt with.
    package func post(_ source: AgentOverview.Source) {
        let followers = contents.withLock { contents in
            contents.overview.source = source
            return Array(contents.followers.values)
        }
        for follower in followers { follower.yield() }
    }

    /// Says something that the status shows until it is taken back with `nil`.
    /// - Parameter topic: What of an earlier notice this replaces: `http`, `settings`.
    package func setNotice(_ text: String?, about topic: String) {
        setNotices([text].compactMap(\.self), about: topic)
    }

    /// Says several things, until they are taken back with none.
    /// - Parameter inShort: What ``summary`` says of them.
    package func setNotices(_ texts: [String], inShort: String? = nil, about topic: String) {
        let followers = contents.withLock { contents in
            contents.notices[topic] = texts.isEmpty ? nil : Notices(texts: texts, inShort: inShort)
            return Array(contents.followers.values)
        }
        for follower in followers { follower.yield() }
    }

    /// An element at once, and another after each later change of what this board tells, signs of life excepted.
    /// Changes that come while nobody looks are one. Ends with the task that iterates.
    package func changes() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let number = contents.withLock { contents in
            contents.nextFollower += 1
            contents.followers[contents.nextFollower] = continuation
            return contents.nextFollower
        }
        continuation.onTermination = { [weak self] _ in
            self?.contents.withLock { $0.followers[number] = nil }
        }
        continuation.yield()
        return stream
    }
}

// For `margay wait` and `margay status`.
extension AgentBoard {
    /// The endpoints that go by this name: their own, namespace/name, or their interface's.
    package func endpoints(named name: String) -> [EndpointStanding] {
        contents.withLock { contents in contents.endpoints.values.filter { $0.isNamed(name) } }
            .sorted { $0.qualifiedName < $1.qualifiedName }
    }

    package func endpoint(_ key: ResourceKey) -> EndpointStanding? { contents.withLock { $0.endpoints[key] } }

    /// The latest complete report; `nil` before the first.
    package var report: StatusReport? {
        get { contents.withLock { $0.report } }
        set { contents.withLock { $0.report = newValue } }
    }
}
