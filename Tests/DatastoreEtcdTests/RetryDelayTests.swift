import Testing

@testable import DatastoreEtcd

@Suite struct RetryDelayTests {
    @Test("pauses grow to five seconds and no further, and differ from agent to agent") func growth() {
        var generator = SystemRandomNumberGenerator()
        var firsts: Set<Duration> = []
        for _ in 0..<50 {
            var delay = RetryDelay()
            for round in 0..<12 {
                let bound = min(Duration.milliseconds(100) * (1 << round), .seconds(5))
                let pause = delay.next(using: &generator)
                #expect(pause >= bound / 2 && pause <= bound)
                if round == 0 { firsts.insert(pause) }
            }
            delay.reset()
            #expect(delay.next(using: &generator) <= .milliseconds(100))
        }
        #expect(firsts.count > 10)
    }
}
