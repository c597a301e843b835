import Glibc
import NetworkValues
import TestSupport
import Testing

@testable import Routing

/// A folder that stands for /proc/sys.
private struct FakeRoot {
    private let folder = TemporaryFolder()
    var path: String { folder.path }

    init() { folder.makeFolder("net/ipv4/conf/eth0.7") }

    func put(_ text: String, _ file: String) { folder.write(text, to: file) }
}

struct SysctlTests {
    @Test func anInterfacesDotsSeparateNothing() throws {
        let name = try InterfaceName(parsing: "eth0.7")
        #expect(SysctlKey.interface(.v4, name, "forwarding").path == "net/ipv4/conf/eth0.7/forwarding")
        #expect(SysctlKey.neighbour(.v6, name, "proxy_delay").path == "net/ipv6/neigh/eth0.7/proxy_delay")
    }

    @Test func aValueIsReadWithoutItsLineEndAndWritten() throws {
        let root = FakeRoot()
        root.put("0\n", "net/ipv4/conf/eth0.7/forwarding")
        let sysctl = Sysctl(root: root.path)
        let key = SysctlKey.interface(.v4, try InterfaceName(parsing: "eth0.7"), "forwarding")
        #expect(try sysctl.read(key) == "0")
        try sysctl.write("1", to: key)
        #expect(try sysctl.read(key) == "1")
    }

    @Test func aMissingParameterIsToldWithItsFileAndRemedy() throws {
        let root = FakeRoot()
        let key = SysctlKey(path: "net/ipv6/conf/cali1/forwarding")
        let error = try #require(
            #expect(throws: SysctlError.self) { try Sysctl(root: root.path).write("1", to: key) })
        #expect(error.errno == ENOENT)
        #expect(error.description.hasPrefix("write 1 to \(root.path)/\(key.path): No such file or directory (ENOENT)"))
        #expect(try #require(error.remedy).contains("IPv6 is switched off"))
    }

    @Test func writingNeverCreatesAFile() throws {
        let root = FakeRoot()
        let key = SysctlKey(path: "net/ipv4/absent")
        #expect(throws: SysctlError.self) { try Sysctl(root: root.path).write("1", to: key) }
        #expect(access("\(root.path)/\(key.path)", F_OK) != 0)
    }

    @Test func aReadOnlyProcfsIsToldApartFromMissingRights() {
        #expect(SysctlError(errno: EROFS, operation: "write", path: "p").remedy!.contains("read-only"))
        #expect(SysctlError(errno: EACCES, operation: "write", path: "p").remedy!.contains("root"))
    }
}
