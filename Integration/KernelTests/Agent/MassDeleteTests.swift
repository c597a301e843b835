import Status
import Testing

/// A source that loses many endpoints at once.
struct MassDeleteTests {
    private let scene: MassDeleteScene

    init() throws {
        scene = try MassDeleteScene(settings: "massDeleteHold: 1h")
    }

    @Test func whatIsLostAtOnceStaysUntilItIsConfirmed() throws {
        let agent = try scene.installation.startAgent()
        try agent.waitUntilReady()
        let traffic = try scene.flow()
        try traffic.waitForMore("one", at: scene.outside)
        try scene.loseEverything()
        let report = try agent.wait(for: "the hold") { $0.dataplane.state == .held }
        #expect(report.endpoints.count == 12)
        #expect(report.dataplane.held?.endpoints == 12)
        #expect(report.dataplane.held?.of == 12)
        #expect(!report.ready)
        try traffic.waitForMore("one", at: scene.outside)

        let confirmation = try scene.installation.run("confirm")
        #expect(confirmation.exitCode == 0, "\(confirmation)")
        #expect(confirmation.output == "confirmed: 12 endpoints go\n")
        // The answer came after the removal.
        #expect(try scene.routes() == [])
        traffic.stop()
        #expect(try traffic.leaked(["spoofed", "denied"], at: scene.outside) == [:])
        let after = try agent.waitUntilReady()
        #expect(after.endpoints == [])
        #expect(try scene.installation.run("confirm").output == "nothing is held\n")
    }
}
