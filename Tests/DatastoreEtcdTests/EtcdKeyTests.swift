import Resources
import Testing

@testable import DatastoreEtcd

@Suite struct EtcdKeyTests {
    @Test(
        "where calicoctl keeps its resources",
        arguments: [
            ("workloadendpoints/default/n1-k8s-web-eth0", "WorkloadEndpoint default/n1-k8s-web-eth0"),
            ("profiles/kns.default", "Profile kns.default"),
            ("networkpolicies/shop/default.web", "NetworkPolicy shop/default.web"),
            ("globalnetworkpolicies/default.deny", "GlobalNetworkPolicy default.deny"),
            ("tiers/security", "Tier security"),
            ("networksets/shop/partners", "NetworkSet shop/partners"),
            ("globalnetworksets/partners", "GlobalNetworkSet partners"),
            ("stagednetworkpolicies/shop/default.web", "StagedNetworkPolicy shop/default.web"),
            ("stagedglobalnetworkpolicies/default.deny", "StagedGlobalNetworkPolicy default.deny"),
            ("stagedkubernetesnetworkpolicies/shop/web", "StagedKubernetesNetworkPolicy shop/web"),
        ])
    func resource(path: String, name: String) {
        guard case .resource(let key) = EtcdKey(EtcdKey.prefix + path) else {
            Issue.record("\(path) is no resource's key")
            return
        }
        #expect(key.description == name)
    }

    @Test(
        "kinds that are not read are nobody's mistake",
        arguments: [
            EtcdKey.prefix + "ippools/default-ipv4-ippool", EtcdKey.prefix + "nodes/n1", EtcdKey.prefix,
            "/calico/ipam/v2/host/n1", "", "/calico/resources/v3/projectcalico.org",
        ])
    func foreign(path: String) { #expect(EtcdKey(path) == nil) }

    @Test(
        "a kind that is read, where none of its resources can be",
        arguments: [
            "workloadendpoints/web", "workloadendpoints//web", "workloadendpoints/default/", "profiles/default/open",
            "profiles/", "profiles", "networkpolicies/a/b/c",
        ])
    func malformed(path: String) {
        #expect(EtcdKey(EtcdKey.prefix + path) == .malformed(EtcdKey.prefix + path))
    }
}
