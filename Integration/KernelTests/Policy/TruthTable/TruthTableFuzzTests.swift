import Glibc
import Testing

/// Random worlds of policies, endpoints and sets, and hundreds of packets in each: the kernel lets pass exactly what the
/// reference does.
///
/// `make test` makes the same worlds each time, so that it fails for what has changed alone. `make fuzz` runs longer and
/// begins anywhere; the environment says how:
/// - `MARGAY_FUZZ_SECONDS`: until so many seconds have passed, from a random seed.
/// - `MARGAY_FUZZ_SEED`: the first seed, a number; those after it count up.
struct TruthTableFuzzTests {
    @Test(arguments: ["perInterface", "shared"])
    func theKernelJudgesAsTheReferenceDoes(layout: String) throws {
        let environment = { (name: String) in getenv(name).map { String(cString: $0) } }
        let seconds = environment("MARGAY_FUZZ_SECONDS").flatMap(Int.init)
        var seed =
            environment("MARGAY_FUZZ_SEED").flatMap(UInt64.init)
            ?? (seconds == nil ? 1 : .random(in: 0 ... .max / 2))
        let scene = try TruthTableScene(settings: "chainLayout: \(layout)")
        let start = ContinuousClock.now
        var table = TruthTable()
        var worlds = 0
        while seconds.map({ ContinuousClock.now - start < .seconds($0) }) ?? (worlds < 16) {
            var random = PolicyWorldGenerator(seed: seed)
            var world = random.world()
            for step in 0..<3 {
                if step > 0 { world = random.edit(world) }
                do {
                    try scene.apply(world, &random)
                    let failures = try table.compare(PolicyReference(world: world), random.probes(500), scene)
                    guard failures.isEmpty else {
                        Issue.record("seed \(seed), step \(step), \(layout): \(failures.joined(separator: "\n"))")
                        return
                    }
                } catch {
                    Issue.record("seed \(seed), step \(step), \(layout): \(error)")
                    return
                }
            }
            (seed, worlds) = (seed &+ 1, worlds + 1)
        }
        print(
            "\(layout): \(worlds) worlds from seed \(seed &- UInt64(worlds)), \(table.allowed) allowed, \(table.denied) denied"
        )
        // A generator whose packets all fare alike would prove little.
        #expect(table.allowed > table.denied / 8 && table.denied > table.allowed / 8, "\(table)")
    }
}

/// Verdicts compared so far.
private struct TruthTable {
    private(set) var allowed = 0
    private(set) var denied = 0

    /// Returns what the kernel and the reference judge differently.
    mutating func compare(
        _ reference: PolicyReference, _ probes: [PolicyProbe], _ scene: TruthTableScene
    ) throws -> [String] {
        let verdicts = probes.map { reference.verdict($0) }
        let outcome = try scene.send(probes)
        let expected = verdicts.count(where: \.isAllowed)
        (allowed, denied) = (allowed + expected, denied + probes.count - expected)
        var failures = outcome.strays
        for (index, verdict) in verdicts.enumerated() where verdict.isAllowed != outcome.arrived.contains(index) {
            failures.append(
                "\(probes[index]) \(verdict.isAllowed ? "did not arrive" : "arrived"), although \(verdict.why)")
        }
        if failures.isEmpty, outcome.dropped != probes.count - expected {
            failures.append("\(outcome.dropped) drops were counted of \(probes.count - expected)")
        }
        return failures
    }
}
