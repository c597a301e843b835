import Testing

@testable import DatastoreEtcd

/// What is made of the words of gRPC, SwiftNIO, BoringSSL and etcd 3.4. They stand here as they were seen, paths apart.
@Suite struct EtcdErrorTests {
    private static let secure = "https://10.0.0.1:2379"
    private static let plain = "http://10.0.0.1:2379"
    private static let list = "list \(EtcdKey.prefix)"
    private static let preface =
        "The server accepted the TCP connection but closed the connection before completing the HTTP/2 connection preface."

    private static func line(
        _ endpoint: String, _ operation: String, _ reason: String, _ cause: String
    ) throws -> String {
        "\(EtcdError(try #require(EtcdEndpoint(endpoint)), operation, ending: reason, because: cause))"
    }

    private static func handshake(_ error: String) -> String {
        "handshakeFailed(NIOSSL.BoringSSLError.sslError([Error: \(error) at /src/CNIOBoringSSL/ssl/handshake.cc:320]))"
    }

    @Test(
        "a connection that does not come about",
        arguments: [
            (
                plain, "Could not establish a connection to [ipv4]10.0.0.1:2379.",
                "connection reset (error set): Connection refused) (errno: 111)",
                "connection refused; see that etcd runs and listens there (--listen-client-urls), or correct "
                    + "source.etcd.endpoints"
            ),
            (
                plain, "Could not establish a connection to [ipv4]10.0.0.1:2379.",
                "connect(descriptor:addr:size:): Network is unreachable) (errno: 101)",
                "network is unreachable; see that this host has a route to it (ip route get)"
            ),
            (
                secure, "Could not establish a connection to [ipv4]10.0.0.1:2379.", "Connect timeout (10 s)",
                "no answer; see that the member is up and no firewall swallows the packets"
            ),
            (
                plain, "Failed to resolve server name",
                #"internalError: "Couldn't resolve address for etcd:2379" (cause: "Name or service not known")"#,
                "the name has no address; correct source.etcd.endpoints, or make the name known to this host's resolver"
            ),
            (
                plain, "Failed to resolve server name",
                #"internalError: "Couldn't resolve address for etcd:2379" (cause: "Temporary failure in name resolution")"#,
                "the name server does not answer; see /etc/resolv.conf, or write an address in source.etcd.endpoints"
            ),
            (
                plain, preface, "",
                "it ends the connection at once; if it speaks TLS, write https:// in source.etcd.endpoints"
            ),
            (
                secure, preface, "",
                "it ends the connection at once; if it wants client certificates, see source.etcd.certFile; etcd's log "
                    + "may say more"
            ),
            (
                plain, preface, #"UnableToParseFrame(file: "NIOHTTP2/HTTP2ChannelHandler.swift", line: 662)"#,
                "what answers there is not etcd v3; source.etcd.endpoints must name etcd's client port, often 2379"
            ),
            (
                secure, preface, "handshakeFailed(NIOSSL.BoringSSLError.sslError([Error:  EOF during handshake]))",
                "it does not speak TLS; write http:// in source.etcd.endpoints, or give etcd a certificate (--cert-file, "
                    + "--key-file)"
            ),
            (
                secure, preface,
                handshake("268435703 error:100000f7:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER"),
                "it does not speak TLS; write http:// in source.etcd.endpoints, or give etcd a certificate (--cert-file, "
                    + "--key-file)"
            ),
            (
                secure, preface,
                handshake("268436526 error:1000042e:SSL routines:OPENSSL_internal:TLSV1_ALERT_PROTOCOL_VERSION"),
                "TLS fails with \"tlsv1 alert protocol version\"; etcd's log may say more"
            ),
        ])
    func connecting(endpoint: String, reason: String, cause: String, said: String) throws {
        #expect(try Self.line(endpoint, Self.list, reason, cause) == "\(endpoint): cannot connect: \(said)")
    }

    @Test(
        "a certificate is to be looked at",
        arguments: [
            (
                handshake("268435581 error:1000007d:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED"),
                EtcdError.Doubt.serverCertificate
            ),
            ("NIOSSLExtraError.failedToValidateHostname: Couldn't find <none> in certificate from peer", .serverName),
            (
                "sslError([Error: 268436498 error:10000412:SSL routines:OPENSSL_internal:SSLV3_ALERT_BAD_CERTIFICATE at "
                    + "/src/CNIOBoringSSL/ssl/tls_record.cc:491])", .clientCertificate
            ),
        ])
    func doubt(cause: String, doubt: EtcdError.Doubt) throws {
        let error = EtcdError(try #require(EtcdEndpoint(Self.secure)), Self.list, ending: Self.preface, because: cause)
        #expect(error.doubt == doubt)
        #expect(error.operation == "connect")
        #expect(error.remedy != nil && !"\(error)".contains("SSL") && !"\(error)".contains("/src"))
    }

    @Test(
        "a refusal",
        arguments: [
            (
                "authenticate as reader", "etcdserver: authentication failed, invalid user ID or password",
                "wrong user or password; see source.etcd.username, and the first line of source.etcd.passwordFile"
            ),
            (
                list, "etcdserver: user name is empty",
                "it wants a user; set source.etcd.username and source.etcd.passwordFile, or a certificate whose common "
                    + "name is the user"
            ),
            (
                list, "etcdserver: permission denied",
                "permission denied; etcdctl role grant-permission --prefix=true ROLE read \(EtcdKey.prefix)"
            ),
            (
                list, "etcdserver: request timed out",
                "it has no leader: most of the cluster's members are down or out of its reach, or too slow"
            ),
            ("watch /calico/", "etcdserver: mvcc: something new\n in two  lines", "mvcc: something new in two lines"),
            (list, "Stream unexpectedly closed.", "the connection broke"),
            (list, "", "the call fails"),
        ])
    func refusal(operation: String, reason: String, said: String) throws {
        #expect(try Self.line(Self.plain, operation, reason, "") == "\(Self.plain): cannot \(operation): \(said)")
    }

    @Test("what is not known is told in one line of bounded length, without what gRPC holds of it") func unknown()
        throws
    {
        let line = try Self.line(Self.plain, "list", String(repeating: "a\n", count: 1000), "Struct(secret: 1)")
        #expect(line.utf8.count < 300 && !line.contains("\n") && !line.contains("secret"))
    }
}
