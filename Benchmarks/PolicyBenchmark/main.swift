// What the policy index costs: its initial computation, one event beside few and beside many remote endpoints, memory.
import Glibc
import Policy
import Resources

/// Of this process, in bytes.
func residentMemory() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 128)
    guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
    let fields = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(
        separator: " ")
    return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
}

func microseconds(_ duration: Duration) -> Double { duration / .microseconds(1) }

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

func text(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }

struct Subject {
    var index: PolicyIndex
    let remote: Int
    var times: [String: [Double]] = [:]

    init(_ world: World, remote: Int) throws {
        self.remote = remote
        let before = residentMemory()
        index = PolicyIndex(node: World.node)
        let clock = ContinuousClock()
        let start = clock.now
        try world.prepare(&index)
        for number in 0..<remote {
            index.put(try world.endpoint(number, on: "there"))
        }
        _ = index.update()
        let duration = clock.now - start
        print(
            "initial computation with \(remote) remote endpoints and \(world.policies) policies:",
            "\(text(microseconds(duration) / 1000)) ms, \((residentMemory() - before) >> 20) MiB, \(index.sets.count) sets"
        )
    }

    mutating func measure(_ name: String, _ resource: Resource) {
        let start = ContinuousClock().now
        index.put(resource)
        let changes = index.update()
        times[name, default: []].append(microseconds(ContinuousClock().now - start))
        precondition(changes.endpoints.isEmpty || name.contains("policy"))
    }
}

let few = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 1000
let many = CommandLine.arguments.dropFirst(2).first.flatMap { Int($0) } ?? 100_000
let world = World(policies: 1000)
// The larger one first: what it leaves behind would count for it otherwise.
var subjects = [try Subject(world, remote: many), try Subject(world, remote: few)]
let events = 3000
for round in 0..<events {
    for place in subjects.indices {
        // Spread over all endpoints, so that what is touched is as cold as it is in the field.
        let number = (round * 7919) % subjects[place].remote
        subjects[place].measure(
            "address of an endpoint", try world.endpoint(number, on: "there", address: 1_000_000 + round))
        subjects[place].measure("label of an endpoint", try world.endpoint(number, on: "there", app: round % 10))
        subjects[place].measure("same endpoint again", try world.endpoint(number, on: "there", app: round % 10))
        subjects[place].measure("new endpoint", try world.endpoint(2_000_000 + round, on: "there"))
        if round % 30 == 0 {
            subjects[place].measure(
                "order of a policy", .networkPolicy(world.policy(round % 1000, order: Double(round))))
        }
    }
}
print("medians in microseconds beside \(few) and \(many) remote endpoints, and their ratio:")
for name in [
    "address of an endpoint", "label of an endpoint", "same endpoint again", "new endpoint", "order of a policy",
] {
    let (large, small) = (median(subjects[0].times[name] ?? [0]), median(subjects[1].times[name] ?? [0]))
    print("  \(name): \(text(small)), \(text(large)), \(text(large / small))")
}
