import Datastore
import Resources
import TestSupport
import Testing

@testable import DatastoreEtcd

@Suite struct EtcdStateTests {
    @Test("the first listing is a snapshot") func first() {
        var state = EtcdState()
        #expect(
            words(state.listing([.profile("a"), .profile("b")])) == [
                "snapshot", "put Profile a", "put Profile b", "rejections", "in sync",
            ])
    }

    @Test("a later listing tells what differs") func later() {
        var state = EtcdState()
        _ = state.listing([.profile("a"), .profile("b"), .profile("c")])
        let events = state.listing([.profile("a"), .profile("b", action: "Deny"), .profile("d")])
        #expect(words(events) == ["put Profile b", "put Profile d", "delete Profile c", "in sync"])
        #expect(words(state.listing([.profile("a"), .profile("b", action: "Deny"), .profile("d")])) == ["in sync"])
    }

    @Test("a listing that finds nothing takes everything away") func empty() {
        var state = EtcdState()
        _ = state.listing([.profile("a"), EtcdChange("profiles/b", "{")])
        #expect(words(state.listing([])) == ["delete Profile a", "rejections", "in sync"])
    }

    @Test("a first listing that broke off is begun again, and tells everything") func brokenOff() {
        var state = EtcdState()
        _ = state.beginListing() + state.list([.profile("a"), .profile("b")])
        let events = state.listing([.profile("b")])
        #expect(words(events) == ["snapshot", "put Profile b", "rejections", "in sync"])
    }

    @Test("a later listing that broke off is no reason to tell anything twice") func laterBrokenOff() {
        var state = EtcdState()
        _ = state.listing([.profile("a"), .profile("b")])
        #expect(words(state.beginListing() + state.list([.profile("a", action: "Deny")])) == ["put Profile a"])
        #expect(words(state.listing([.profile("a", action: "Deny"), .profile("b")])) == ["in sync"])
    }

    @Test("changes are told one by one, and what is no change is not") func changes() {
        var state = EtcdState()
        _ = state.listing([.profile("a")])
        #expect(
            words(state.apply([.profile("b"), EtcdChange("profiles/a", nil)])) == ["put Profile b", "delete Profile a"])
        #expect(words(state.apply([.profile("b"), EtcdChange("profiles/never", nil)])) == [])
    }

    @Test("what came by a change is found by a listing, and missed by one that lacks it") func changeThenListing() {
        var state = EtcdState()
        _ = state.listing([])
        _ = state.apply([.profile("a")])
        #expect(words(state.listing([.profile("a")])) == ["in sync"])
        #expect(words(state.listing([])) == ["delete Profile a", "in sync"])
    }

    @Test("an unparsable value harms its own key alone, and what was told of it stays") func unparsable() {
        var state = EtcdState()
        _ = state.listing([.profile("a"), .profile("b")])
        #expect(
            words(state.apply([EtcdChange("profiles/a", "{nope"), .profile("c")])) == [
                "put Profile c", "rejections [Profile a, kept]",
            ])
        // Neither another mistake nor a listing takes it away.
        #expect(words(state.apply([EtcdChange("profiles/a", "[]")])) == ["rejections [Profile a, kept]"])
        #expect(words(state.listing([EtcdChange("profiles/a", "[]"), .profile("b"), .profile("c")])) == ["in sync"])
        #expect(words(state.apply([.profile("a")])) == ["put Profile a", "rejections"])
        #expect(words(state.apply([EtcdChange("profiles/a", "{nope")])) == ["rejections [Profile a, kept]"])
        #expect(words(state.apply([EtcdChange("profiles/a", nil)])) == ["delete Profile a", "rejections"])
    }

    @Test("what was never good is kept by nobody") func neverGood() {
        var state = EtcdState()
        #expect(
            words(state.listing([EtcdChange("profiles/a", "{nope")])) == [
                "snapshot", "rejections [Profile a]", "in sync",
            ])
        #expect(words(state.apply([EtcdChange("profiles/a", nil)])) == ["rejections"])
    }

    @Test("a rejection names the key, the place in it and the mistake") func rejection() throws {
        var state = EtcdState()
        let value =
            #"{"kind":"Profile","apiVersion":"projectcalico.org/v3","metadata":{"name":"a"},"spec":{"ingress":[{"action":"Alow"}]}}"#
        let events = state.listing([EtcdChange("profiles/a", value)])
        guard case .rejections(let list) = events[1], let rejected = list.first else {
            Issue.record("\(words(events))")
            return
        }
        #expect(rejected.resource == "Profile a")
        #expect(rejected.location.file == "/calico/resources/v3/projectcalico.org/profiles/a")
        #expect(rejected.location.line == 1 && rejected.location.column > 80)
        #expect(rejected.message.contains("Alow"))
    }

    @Test(
        "a value that is something else than its key says is refused under the key's name",
        arguments: [
            (EtcdChange.profile("a").value, "the key holds another resource, Profile a"),
            (Array("".utf8), "the key holds nothing, and one resource is expected"),
            (
                Array(#"{"kind":"IPPool","apiVersion":"projectcalico.org/v3","metadata":{"name":"b"}}"#.utf8),
                "something else"
            ),
            (Array("---\n{}\n---\n{}".utf8), "the key holds 2 resources"),
        ])
    func mismatch(value: [UInt8]?, message: String) {
        var state = EtcdState()
        let key = Array((EtcdKey.prefix + "profiles/b").utf8)
        let events = state.listing([EtcdChange(key: key, value: value)])
        guard case .rejections(let list) = events[1] else {
            Issue.record("\(words(events))")
            return
        }
        #expect(list.map(\.resource) == ["Profile b"])
        #expect(list.first?.message.contains(message) == true, "\(list)")
    }

    @Test("impossible keys are told, foreign ones are not") func keys() {
        var state = EtcdState()
        let events = state.listing([
            EtcdChange("workloadendpoints/web", "{}"), EtcdChange("ippools/default", "{}"), EtcdChange("nodes/n1", "{"),
        ])
        #expect(words(events) == ["snapshot", "rejections [key \(EtcdKey.prefix)workloadendpoints/web]", "in sync"])
        #expect(words(state.listing([])) == ["rejections", "in sync"])
    }

    @Test("a name that is no UTF-8 harms nothing else") func notUTF8() {
        var state = EtcdState()
        let key = Array((EtcdKey.prefix + "profiles/").utf8) + [0xff, 0xfe]
        let events = state.listing([EtcdChange(key: key, value: EtcdChange.profile("a").value), .profile("b")])
        #expect(words(events).filter { !$0.hasPrefix("rejections") } == ["snapshot", "put Profile b", "in sync"])
        #expect(words(state.apply([EtcdChange(key: key, value: nil)])) == ["rejections"])
    }

    /// Whatever the order of listings, broken listings and changes: who believes the events knows what etcd holds.
    @Test("listings and changes in any order agree with the store", arguments: 0..<200) func property(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var state = EtcdState()
        var store: [String: String] = [:]
        var believed: [String: String] = [:]
        var rejected: Set<String> = []
        var snapshot: Set<String>?
        func believe(_ events: [DatastoreEvent]) {
            for event in events {
                switch event {
                case .snapshotBegins: snapshot = []
                case .put(.profile(let profile), _):
                    believed[profile.key.name] = profile.ingress.isEmpty ? "" : "\(profile.ingress[0].action)"
                    snapshot?.insert(profile.key.name)
                case .put, .lost: Issue.record("\(event)")
                case .delete(let key): believed[key.name] = nil
                case .rejections(let list): rejected = Set(list.map(\.resource))
                case .inSync:
                    if let snapshot {
                        believed = believed.filter {
                            snapshot.contains($0.key) || rejected.contains("Profile \($0.key)")
                        }
                    }
                    snapshot = nil
                }
            }
        }
        func entries() -> [EtcdChange] {
            store.sorted { $0.key < $1.key }.map { EtcdChange("profiles/\($0.key)", $0.value) }
        }
        for _ in 0..<40 {
            let name = "p\(Int.random(in: 0..<6, using: &random))"
            switch Int.random(in: 0..<10, using: &random) {
            case 0: believe(state.listing(entries()))
            case 1:
                // The connection fails between two pages, and something changes before the next.
                let all = entries()
                believe(state.beginListing())
                believe(state.list(Array(all.prefix(Int.random(in: 0...all.count, using: &random)))))
                store[name] = nil
                believe(state.listing(entries()))
            case 2, 3:
                store[name] = nil
                if state.isComplete { believe(state.apply([EtcdChange("profiles/\(name)", nil)])) }
            case 4:
                store[name] = "{broken"
                if state.isComplete { believe(state.apply([EtcdChange("profiles/\(name)", "{broken")])) }
            default:
                let change = EtcdChange.profile(name, action: Bool.random(using: &random) ? "Allow" : "Deny")
                store[name] = change.value.map { String(decoding: $0, as: UTF8.self) }
                if state.isComplete { believe(state.apply([change])) }
            }
        }
        believe(state.listing(entries()))
        for (name, value) in store {
            if value == "{broken" {
                #expect(rejected.contains("Profile \(name)"))
            } else {
                #expect(believed[name].map(value.lowercased().contains) == true, "\(name)")
                #expect(!rejected.contains("Profile \(name)"))
            }
        }
        #expect(Set(believed.keys).isSubset(of: store.keys))
        #expect(rejected.count == store.values.filter { $0 == "{broken" }.count)
    }
}
