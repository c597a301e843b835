import Datastore
import Resources
import SystemCalls
import Testing

@testable import Agent

/// A policy waits for its tier, and a tier stays while policies are in it.
struct TierGateTests {
    private func policy(_ name: String, in tier: String, order: Double? = nil, isStaged: Bool = false) -> Resource {
        .networkPolicy(
            NetworkPolicy(
                metadata: Metadata(name: name, namespace: "default"), namespace: "default", isStaged: isStaged,
                tier: tier, order: order))
    }

    private func tier(_ name: String) -> Resource { .tier(Tier(metadata: Metadata(name: name))) }

    private func put(_ resource: Resource) -> DatastoreEvent {
        .put(resource, ResourceLocation(file: "\(resource.key.name).yaml", line: 3, column: 1))
    }

    /// Takes the events one by one, and believes every loss.
    private func take(_ collection: inout ResourceCollection, _ events: DatastoreEvent...) -> [String] {
        var changes: [String] = []
        for event in events {
            changes += collection.take(event).map { "put \($0.key.name)" }
            let losses = collection.losses
            for key in losses { collection.remove(key) }
            changes += losses.sorted().map { "remove \($0.name)" }
        }
        return changes
    }

    private func collection(_ resources: Resource...) -> ResourceCollection {
        var collection = ResourceCollection()
        for event in [.snapshotBegins] + resources.map(put) + [.inSync] { _ = collection.take(event) }
        return collection
    }

    private func told(_ collection: ResourceCollection) -> [String] {
        collection.rejections.map { "\($0.resource)\($0.lastGoodKept ? " kept" : "")" }
    }

    @Test func aPolicyWaitsForItsTier() throws {
        var collection = collection()
        #expect(take(&collection, put(policy("p", in: "red"))) == [])
        #expect(told(collection) == ["NetworkPolicy default/p"])
        let rejection = try #require(collection.rejections.first)
        #expect(rejection.location.description == "p.yaml:3:1")
        #expect(
            rejection.message == "spec.tier: there is no tier \"red\"; accepted: default; or create the tier")
        #expect(collection.hasUnreadResources && collection.resources.isEmpty)
        #expect(take(&collection, put(tier("blue"))) == ["put blue"])
        #expect(collection.rejections.first?.message.contains("accepted: blue, default;") == true)
        #expect(take(&collection, put(tier("red"))) == ["put red", "put p"])
        #expect(told(collection) == [] && collection.resources[policy("p", in: "red").key] == policy("p", in: "red"))
        // The tier that always exists, and what is not enforced, wait for nothing.
        #expect(
            take(&collection, put(policy("q", in: "default")), put(policy("r", in: "none", isStaged: true)))
                == ["put q", "put r"])
        #expect(told(collection) == [])
    }

    @Test func theVersionInForceStays() {
        var collection = collection(tier("red"), policy("p", in: "red"))
        #expect(take(&collection, put(policy("p", in: "blue"))) == [])
        #expect(told(collection) == ["NetworkPolicy default/p kept"] && !collection.hasUnreadResources)
        #expect(collection.resources[policy("p", in: "red").key] == policy("p", in: "red"))
        // An edit that is good takes its place, and so does the tier.
        var mended = collection
        #expect(take(&mended, put(policy("p", in: "red", order: 1))) == ["put p"])
        #expect(told(mended) == [])
        #expect(take(&collection, put(tier("blue"))) == ["put blue", "put p"])
        #expect(told(collection) == [])
        // Nothing is left of a policy that is deleted while it waits.
        var deleted = mended
        #expect(take(&deleted, put(policy("p", in: "green")), .delete(policy("p", in: "red").key)) == ["remove p"])
        #expect(told(deleted) == [])
        #expect(take(&deleted, put(tier("green"))) == ["put green"])
    }

    @Test func aTierStaysWhilePoliciesAreInIt() {
        var collection = collection(tier("red"), policy("p", in: "red"), policy("q", in: "red"))
        #expect(take(&collection, .delete(tier("red").key)) == [])
        #expect(told(collection) == ["Tier red kept"])
        #expect(
            collection.rejections.first?.message.contains("NetworkPolicy default/p, NetworkPolicy default/q") == true)
        #expect(collection.resources[tier("red").key] != nil)
        // Its policies may change, in it and out of it.
        #expect(take(&collection, put(policy("p", in: "red", order: 2))) == ["put p"])
        #expect(take(&collection, .delete(policy("q", in: "red").key)) == ["remove q"])
        #expect(told(collection) == ["Tier red kept"])
        var back = collection
        #expect(take(&back, put(tier("red"))) == [])
        #expect(told(back) == [])
        #expect(take(&back, .delete(policy("p", in: "red").key)) == ["remove p"])
        #expect(back.resources.count == 1)
        #expect(take(&collection, put(policy("p", in: "default"))) == ["put p", "remove red"])
        #expect(told(collection) == [])
    }

    /// A batch in which a tier and all of its policies go leaves nothing, whatever goes first.
    @Test func aTierGoesWithItsPolicies() {
        for deletions in [[tier("red"), policy("p", in: "red")], [policy("p", in: "red"), tier("red")]] {
            var collection = collection(tier("red"), policy("p", in: "red"))
            for deletion in deletions { _ = collection.take(.delete(deletion.key)) }
            #expect(collection.losses == Set(deletions.map(\.key)))
        }
        var collection = collection(tier("red"), policy("p", in: "red"))
        #expect(take(&collection, .snapshotBegins, .inSync) == ["remove p", "remove red"])
    }

    /// All orders of a snapshot and of what follows end alike.
    @Test func theOrderOfEventsDoesNotMatter() {
        let resources = [tier("red"), policy("p", in: "red"), policy("q", in: "blue"), policy("r", in: "default")]
        for order in permutations(resources) {
            var collection = collection()
            for resource in order + order { _ = take(&collection, put(resource)) }
            #expect(collection.resources.keys.map(\.name).sorted() == ["p", "r", "red"])
            #expect(told(collection) == ["NetworkPolicy default/q"])
            var snapshot = self.collection(endpoint("e"))
            _ = take(&snapshot, .snapshotBegins)
            for resource in order { _ = take(&snapshot, put(resource)) }
            #expect(take(&snapshot, .inSync) == ["remove e"])
            #expect(snapshot.resources.keys.map(\.name).sorted() == ["p", "r", "red"])
            #expect(told(snapshot) == ["NetworkPolicy default/q"])
        }
    }

    private func permutations(_ items: [Resource]) -> [[Resource]] {
        guard items.count > 1 else { return [items] }
        return items.indices.flatMap { index in
            var rest = items
            let first = rest.remove(at: index)
            return permutations(rest).map { [first] + $0 }
        }
    }

    /// What an earlier agent kept is kept by the next one as well.
    @Test func aRestartChangesNothing() {
        var collection = ResourceCollection()
        collection.restore(
            LastGood(
                origin: .init(node: "node1", source: "directory:/d"), savedAt: .now, boot: "",
                entries: [tier("red"), policy("p", in: "red"), policy("q", in: "red")].map {
                    .init(resource: $0, place: "\($0.key.name).yaml")
                }))
        // The tier has gone meanwhile, and one of the policies was changed into something that cannot be.
        #expect(
            take(
                &collection, .snapshotBegins, put(policy("p", in: "red")), put(policy("q", in: "blue")),
                .rejections([]),
                .inSync) == [])
        #expect(told(collection).sorted() == ["NetworkPolicy default/q kept", "Tier red kept"])
        #expect(collection.resources.keys.map(\.name).sorted() == ["p", "q", "red"])
        #expect(!collection.hasUnreadResources)
        // Without what was kept the policies are closed out, and nothing is taken for read.
        var fresh = self.collection(policy("p", in: "red"), policy("q", in: "blue"))
        #expect(fresh.resources.isEmpty && told(fresh).count == 2 && fresh.hasUnreadResources)
        #expect(take(&fresh, .snapshotBegins, put(policy("q", in: "blue")), .inSync) == [])
        #expect(told(fresh) == ["NetworkPolicy default/q"])
    }

    @Test func filesAreJudgedAlike() {
        let resources = [policy("p", in: "red"), policy("q", in: "blue"), tier("red"), policy("r", in: "default")]
        let unknown = UnknownTier.all(in: resources)
        #expect(unknown.map(\.policy.name) == ["q"])
        #expect(
            unknown.first?.problem.message
                == "spec.tier: there is no tier \"blue\"; accepted: default, red; or create the tier")
    }
}
