import Resources
import Testing

@testable import margay

@Suite struct ResourceTableTests {
    private func table(_ kind: ResourceKind, _ text: String) throws -> String {
        let documents = ResourceReader().documents(in: Array(text.utf8), file: "e.yaml")
        let resources = documents.compactMap { document -> Resource? in
            guard case .accepted(let resource) = document.outcome else { return nil }
            return resource
        }
        try #require(resources.count == documents.count)
        return ResourceTable(kind, resources).text
    }

    @Test func policiesAreShownWithTierOrderAndWhomTheyConcern() throws {
        #expect(
            try table(
                .networkPolicy,
                """
                {apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: {name: a},
                 spec: {tier: platform, order: 10, selector: "(role=='web')", types: [Egress, Ingress]}}
                ---
                {apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: {name: b, namespace: prod},
                 spec: {order: 0.5, egress: [{action: Allow}]}}
                """)
                    == """
                    NAME       TIER      ORDER  TYPES           SELECTOR
                    default/a  platform     10  Ingress,Egress  role == "web"
                    prod/b     default     0.5  Egress          all()

                    """)
        #expect(
            try table(
                .kubernetesNetworkPolicy,
                """
                {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: a}, spec: {podSelector: {}}}
                ---
                {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: b}, spec: {egress: [{}],
                 podSelector: {matchLabels: {a: b}, matchExpressions: [{key: c, operator: In, values: [d, e]},
                  {key: f, operator: Exists}, {key: g, operator: DoesNotExist}]}}}
                """)
                    == """
                    NAME       TYPES           POD-SELECTOR
                    default/a  Ingress         -
                    default/b  Ingress,Egress  a=b,c in (d,e),f,!g

                    """)
    }

    @Test func theOtherKindsHaveTheirOwnColumns() throws {
        #expect(
            try table(
                .tier,
                "{apiVersion: projectcalico.org/v3, kind: Tier, metadata: {name: a}, spec: {defaultAction: Pass}}")
                    == """
                    NAME  ORDER  DEFAULTACTION
                    a         -  Pass

                    """)
        #expect(
            try table(
                .globalNetworkSet,
                """
                {apiVersion: projectcalico.org/v3, kind: GlobalNetworkSet, metadata: {name: a},
                 spec: {nets: [10.0.0.0/8, "fd00::/8"]}}
                """)
                    == """
                    NAME  NETS
                    a     10.0.0.0/8,fd00::/8

                    """)
        #expect(
            try table(
                .serviceAccount,
                "{apiVersion: v1, kind: ServiceAccount, metadata: {name: a, namespace: n, labels: {d: e, b: c}}}")
                    == """
                    NAME  LABELS
                    n/a   b=c,d=e

                    """)
    }
}
