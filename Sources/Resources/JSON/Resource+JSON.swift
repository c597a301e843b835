extension Resource {
    /// The resource as a JSON document of the format that it came in, which ``ResourceReader`` reads as an equal
    /// resource. Fields stand in a fixed order; addresses and names of protocols in their canonical spelling.
    public var json: String {
        var writer = JSONWriter()
        switch self {
        case .workloadEndpoint(let endpoint): writer.put(endpoint)
        case .profile(let profile): writer.put(profile)
        case .networkPolicy(let policy): writer.put(policy)
        case .tier(let tier): writer.put(tier)
        case .networkSet(let set): writer.put(set)
        case .kubernetesPolicy(let policy): writer.put(policy)
        case .namespace(let namespace): writer.put(.namespace, namespace.metadata, namespace.otherFields)
        case .serviceAccount(let account): writer.put(.serviceAccount, account.metadata, account.otherFields)
        }
        return writer.text
    }
}

/// Resources as one JSON document.
public enum ResourceList {
    /// A Kubernetes `List` of the resources in the order given.
    public static func json(_ resources: [Resource]) -> String {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("apiVersion", "v1")
            writer.member("kind", "List")
            writer.name("items")
            writer.array(resources) { writer, resource in writer.raw(resource.json) }
        }
        return writer.text
    }
}

extension JSONWriter {
    mutating func put(_ metadata: Metadata, with more: [(String, String?)] = [], tags: [String] = []) {
        name("metadata")
        object { writer in
            writer.member("name", metadata.name)
            writer.member("namespace", metadata.namespace)
            for (name, value) in more {
                writer.member(name, value)
            }
            writer.member("generateName", metadata.generateName)
            writer.member("uid", metadata.uid)
            writer.member("resourceVersion", metadata.resourceVersion)
            writer.member("creationTimestamp", metadata.creationTimestamp)
            writer.member("labels", texts: metadata.labels)
            writer.member("tags", list: tags)
            writer.member("annotations", texts: metadata.annotations)
            writer.members(metadata.otherFields)
        }
    }
}
