/// What the kernel refused last, and what plans leave out until it is tried again: all else is programmed meanwhile.
///
/// What is left out stays in the kernel as it is. What belongs to somebody no more goes all the same, unless the kernel
/// refuses that too: an address that moved must not be in two places.
package struct Quarantine: Sendable {
    private struct Entry {
        let words: String
        /// What was refused: as soon as something else is wanted, that is tried.
        let wanted: ObjectBundle?
    }

    private var entries: [Suspect: Entry] = [:]

    package init() {}

    package var isEmpty: Bool { entries.isEmpty }

    package var count: Int { entries.count }

    /// Leaves these out from now on.
    package mutating func take(_ culprits: [Suspect: String], from model: DataplaneModel) {
        for (suspect, words) in culprits {
            entries[suspect] = Entry(words: words, wanted: model.refusable(suspect))
        }
    }

    /// Lets go of all: it is time to try again.
    package mutating func release() { entries = [:] }

    /// Lets go of whatever is wanted otherwise by now, or is in the kernel.
    package mutating func refresh(_ model: DataplaneModel) {
        guard !isEmpty else { return }
        let members = model.pendingMembers
        entries = entries.filter { suspect, entry in
            model.refusable(suspect) == entry.wanted
                && model.objects(of: suspect, members).contains(where: model.tracker.isPending)
        }
    }

    /// What plans are made from.
    package func tracker(of model: DataplaneModel) -> DataplaneTracker {
        isEmpty ? model.tracker : model.tracker(without: entries.keys)
    }

    /// The same without others as well.
    package func tracker(of model: DataplaneModel, without others: Set<Suspect>) -> DataplaneTracker {
        model.tracker(without: others.union(entries.keys))
    }

    /// What the kernel said, for each object that is left out.
    package func failures(in model: DataplaneModel) -> [ObjectID: String] {
        var failures: [ObjectID: String] = [:]
        guard !isEmpty else { return failures }
        let members = model.pendingMembers
        for (suspect, entry) in entries {
            for object in model.objects(of: suspect, members) where model.tracker.isPending(object) {
                failures[object] = entry.words
            }
        }
        return failures
    }
}

extension DataplaneModel {
    /// What of a suspect the kernel may have refused. Routing is none of it: it changes with every event of a link.
    fileprivate func refusable(_ suspect: Suspect) -> ObjectBundle? {
        guard case .wanted(let owner) = suspect, var bundle = bundles[owner]?.bundle else { return nil }
        (bundle.routes, bundle.neighbours) = ([], SmallMap())
        (bundle.parameters, bundle.otherSysctls) = (nil, SmallMap())
        return bundle
    }
}
