import CMNL
import CNFTNL
import Nftables
import TestSupport
import Testing

@testable import Netlink
@testable import NftablesNetlink

/// Chains, rules, sets and elements that no kernel of today sends, in the form that every kernel keeps to: libnftnl ends
/// the process when an attribute has not the length of its type (`abi_breakage`), and reads texts up to their zero.
struct NftablesFuzzTests {
    private static let table = Table(.inet, "margay")

    /// What is made of a message of its type, as a text for each value.
    private static func decode(_ message: borrowing ReceivedMessage) throws -> [String] {
        switch message.type & 0xff {
        case UInt16(NFT_MSG_NEWCHAIN.rawValue):
            return try NftablesConnection.parseChain(message, in: table).map { ["\($0)"] } ?? []
        case UInt16(NFT_MSG_NEWRULE.rawValue):
            let rule = try LibraryObject.rule()
            guard nftnl_rule_nlmsg_parse(message.pointer, rule.pointer) >= 0 else { return [] }
            let (chain, compiled) = try RuleCodec.decode(rule.pointer)
            return ["\(chain) \(compiled)"]
        case UInt16(NFT_MSG_NEWSET.rawValue):
            let set = try LibraryObject.set()
            guard nftnl_set_nlmsg_parse(message.pointer, set.pointer) >= 0 else { return [] }
            return SetCodec.decode(set.pointer).map { ["\($0) \($0.key.length)"] } ?? []
        case UInt16(NFT_MSG_NEWSETELEM.rawValue):
            var elements: [ListedElement] = []
            ElementCodec.decode(UnsafeRawBufferPointer(rebasing: message.payload.dropFirst(4))) {
                elements.append(ListedElement($0, counter: $1))
            }
            return elements.map { "\($0) \($0.element.key.interfaceName)" }
        default: return []
        }
    }

    @Test(arguments: ["chains", "rules", "sets", "elements"])
    func whateverIsSentIsReadOrLeftOut(kind: String) {
        let corpus = ["inet", "arp"].flatMap { messages(of: "\($0)-\(kind)") }
        let problem = Fuzz("nftables-\(kind)", rounds: 6_000, corpus: corpus) { generator in
            var generator = generator
            var message = AttributeTree(corpus.randomElement(using: &generator)!)
            for _ in 0..<Int.random(in: 1...6, using: &generator) { message.damage(&generator) }
            return message.bytes
        }.run { bytes in
            withAlignedBytes(bytes) { bytes in
                var reader = MessageReader(bytes)
                do throws(NetlinkError) {
                    while let message = try reader.next() {
                        let values: [String]
                        do { values = try Self.decode(message) } catch { return "\(error)" }
                        // An element without a key is a nest without attributes: four octets.
                        if values.count > 1 + bytes.count / 4 { return "\(values.count) values" }
                    }
                } catch {
                    guard case .malformed = error.code else { return "another error: \(error)" }
                }
                return nil
            }
        }
        #expect(problem == nil)
    }

    @Test(arguments: ["chains", "rules", "sets", "elements"])
    func theKernelsOwnMessagesAreRead(kind: String) throws {
        let values = try messages(of: "inet-\(kind)").flatMap { bytes in
            try withAlignedBytes(bytes) { bytes in
                var reader = MessageReader(bytes)
                guard let message = try reader.next() else { return [String]() }
                return try Self.decode(message)
            }
        }
        #expect(values.count > 9)
    }
}
