import NetworkValues
import Testing

/// What both sides see of an exchange of two datagrams.
struct Exchange: Equatable {
    var clientAsSeen: IPAddress
    var serverAsSeen: IPAddress
}

/// Asks a server within `serving` from a client within `asking`; `nil` when the server does not hear it.
func exchange(
    from asking: NetworkNamespace, to target: IPAddress, at serving: NetworkNamespace,
    within limit: Duration = .seconds(2), question: String = "question"
) throws -> Exchange? {
    let server = try serving.run { try InternetSocket.datagrams() }
    let client = try asking.run { try InternetSocket.datagrams() }
    try client.send(question, to: target, port: server.port)
    guard let heard = server.receive(within: limit) else { return nil }
    #expect(heard.text == question)
    try server.send(question + "!", to: heard.source, port: heard.port)
    let received = client.receive()
    let answer = try #require(received, "the server heard the client, and not the other way round")
    #expect(answer.port == server.port && answer.text == question + "!")
    return Exchange(clientAsSeen: heard.source, serverAsSeen: answer.source)
}
