import Dataplane
import Logging
import NetworkValues
import Resources
import Status
import SystemCalls

extension Reconciler {
    /// Takes in what an earlier agent accepted, before the source has told anything. It is acted upon only where the
    /// source cannot be had, and is otherwise what the source is compared with.
    func restore(_ lastGood: LastGood) {
        begin(.takeIn)
        defer { rest() }
        collection.restore(lastGood)
        for entry in lastGood.entries {
            let key = entry.resource.key
            model.put(entry.resource)
            if model.endpoints[key] != nil { statistics.received(key) }
        }
        // Interfaces of workloads come some time after the host has started: that they are absent says nothing then.
        if lastGood.boot != bootIdentifier {
            awaitedInterfaces = Set(model.endpoints.values.map(\.interfaceName))
        }
        let age = max(0, Timestamp.now.millisecondsSinceEpoch - lastGood.savedAt.millisecondsSinceEpoch)
        statistics.restored(age: .milliseconds(age))
        logger.info(
            "Read the resources that an earlier agent accepted",
            metadata: ["resources": "\(lastGood.entries.count)", "lastInSync": "\(lastGood.savedAt)"])
    }

    /// The source has not answered for so long that what an earlier agent accepted is acted upon.
    func standInForSource() {
        guard collection.standIn() else { return }
        begin(.takeIn)
        defer { rest() }
        tellOfStaleness(nil)
        reconcile()
    }

    func tellOfStaleness(_ reason: String?) {
        statistics.sourceChanged(collection.state)
        logger.warning(
            "The source cannot be had; what an earlier agent accepted stays in force",
            metadata: [
                "resources": "\(collection.resources.count)",
                "ageSeconds": "\(Int(sourceOverview.ageSeconds(at: .now)))",
                "reason": "\(reason ?? "no answer yet")",
            ])
    }
}
