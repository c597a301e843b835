import ArgumentParser
import Dataplane
import DataplaneLinux
import Netlink
import NftablesNetlink
import Status
import SystemCalls

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract:
            "Shows the versions of Margay, Swift, the kernel and the libraries in use, and what the kernel offers.",
        discussion: """
            The kernel is asked whether it can log, which rules with action Log need, and whether tables can be held \
            against other programs, which lockTable needs; nothing else does. Only root may ask.
            """)

    func run() throws {
        let libraries = LoadedLibraries.read(["libmnl", "libnftnl", "libyaml"]).map { ($0.name, $0.version) }
        let versions =
            [("margay", MargayVersion.current), ("Swift", Self.compiler), ("kernel", kernelDescription())] + libraries
            + [("logging", Self.logging), ("locking", Self.locking)]
        try StandardOutput.write(
            lines: versions.map { name, version in
                name + String(repeating: " ", count: max(1, 10 - name.count)) + version
            })
    }

    /// Whether rules can log on this kernel.
    private static var logging: String {
        availability(DataplaneModel.loggingRemedy) { nftables throws(NetlinkError) in try nftables.canLog() }
    }

    /// Whether `lockTable` has an effect on it.
    private static var locking: String {
        availability(DataplaneModel.lockRemedy) { nftables throws(NetlinkError) in try nftables.canLockTables() }
    }

    private static func availability(
        _ remedy: String, _ question: (inout NftablesConnection) throws(NetlinkError) -> Bool
    ) -> String {
        do throws(NetlinkError) {
            var nftables = try NftablesConnection()
            return try question(&nftables) ? "available" : "not available: \(remedy)"
        } catch {
            return "unknown: \(error)"
        }
    }

    /// The compiler that built this; no runtime interface tells it.
    private static var compiler: String {
        #if compiler(>=6.4)
        "6.4 or later"
        #elseif compiler(>=6.3)
        "6.3"
        #else
        "6.2"
        #endif
    }
}
