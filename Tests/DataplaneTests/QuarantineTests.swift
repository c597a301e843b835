import Glibc
import NetworkValues
import Nftables
import Resources
import Testing

@testable import Dataplane

/// What is left out of plans, and what goes on without it.
struct QuarantineTests {
    private var model = DataplaneModel(options: options)
    private var kernel = FakeKernel()
    private var quarantine = Quarantine()

    init() throws {
        for (index, text) in ["cali1", "cali2", "cali3"].enumerated() {
            model.setInterface(up(UInt32(index + 10)), for: name(text))
        }
        model.put(profile("open", ingress: [Resources.Rule(action: .allow)], egress: [Resources.Rule(action: .allow)]))
        model.put(endpoint("one", "cali1", ["10.65.0.1/32"]))
        try model.reconcile(with: &kernel)
    }

    /// The objects of operations that name `text`, as the kernel would refuse them.
    private func refusals(naming text: String, _ number: Int32 = EBUSY) -> [Refusal] {
        let plan = Planner.plan(quarantine.tracker(of: model))
        return (plan.preparation.operations + plan.transaction.operations).compactMap { operation in
            let objects = operation.objects().filter { model.describe($0).contains(text) }
            return objects.isEmpty ? nil : Refusal(objects: objects, errno: number, words: "refused")
        }
    }

    /// One round of the agent, without what the kernel refuses.
    private mutating func reconcile() throws {
        model.update()
        quarantine.refresh(model)
        try kernel.execute(Planner.plan(quarantine.tracker(of: model)))
        model.tracker.owedFlows = FlowDebt()
        model.observe(kernel.snapshot)
    }

    private mutating func take(_ blame: Blame) {
        if case .certain(let culprits) = blame { quarantine.take(culprits, from: model) }
    }

    private static let two = ResourceKey(kind: .workloadEndpoint, namespace: "default", name: "two")

    private func state(_ text: String) -> EndpointState? {
        let failures = quarantine.failures(in: model)
        return model.state(
            of: ResourceKey(kind: .workloadEndpoint, namespace: "default", name: text), failure: { failures[$0] })
    }

    private func holds(_ text: String) -> [String] {
        let snapshot = kernel.snapshot
        return
            (snapshot.tables.elements.keys.map { ObjectID.element($0) }
            + snapshot.tables.chains.keys.map { .chain($0) } + snapshot.routes.map { .route($0) })
            .map(model.describe).filter { $0.contains(text) }
    }

    @Test mutating func oneEndpointIsLeftOutWithItsRoutesAndAnotherIsProgrammed() throws {
        model.put(endpoint("two", "cali2", ["10.65.0.2/32"]))
        model.put(endpoint("three", "cali3", ["10.65.0.3/32"]))
        model.update()
        take(model.blame(refusals(naming: "cali2")))
        #expect(quarantine.count == 1)
        try reconcile()
        #expect(holds("cali2") == [])
        #expect(state("two")?.phase == .error && state("two")?.reason == "refused")
        #expect(state("two")?.networks == [.error])
        #expect(state("one")?.phase == .up && state("three")?.phase == .up)
        quarantine.release()
        try reconcile()
        #expect(state("two")?.phase == .up)
    }

    /// What it has no more goes all the same, so that it cannot be in two places.
    @Test mutating func whatAnEndpointLosesGoesAlthoughItsNextVersionIsRefused() throws {
        model.put(endpoint("one", "cali1", ["10.65.0.9/32"]))
        model.update()
        take(model.blame(refusals(naming: "10.65.0.9")))
        try reconcile()
        #expect(holds("10.65.0.1").isEmpty && holds("10.65.0.9").isEmpty)
        #expect(state("one")?.phase == .error)
    }

    @Test mutating func aRemovalIsLeftOutAlone() throws {
        let gone = ResourceKey(kind: .workloadEndpoint, namespace: "default", name: "one")
        model.remove(gone)
        model.update()
        take(
            model.blame(
                refusals(naming: "element \"cali1\" of set inet margay bare")
                    + refusals(naming: "element \"cali1\" of set inet margay endpoints")))
        #expect(quarantine.count == 1)
        try reconcile()
        #expect(holds("cali1") == ["element \"cali1\" of set inet margay endpoints"])
        #expect(quarantine.failures(in: model).values.sorted() == ["refused"])
        quarantine.release()
        try reconcile()
        #expect(holds("cali1") == [] && !model.tracker.hasPending)
    }

    @Test mutating func aProfileKeepsItsRules() throws {
        model.put(profile("open", ingress: [Resources.Rule(action: .deny)]))
        model.put(endpoint("two", "cali2", ["10.65.0.2/32"]))
        model.update()
        let before = kernel.snapshot.tables.chains[ChainID(.margay, "profile-open-ingress")]
        take(model.blame(refusals(naming: "profile-open-ingress")))
        try reconcile()
        #expect(kernel.snapshot.tables.chains[ChainID(.margay, "profile-open-ingress")] == before)
        // The endpoint that came meanwhile has what there is, and both say why they are not as wanted.
        #expect(holds("cali2").count > 5)
        #expect(state("one")?.phase == .error && state("two")?.phase == .error)
    }

    /// As soon as something else is wanted, that is tried; events of a link are nothing else.
    @Test mutating func anotherVersionIsTried() throws {
        model.put(endpoint("two", "cali2", ["10.65.0.2/32"]))
        model.update()
        take(model.blame(refusals(naming: "cali2")))
        model.setInterface(up(42), for: name("cali2"))
        try reconcile()
        #expect(holds("cali2") == [] && !quarantine.isEmpty)
        model.put(endpoint("two", "cali2", ["10.65.0.22/32"]))
        try reconcile()
        #expect(quarantine.isEmpty && state("two")?.phase == .up)
        // Nor is anything left of it once it is gone.
        model.put(endpoint("two", "cali2", ["10.65.0.23/32"]))
        model.update()
        take(model.blame(refusals(naming: "10.65.0.23")))
        model.remove(Self.two)
        try reconcile()
        #expect(quarantine.isEmpty && holds("cali2") == [])
    }

    @Test mutating func whatAllHaveInCommonIsNobodys() throws {
        model.put(endpoint("two", "cali2", ["10.65.0.2/32"]))
        model.update()
        #expect(model.blame([]) == .nobody)
        #expect(model.blame(refusals(naming: "cali2", EPERM)) == .nobody)
        let skeleton = Refusal(objects: [.chain(ChainID(.margay, "forward-from"))], errno: ENOENT, words: "refused")
        #expect(model.blame(refusals(naming: "cali2") + [skeleton]) == .nobody)
    }

    @Test mutating func whoeverMayBeMeantIsAsked() throws {
        model.put(endpoint("two", "cali2", ["10.65.0.2/32"]))
        model.put(endpoint("three", "cali3", ["10.65.0.3/32"]))
        model.update()
        let three = ResourceKey(kind: .workloadEndpoint, namespace: "default", name: "three")
        #expect(
            model.blame(refusals(naming: "macs")) == .among([.wanted(.endpoint(three)), .wanted(.endpoint(Self.two))]))
        let whole = Refusal(objects: [], errno: ELOOP, words: "refused")
        #expect(model.blame([whole]) == .among(model.suspects))
    }

    /// A set that the kernel calls full grows, but not beyond all need.
    @Test mutating func aFullSetGrowsWithinReason() throws {
        var sizes: [UInt32?] = []
        while model.tracker.growSet(KnownSet.source4.id) {
            try reconcile()
            sizes.append(kernel.snapshot.tables.sets[KnownSet.source4.id]?.size)
        }
        #expect(sizes == [6144, 12288, 24576, 49152])
        #expect(holds("source4").count == 1)
        let interval = model.tracker.growSet(KnownSet.wide4.id)
        #expect(!interval, "an interval set has no size")
    }
}
