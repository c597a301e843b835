import Resources
import Testing

/// Damaged input: whatever a file holds, reading it ends with an outcome for each document.
@Suite struct MutationTests {
    /// SplitMix64, so that a failure can be seen again.
    struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var value = state
            value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
            value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
            return value ^ value >> 31
        }
    }

    static let inputs: [String] = [
        "workloadendpoint-v1.yaml", "workloadendpoint-v3.yaml", RoundTripTests.v3, RoundTripTests.profile,
        RoundTripTests.v1Profile,
        JSONTests.compact,
        PolicySamples.networkPolicy, PolicySamples.globalNetworkPolicy, PolicySamples.kubernetesPolicy,
        PolicySamples.networkSet, PolicySamples.serviceAccount,
    ]

    @Test("damage never traps, and what is accepted all the same comes back from its JSON", arguments: inputs.indices)
    func mutated(_ index: Int) throws {
        let input = Self.inputs[index]
        let original = input.hasSuffix(".yaml") ? try fixture(input) : Array(input.utf8)
        var generator = Generator(state: UInt64(index))
        var outcomes = (accepted: 0, rejected: 0)
        for _ in 0..<3_000 {
            let bytes = damage(original, &generator)
            for document in ResourceReader(allowWideNetworks: true).documents(in: bytes, file: "e.yaml") {
                switch document.outcome {
                case .accepted(let resource):
                    outcomes.accepted += 1
                    #expect(try accepted(resource.json, allowWideNetworks: true) == resource)
                case .rejected(let rejection):
                    outcomes.rejected += 1
                    #expect(!rejection.errors.isEmpty)
                    #expect(rejection.diagnostics.allSatisfy { $0.location.line > 0 && $0.location.column > 0 })
                case .ignored: break
                }
            }
        }
        // The damage must leave both kinds, or nothing was tried.
        #expect(outcomes.accepted > 0)
        #expect(outcomes.rejected > 0)
    }

    private func damage(_ original: [UInt8], _ generator: inout Generator) -> [UInt8] {
        let special = Array("{}[]:-#&*!|>'\"%@`,?\\\n\t \u{0}---\n".utf8)
        var bytes = original
        for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
            let position = Int.random(in: bytes.indices, using: &generator)
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: bytes[position] = UInt8.random(in: 0...255, using: &generator)
            case 1: bytes.remove(at: position)
            case 2: bytes.insert(special[special.indices.randomElement(using: &generator) ?? 0], at: position)
            case 3: bytes.removeSubrange(position..<min(position + 12, bytes.count))
            case 4: bytes.insert(contentsOf: bytes[position..<min(position + 30, bytes.count)], at: position)
            default: bytes[position] = special[special.indices.randomElement(using: &generator) ?? 0]
            }
        }
        return bytes
    }
}
