import ArgumentParser
import Status
import SystemCalls

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Shows the versions of Margay, Swift, the kernel and the libraries in use.")

    func run() throws {
        let libraries = LoadedLibraries.read(["libmnl", "libnftnl", "libyaml"]).map { ($0.name, $0.version) }
        let versions =
            [("margay", MargayVersion.current), ("Swift", Self.compiler), ("kernel", kernelDescription())] + libraries
        try StandardOutput.write(
            lines: versions.map { name, version in
                name + String(repeating: " ", count: max(1, 10 - name.count)) + version
            })
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
