public import Resources

/// What a source says, one vocabulary for all of them.
public enum DatastoreEvent: Hashable, Sendable {
    /// A snapshot begins: what is not put before the next ``inSync`` is gone.
    case snapshotBegins

    /// The resource exists and reads like this; the location is that of its document.
    case put(Resource, ResourceLocation)

    /// The resource is gone from the source.
    case delete(ResourceKey)

    /// Everything the source holds that cannot be used: the complete list, replacing the one before.
    case rejections([RejectedResource])

    /// Everything the source holds has been told.
    case inSync

    /// The source cannot be reached. What it told before stays valid but ages; its return ends with ``inSync``.
    case lost(reason: String)
}
