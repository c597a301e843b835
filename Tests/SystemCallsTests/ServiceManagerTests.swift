import Glibc
import TestSupport
import Testing

@testable import SystemCalls

@Suite struct ServiceManagerTests {
    private let folder = TemporaryFolder()

    @Test func noticesArriveInOneDatagram() throws {
        let path = folder.path(of: "notify")
        let receiver = DatagramReceiver(path)
        let manager = try #require(ServiceManager(environment: ["NOTIFY_SOCKET": path]))
        manager.tell(.ready, .status("2 endpoints up\nREADY=0"), .watchdog)
        #expect(receiver.text() == "READY=1\nSTATUS=2 endpoints up READY=0\nWATCHDOG=1")
    }

    @Test func anAbstractNameIsUnderstood() throws {
        let name = "@margay-test-\(folder.path)"
        let receiver = DatagramReceiver(name)
        try #require(ServiceManager(environment: ["NOTIFY_SOCKET": name])).tell(.stopping)
        #expect(receiver.text() == "STOPPING=1")
    }

    @Test func aReloadTellsItsTime() throws {
        let path = folder.path(of: "notify")
        let receiver = DatagramReceiver(path)
        try #require(ServiceManager(environment: ["NOTIFY_SOCKET": path])).tell(.reloading)
        let lines = try #require(receiver.text()).split(separator: "\n")
        #expect(lines.first == "RELOADING=1")
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        let time = try #require(Int(lines[1].dropFirst("MONOTONIC_USEC=".count)))
        #expect((now.tv_sec - 60) * 1_000_000 < time && time <= (now.tv_sec + 1) * 1_000_000)
    }

    @Test func aManagerThatIsGoneIsNoFailure() throws {
        try #require(ServiceManager(environment: ["NOTIFY_SOCKET": folder.path(of: "nobody")])).tell(.ready)
    }

    @Test(arguments: [[:], ["NOTIFY_SOCKET": ""], ["NOTIFY_SOCKET": "vsock:2:1234"]])
    func withoutASocketThereIsNoManager(environment: [String: String]) {
        #expect(ServiceManager(environment: environment) == nil)
    }

    @Test func theWatchdogIsThatOfThisProcess() {
        func interval(_ more: [String: String]) -> Duration? {
            ServiceManager(environment: ["NOTIFY_SOCKET": "/n"].merging(more) { $1 })?.watchdogInterval
        }
        #expect(interval([:]) == nil)
        #expect(interval(["WATCHDOG_USEC": "0"]) == nil)
        #expect(interval(["WATCHDOG_USEC": "30000000"]) == .seconds(30))
        #expect(interval(["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "\(getpid())"]) == .seconds(30))
        #expect(interval(["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"]) == nil)
    }
}
