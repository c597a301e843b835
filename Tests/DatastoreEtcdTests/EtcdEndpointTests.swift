import Testing

@testable import DatastoreEtcd

@Suite struct EtcdEndpointTests {
    @Test(
        arguments: [
            ("http://10.0.0.1:2379", false, "10.0.0.1", UInt16(2379)),
            ("https://etcd-1.example:443", true, "etcd-1.example", 443),
            ("https://[2001:db8::1]:2379", true, "2001:db8::1", 2379),
        ])
    func accepted(text: String, isSecure: Bool, host: String, port: UInt16) throws {
        let endpoint = try #require(EtcdEndpoint(text))
        #expect(endpoint.isSecure == isSecure)
        #expect(endpoint.host == host)
        #expect(endpoint.port == port)
        #expect(endpoint.description == text)
    }

    @Test(
        arguments: [
            "", "10.0.0.1:2379", "http://10.0.0.1", "http://:2379", "ftp://a:1", "https://a:0", "https://a:65536",
        ])
    func refused(text: String) { #expect(EtcdEndpoint(text) == nil) }
}
