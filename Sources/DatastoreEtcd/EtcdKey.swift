import Resources

/// A key that `calicoctl` keeps a resource under (libcalico-go, `backend/model/resource.go`):
/// `/calico/resources/v3/projectcalico.org/<plural>/[<namespace>/]<name>`.
enum EtcdKey: Hashable {
    case resource(ResourceKey)
    /// A kind that is read, in a place where none of its resources can be.
    case malformed(String)

    static let prefix = "/calico/resources/v3/projectcalico.org/"

    private static let kinds: [Substring: (kind: ResourceKind, isNamespaced: Bool)] = [
        "workloadendpoints": (.workloadEndpoint, true),
        "profiles": (.profile, false),
        "networkpolicies": (.networkPolicy, true),
        "globalnetworkpolicies": (.globalNetworkPolicy, false),
        "tiers": (.tier, false),
        "networksets": (.networkSet, true),
        "globalnetworksets": (.globalNetworkSet, false),
        "stagednetworkpolicies": (.stagedNetworkPolicy, true),
        "stagedglobalnetworkpolicies": (.stagedGlobalNetworkPolicy, false),
        "stagedkubernetesnetworkpolicies": (.stagedKubernetesNetworkPolicy, true),
    ]

    /// - Returns: `nil` for a kind that is not read.
    init?(_ path: String) {
        guard path.hasPrefix(Self.prefix) else { return nil }
        let words = path.dropFirst(Self.prefix.count).split(separator: "/", omittingEmptySubsequences: false)
        guard let plural = words.first, let (kind, isNamespaced) = Self.kinds[plural] else { return nil }
        guard words.count == (isNamespaced ? 3 : 2), !words.contains(where: \.isEmpty) else {
            self = .malformed(path)
            return
        }
        let name = String(words[words.count - 1])
        self = .resource(ResourceKey(kind: kind, namespace: isNamespaced ? String(words[1]) : nil, name: name))
    }
}

/// A range of keys, as etcd wants it: from a key up to, and without, another.
struct EtcdKeyRange: Hashable {
    var start: [UInt8]
    var end: [UInt8]

    /// All keys that begin with the text, whose last byte is not 0xff.
    init(prefix: String) {
        start = Array(prefix.utf8)
        end = start
        end[end.count - 1] += 1
    }

    /// The part of it behind a key.
    func after(_ key: [UInt8]) -> Self {
        var rest = self
        rest.start = key + [0]
        return rest
    }
}
