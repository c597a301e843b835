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
    var names: [String] = []

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

    enum Event {
        case put(Resource)
        case remove(ResourceKey)
    }

    mutating func measure(_ name: String, _ event: Event) {
        let start = ContinuousClock().now
        switch event {
        case .put(let resource): index.put(resource)
        case .remove(let key): index.remove(key)
        }
        _ = index.update()
        let duration = microseconds(ContinuousClock().now - start)
        if times[name] == nil { names.append(name) }
        times[name, default: []].append(duration)
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
        let (before, after) = (round % World.apps, (round + 1) % World.apps)
        subjects[place].index.put(try world.endpoint(number, on: "there", app: before))
        _ = subjects[place].index.update()
        // The address first: it is found cold.
        let moved = try world.endpoint(number, on: "there", app: before, address: 1_000_000 + round)
        subjects[place].measure("address of an endpoint", .put(moved))
        subjects[place].measure("label of an endpoint", .put(try world.endpoint(number, on: "there", app: after)))
        subjects[place].measure("same endpoint again", .put(try world.endpoint(number, on: "there", app: after)))
        let new = try world.endpoint(2_000_000 + round, on: "there")
        subjects[place].measure("new endpoint", .put(new))
        subjects[place].measure("endpoint gone", .remove(new.key))
        let policy = world.policy(number % world.policies, order: Double(round))
        subjects[place].measure("order of a policy", .put(.networkPolicy(policy)))
    }
}
print("medians in microseconds beside \(few) and \(many) remote endpoints, and their ratio:")
for name in subjects[0].names {
    let (large, small) = (median(subjects[0].times[name] ?? [0]), median(subjects[1].times[name] ?? [0]))
    print("  \(name): \(text(small)), \(text(large)), \(text(large / small))")
}
