import Glibc
import NetworkValues
import Testing

/// Random frames against the live source filter, compared with a model that knows no rule of it: what the model forbids
/// never passes, and what it permits does.
///
/// `make test` sends the same 20,000 frames each time, so that it fails for what has changed alone. `make fuzz` runs longer
/// and begins anywhere; the environment says how:
/// - `MARGAY_FUZZ_SECONDS`: until so many seconds have passed, from a random seed.
/// - `MARGAY_FUZZ_SEED`: the seed, a number.
struct FrameFuzzTests {
    @Test func noFramePassesThatTheModelForbidsAndEveryHonestOneDoes() throws {
        let environment = { (name: String) in getenv(name).map { String(cString: $0) } }
        let seconds = environment("MARGAY_FUZZ_SECONDS").flatMap(Int.init)
        let seed =
            environment("MARGAY_FUZZ_SEED").flatMap(UInt64.init) ?? (seconds == nil ? 1 : .random(in: 0 ... .max))
        let fuzz = try FrameFuzz(seed: seed)
        let start = ContinuousClock.now
        while seconds.map({ ContinuousClock.now - start < .seconds($0) }) ?? (fuzz.sent < 20_000) {
            for failure in try fuzz.round() {
                Issue.record("seed \(seed): \(failure)")
                return
            }
        }
        let rate = Double(fuzz.sent) / ((ContinuousClock.now - start) / .seconds(1))
        print("fuzzed with seed \(seed): \(fuzz.summary), \(Int(rate)) frames a second")
        #expect(fuzz.forbidden > fuzz.sent / 4 && fuzz.permitted > fuzz.sent / 10, "\(fuzz.summary)")
    }

    /// The model can be wrong as well: it must say of every attack and of every honest frame what their authors did.
    @Test func theModelAgreesWithTheAttackSuite() throws {
        let scene = try AttackScene()
        for attack in scene.attacks() + scene.honest() {
            for frame in attack.frames {
                switch scene.model.verdict(frame) {
                case .permitted: #expect(attack.verdict.isHonest, "\(attack.name) is permitted")
                case .forbidden(let why): #expect(!attack.verdict.isHonest, "\(attack.name) is forbidden: \(why)")
                case .either: Issue.record("\(attack.name) is not decided")
                }
            }
        }
    }
}

/// Sends frames in batches: of those that the model forbids, and of those that it permits.
private final class FrameFuzz {
    private let scene: AttackScene
    private let model: FilterModel
    private var generator: FrameGenerator
    private(set) var forbidden = 0
    private(set) var permitted = 0
    private(set) var undecided = 0
    private static let batch = 400

    var sent: Int { forbidden + permitted }
    var summary: String { "\(forbidden) forbidden, \(permitted) permitted, \(undecided) left out" }

    init(seed: UInt64) throws {
        scene = try AttackScene()
        model = scene.model
        generator = FrameGenerator(
            seed: seed, own: model, macs: scene.foreignMACs.map(\.1) + [scene.two.hostMAC],
            addresses: [
                scene.neighbour4, scene.gateway4, scene.host4, scene.outside4, scene.external.0, scene.neighbour6,
                scene.gateway6, scene.host6, scene.outside6, scene.external.1, scene.linkLocal,
            ]
                + [
                    "0.0.0.0", "255.255.255.255", "127.0.0.1", "224.0.0.1", "10.65.0.3", "::", "::1", "fe80::1",
                    "fe80::1:0:0:0:1", "ff02::1", "ff02::1:ff00:1", "ff02::16", "fec0::1", "::ffff:10.65.0.1",
                    "2001:db8::3", "fe80::1:2:3:4",
                ].map(address))
    }

    /// A batch of each kind; returns the frames that the kernel and the model see differently.
    func round() throws -> [String] {
        var batches: (forbidden: [Frame], permitted: [Frame]) = ([], [])
        while batches.forbidden.count < Self.batch {
            let frame = generator.next()
            switch model.verdict(frame) {
            case .forbidden: batches.forbidden.append(frame)
            case .permitted: batches.permitted.append(frame)
            case .either: undecided += 1
            }
        }
        forbidden += batches.forbidden.count
        permitted += batches.permitted.count
        return try differing(batches.forbidden, passing: false) + differing(batches.permitted, passing: true)
    }

    /// Halves what fared otherwise than it must, down to the frame. A frame that is lost on the way and comes when it
    /// is sent again was lost to the load; one that passed once is told all the same.
    private func differing(_ frames: [Frame], passing: Bool) throws -> [String] {
        guard !frames.isEmpty else { return [] }
        let expected = passing ? frames.count : 0
        let passed = try scene.passing(frames, expected: expected)
        guard passed != expected else { return [] }
        guard frames.count > 1 else {
            return ["\(passing ? "held back" : "passed"): \(frames[0].hex), which is \(model.verdict(frames[0]))"]
        }
        // One is enough to tell.
        for half in [frames[..<(frames.count / 2)], frames[(frames.count / 2)...]] {
            let found = try differing(Array(half), passing: passing)
            guard found.isEmpty else { return found }
        }
        return passing ? [] : ["\(passed) of these passed once: \(frames.map(\.hex))"]
    }
}
