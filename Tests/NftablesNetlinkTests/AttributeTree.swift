/// A netlink message of the netfilter family, taken apart: it can be changed and remains a message.
struct AttributeTree {
    /// The headers of netlink and of netfilter.
    private let head: [UInt8]
    private var attributes: [Node]

    private struct Node {
        /// With its flags.
        var type: UInt16
        var payload: [UInt8]
        var nested: [Node]?

        init(_ type: UInt16, _ payload: ArraySlice<UInt8>) {
            self.type = type
            self.payload = Array(payload)
            nested = Node.read(payload)
        }

        /// `nil` for what is no row of attributes: nf_tables does not mark its nests (`NLA_F_NESTED`), but no number,
        /// address or name of its messages looks like one.
        static func read(_ bytes: ArraySlice<UInt8>) -> [Node]? {
            var rest = bytes
            var nodes: [Node] = []
            while !rest.isEmpty {
                let fields = Array(rest.prefix(4))
                guard fields.count == 4 else { return nil }
                let length = Int(fields[0]) | Int(fields[1]) << 8
                let type = UInt16(fields[2]) | UInt16(fields[3]) << 8
                guard length >= 4, length <= rest.count, (1...40).contains(type & 0x3fff) else { return nil }
                nodes.append(Node(type, rest.dropFirst(4).prefix(length - 4)))
                rest = rest.dropFirst((length + 3) & ~3)
            }
            return nodes.isEmpty ? nil : nodes
        }

        var bytes: [UInt8] {
            let content = nested.map { $0.flatMap(\.bytes) } ?? payload
            let length = content.count + 4
            return [UInt8(length & 0xff), UInt8(length >> 8), UInt8(type & 0xff), UInt8(type >> 8)] + content
                + [UInt8](repeating: 0, count: -length & 3)
        }

        mutating func damage(_ generator: inout some RandomNumberGenerator) {
            if nested != nil {
                nested!.indices.randomElement(using: &generator).map { nested![$0].damage(&generator) }
            } else if !payload.isEmpty {
                // The last octet of a text is its end.
                let isText = payload.count != 4 && payload.count != 8 && payload.last == 0
                let places = payload.indices.dropLast(isText ? 1 : 0)
                guard let place = places.randomElement(using: &generator) else { return }
                if payload.count == 4, Bool.random(using: &generator) {
                    payload = [
                        [0, 0, 0, 0], [0, 0, 0, 1], [255, 255, 255, 255], [0x7f, 255, 255, 255], [0x80, 0, 0, 0],
                    ]
                    .randomElement(using: &generator)!
                } else {
                    payload[place] = UInt8.random(in: 0...255, using: &generator)
                }
            }
        }

        /// What stands within another is changed only: libnftnl takes for granted that an expression has its data.
        static func damage(_ nodes: inout [Node], _ generator: inout some RandomNumberGenerator) {
            guard let place = nodes.indices.randomElement(using: &generator) else { return }
            switch Int.random(in: 0..<10, using: &generator) {
            case 0: nodes.remove(at: place)
            // At most so often that the message stays one.
            case 1 where nodes.count < 60: nodes.insert(nodes[place], at: place)
            case 2: nodes.swapAt(place, nodes.indices.randomElement(using: &generator)!)
            default: nodes[place].damage(&generator)
            }
        }
    }

    init(_ message: [UInt8]) {
        head = Array(message.prefix(20))
        attributes = Node.read(message.dropFirst(20)) ?? []
    }

    mutating func damage(_ generator: inout some RandomNumberGenerator) {
        Node.damage(&attributes, &generator)
    }

    var bytes: [UInt8] {
        var message = head + attributes.flatMap(\.bytes)
        withUnsafeBytes(of: UInt32(message.count)) { message.replaceSubrange(0..<4, with: $0) }
        return message
    }
}
