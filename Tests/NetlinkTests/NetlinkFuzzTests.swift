import CMNL
import TestSupport
import Testing

@testable import Netlink

/// What the kernel would have to be broken to send: reading it ends, with values or with an error.
struct NetlinkFuzzTests {
    @Test func messagesAndAttributesEnd() {
        let corpus = ["errors", "links", "inet-rules", "flows"].flatMap { [capture($0)] + messages(of: $0).prefix(20) }
        let problem = Fuzz("netlink-attributes", rounds: 20_000, corpus: corpus).run { bytes in
            withAlignedBytes(bytes) { bytes in
                var reader = MessageReader(bytes)
                var (messages, attributes) = (0, 0)
                do throws(NetlinkError) {
                    while let message = try reader.next() {
                        messages += 1
                        attributes += try walk(try message.attributes(after: ifinfomsg.self), depth: 0)
                    }
                } catch {
                    guard case .malformed = error.code else { return "another error: \(error)" }
                }
                // Every message and every attribute takes its header at least, at each of the four levels.
                return messages <= bytes.count / 16 && attributes <= bytes.count ? nil : "\(messages), \(attributes)"
            }
        }
        #expect(problem == nil)
    }

    /// Every way to read an attribute, down to the fourth level, where the kernel's own nesting ends.
    private func walk(_ attributes: AttributeReader, depth: Int) throws(NetlinkError) -> Int {
        var attributes = attributes
        var count = 0
        while let attribute = try attributes.next() {
            count += 1
            _ = attribute.string
            _ = try? attribute.integer(UInt8.self)
            _ = try? attribute.integer(UInt32.self)
            _ = try? attribute.bigEndian(UInt64.self)
            if depth < 3 { count += (try? walk(attribute.nested, depth: depth + 1)) ?? 0 }
        }
        return count
    }

    @Test func repliesAreErrorsOrSuccess() {
        let problem = Fuzz("netlink-replies", rounds: 20_000, corpus: messages(of: "errors")).run { bytes in
            withAlignedBytes(bytes) { bytes in
                var reader = MessageReader(bytes)
                do throws(NetlinkError) {
                    while let message = try reader.next() {
                        for reply in [
                            try? KernelReply(errorMessage: message), try? KernelReply(doneMessage: message),
                        ] {
                            guard let reply else { continue }
                            let text = reply.error("read", "object")?.description
                            guard (text == nil) == (reply.errno == 0) else { return "\(reply)" }
                        }
                    }
                } catch {
                    guard case .malformed = error.code else { return "another error: \(error)" }
                }
                return nil
            }
        }
        #expect(problem == nil)
    }
}
