import NetworkValues
import Nftables
import Routing

extension DataplaneTracker {
    /// Whether the kernel holds something of an endpoint that nobody wants.
    package var hasUnwanted: Bool {
        elements.pendingDeletions.contains { sets.desired($0.key.set) != nil && standsForItself($0.key) }
            || routes.pendingDeletions.contains { _ in true } || neighbours.pendingDeletions.contains { _ in true }
    }

    /// What is there of workloads and nobody wants, as a bundle that wants it, and with it all that it may lead to: the
    /// chains of groups and profiles and their sets, wanted or not. Base chains are left out; they are the skeleton's.
    func unwanted() -> ObjectBundle {
        var bundle = ObjectBundle()
        for id in chains.actualKeys where id.table == .margay {
            guard let contents = chains.actual(id), contents.base == nil else { continue }
            if chains.desired(id) == nil || Self.judges.contains(where: id.name.hasPrefix) {
                bundle.chains.append(contents, for: id)
            }
        }
        var members: [SetID: [Element]] = [:]
        for id in elements.actualKeys {
            guard let target = elements.actual(id), sets.actual(id.set) != nil else { continue }
            if sets.desired(id.set) != nil, standsForItself(id) {
                guard elements.desired(id) == nil else { continue }
                if let set = id.set.known {
                    bundle.elements.append(set, id.element(target: target))
                } else {
                    bundle.otherElements[id] = target
                }
            } else if id.set.isOfRules {
                members[id.set, default: []].append(id.element(target: target))
            }
        }
        for (id, elements) in members {
            guard let definition = sets.actual(id) else { continue }
            bundle.contentSets[id] = ObjectBundle.ContentSet(definition: definition, elements: elements)
        }
        bundle.routes = routes.pendingDeletions.map(\.key)
        for (id, address) in neighbours.pendingDeletions {
            bundle.neighbours.append(address, for: id)
        }
        return bundle
    }

    /// Whether the element is an endpoint's, or a member of what a selector selects, rather than a part of a list that
    /// somebody wrote.
    private func standsForItself(_ id: ElementID) -> Bool {
        contentSets[id.set] == nil && id.set != KnownSet.natExcluded4.id && id.set != KnownSet.natExcluded6.id
    }

    /// How the names begin of chains that judge for endpoints.
    static let judges = ["group-", "policy-", "knp-", "profile-"]

    /// Wants what the bundle names as far as nobody else says anything about it.
    mutating func fill(with bundle: ObjectBundle) {
        for (id, contents) in bundle.chains where chains.desired(id) == nil {
            chains.setDesired(contents, for: id)
        }
        bundle.elements.visit { set, element in
            let id = ElementID(set.id, element)
            if elements.desired(id) == nil { want(element.target, for: id) }
        }
        for (id, target) in bundle.otherElements where elements.desired(id) == nil {
            want(target, for: id)
        }
        for route in bundle.routes where routes.desired(route) == nil {
            routes.setDesired(Present(), for: route)
        }
        for (id, address) in bundle.neighbours where neighbours.desired(id) == nil {
            neighbours.setDesired(address, for: id)
        }
    }
}
