import ArgumentParser

/// Checks of what could make a table lie. Quick, needs no root; `Benchmarks/check` runs it.
struct SelfCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "self-check", abstract: "Checks the harness's own arithmetic.", shouldDisplay: false)

    func run() throws {
        try expect([3, 1, 2].median, 2, "the median of an odd number")
        try expect([4, 1, 3, 2].median, 2, "the lower median of an even number")
        try expect([Double]().median, 0, "the median of none")
        try expect((1...100).map(Double.init).quantile(0.99), 99, "p99 of a hundred")
        try expect([5].quantile(0.99), 5, "p99 of one")
        var order = ""
        let taken = try samples(
            runs: 3,
            [
                {
                    order += "a"; return 1.0
                },
                {
                    order += "b"; return 2.0
                },
            ])
        try expect(order, "abbaab", "the order of sides is turned about")
        try expect(taken, [[1, 1, 1], [2, 2, 2]], "values stay with their side")

        let slow = Row("m", 20, "ms").above(floor: 10).beside("p", 40).atMost(1.5, times: 10, "floor")
        try expect([slow.ratio, slow.peer, slow.floor], [2, 40, 10], "a ratio is of Margay to the floor")
        try expect([slow.met, slow.moreIsBetter], [false, false], "2 is more than 1.5")
        let fast = Row("m", 20, "ms").atLeast(6, timesBelow: 120, "peer")
        try expect([fast.met, fast.moreIsBetter], [true, true], "6 times below is met by 6 times")
        try expect(fast.ratio, 6, "a ratio is of the peer to Margay")
        try expect(
            [Row("m", 3, "ms").atMost(3).met, Row("m", 3.01, "ms").atMost(3).met], [true, false],
            "a limit itself is met")
        try expect(
            [1234.5, 99.44, 0.01234, 2].map(\.plain), ["1235", "99.4", "0.012", "2"], "three digits that count")
        let table = RowTable(rows: [slow]).text.split(separator: "\n")
        try expect(table.count, 2, "a head and a line")
        try expect(String(table[1].suffix(2)), "NO", "a target that is not met shows")
        let json = [Row("a \"b\"\n", 1, "ms").on("c", 7)].json
        try expect(
            json,
            "[\n  {\"measure\": \"a \\\"b\\\"\\u000a\", \"unit\": \"ms\", \"margay\": 1.0, \"peer\": null, \"peerName\": null, "
                + "\"floor\": null, \"ratio\": null, \"target\": null, \"met\": null, \"moreIsBetter\": false, "
                + "\"curve\": \"c\", \"endpoints\": 7}\n]\n", "JSON")
        print("the harness counts right")
    }

    private func expect<Value: Equatable>(_ found: Value, _ expected: Value, _ what: String) throws {
        guard found == expected else { throw HarnessError("\(what): \(found), expected \(expected)") }
    }
}
