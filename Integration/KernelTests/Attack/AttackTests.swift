import Dataplane
import NetworkValues
import Testing

/// Every way round the source filter that is known of, from inside a workload: each frame is dropped and counted once,
/// for its reason and its endpoint, and neither the host's stack nor anybody else sees it. Beside them stand the honest
/// frames that look most like them, which pass; dropping everything would not do.
struct AttackTests {
    @Test func noForeignMACPassesWithIPv4() throws {
        let scene = try AttackScene()
        try scene.judge(scene.foreignMACAttacks4())
    }

    @Test func noForeignMACPassesWithIPv6() throws {
        let scene = try AttackScene()
        try scene.judge(scene.foreignMACAttacks6())
    }

    @Test func noForeignAddressPasses() throws {
        let scene = try AttackScene()
        try scene.judge(scene.foreignAddressAttacks4())
        try scene.judge(scene.foreignAddressAttacks6())
    }

    @Test func noTagTypeOrOptionHidesAForgery() throws {
        let scene = try AttackScene()
        try scene.judge(scene.frameAttacks())
        try scene.judge(scene.optionAttacks())
    }

    @Test func neighbourDiscoveryClaimsOnlyWhatIsTheEndpoints() throws {
        let scene = try AttackScene()
        try scene.judge(scene.solicitationAttacks())
        try scene.judge(scene.advertisementAttacks())
        try scene.judge(scene.routerSolicitationAttacks())
        try scene.judge(scene.otherMessageAttacks())
    }

    @Test func neighbourDiscoveryHidesNowhere() throws {
        let scene = try AttackScene()
        try scene.judge(scene.hiddenDiscoveryAttacks())
        try scene.judge(scene.fragmentHeaderAttacks())
    }

    @Test func aWorkloadIsNoRouter() throws {
        let scene = try AttackScene()
        try scene.judge(scene.routerAttacks())
    }

    @Test func aWorkloadIsNoDHCPServerAndNobodyElsesClient() throws {
        let scene = try AttackScene()
        try scene.judge(scene.dhcpAttacks())
    }

    @Test func noForeignClaimByARPIsHeard() throws {
        let scene = try AttackScene()
        try scene.judge(scene.arpAttacks())
    }

    @Test func whatIsHonestPasses() throws {
        let scene = try AttackScene()
        try scene.judge(scene.honestPackets())
        try scene.judge(scene.honestDiscovery())
        try scene.judge(scene.honestDHCP())
        try scene.judge(scene.honestARP())
    }

    /// Each attack is told from the others by its name, and there are more than a few.
    @Test func attacksHaveNames() throws {
        let names = try AttackScene().attacks().map(\.name)
        #expect(Set(names).count == names.count, "\(Set(names.filter { name in names.count { $0 == name } > 1 }))")
        #expect(names.count > 500)
    }
}
