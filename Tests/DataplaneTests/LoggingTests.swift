import NetworkValues
import Nftables
import Resources
import Testing

@testable import Dataplane

/// Rules that log, on kernels that cannot, could not or can no more.
struct LoggingTests {
    private var model = DataplaneModel(options: options)
    private var kernel = FakeKernel()
    private var facts = HostFacts()

    init() {
        facts.forwarding = [.v4, .v6]
        model.setInterface(up(7), for: name("cali1"))
        model.setInterface(up(8), for: name("cali2"))
        model.put(profile("loud", egress: [Rule(action: .log), Rule(action: .allow)]))
        model.put(profile("open", egress: [Rule(action: .allow)]))
        model.put(endpoint("loud", "cali1", ["10.65.0.1"], profiles: ["loud"]))
    }

    private mutating func reconcile(canLog: Bool) throws {
        facts.canLog = canLog
        model.setHost(facts)
        try model.reconcile(with: &kernel)
    }

    private func loggingRules() -> Int {
        kernel.snapshot.tables.chains.values.flatMap(\.rules).count { rule in
            rule.expressions.contains { if case .log = $0 { true } else { false } }
        }
    }

    @Test mutating func aKernelThatCannotLogIsAskedForNothingElseToo() throws {
        kernel.canLog = false
        try reconcile(canLog: false)
        model.put(endpoint("other", "cali2", ["10.65.0.2"]))
        try reconcile(canLog: false)
        #expect(model.state("loud")?.phase == .up)
        #expect(model.state("loud")?.reason == "profile loud logs nothing: this kernel cannot")
        #expect(model.state("other")?.phase == .up)
        #expect(model.state("other")?.reason == "")
        #expect(!model.tracker.hasPending)
        #expect(model.notices.count == 1)
        let notice = try #require(model.notices.first)
        #expect(notice.hasPrefix("this kernel cannot log: the Log rules of profile loud only count (modprobe"))
    }

    @Test mutating func linesBeginOnceTheyCan() throws {
        try reconcile(canLog: false)
        #expect(loggingRules() == 0)
        try reconcile(canLog: true)
        #expect(loggingRules() == 1)
        #expect(model.notices == [])
        #expect(model.state("loud")?.reason == "")
        try reconcile(canLog: false)
        #expect(loggingRules() == 0)
    }

    /// Most hosts have no such rule, and their kernels need no logger.
    @Test mutating func itIsAskedForWhileARuleOfAProfileInUseWantsIt() throws {
        model.takePolicyChanges()
        #expect(model.hostQuestion.logging && model.needsHost)
        #expect(model.knownLogging == nil)
        try reconcile(canLog: false)
        #expect(!model.needsHost)
        #expect(model.knownLogging == false)

        model.put(endpoint("loud", "cali1", ["10.65.0.1"], profiles: ["open"]))
        model.takePolicyChanges()
        #expect(!model.hostQuestion.logging && model.needsHost)
        #expect(model.notices == [])
        try reconcile(canLog: true)
        #expect(model.knownLogging == nil)

        model.put(profile("open", ingress: [Rule(action: .log)]))
        model.takePolicyChanges()
        #expect(model.hostQuestion.logging && model.needsHost)
        try reconcile(canLog: true)
        #expect(model.knownLogging == true)

        model.put(profile("open"))
        model.takePolicyChanges()
        #expect(!model.hostQuestion.logging)
        model.put(profile("open", ingress: [Rule(action: .log)]))
        model.remove(ResourceKey(kind: .profile, namespace: nil, name: "open"))
        model.takePolicyChanges()
        #expect(!model.hostQuestion.logging)
    }

    @Test mutating func theNoticeNamesAFewProfiles() throws {
        for letter in ["d", "c", "b", "a"] { model.put(profile(letter, ingress: [Rule(action: .log)])) }
        model.put(endpoint("loud", "cali1", ["10.65.0.1"], profiles: ["d", "c", "b", "a"]))
        try reconcile(canLog: false)
        #expect(model.notices.first?.contains("Log rules of profile a, profile b, profile c, … only count") == true)
    }
}
