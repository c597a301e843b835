import Datastore
import Resources

/// What somebody who follows a source knows.
struct Follower {
    var versions: [String: Int] = [:]
    var rejections: [RejectedResource] = []
    var isInSync = false
    var losses: [String] = []
    var snapshots = 0
    /// Everything that was ever deleted.
    var deletions: [String] = []

    mutating func take(_ events: [DatastoreEvent]) {
        for event in events {
            switch event {
            case .snapshotBegins: (versions, isInSync) = ([:], false)
            case .put(let resource, _): versions[resource.key.name] = version(of: resource)
            case .delete(let key):
                versions[key.name] = nil
                deletions.append(key.name)
            case .rejections(let list): rejections = list
            case .inSync: (isInSync, snapshots) = (true, snapshots + 1)
            case .lost(let reason):
                isInSync = false
                losses.append(reason)
            }
        }
    }
}
