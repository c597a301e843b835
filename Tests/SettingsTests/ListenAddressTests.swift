import Settings
import Testing

@Suite struct ListenAddressTests {
    @Test(arguments: ["127.0.0.1:9099", "0.0.0.0:1", "[::1]:65535"])
    func readsAndWritesAddressAndPort(text: String) {
        #expect(ListenAddress(text)?.description == text)
    }

    @Test(arguments: [
        "", ":80", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "::1:80", "[127.0.0.1]:80", "h:80", "[::1]",
    ])
    func refusesOtherTexts(text: String) {
        #expect(ListenAddress(text) == nil)
    }
}
