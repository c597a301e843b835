import ArgumentParser
import Status
import SystemCalls

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Shows the versions of Margay, Swift, the kernel and the libraries in use.")

    func run() {
        print("margay    \(MargayVersion.current)")
        print("Swift     \(Self.compiler)")
        print("kernel    \(kernelDescription())")
        for library in LoadedLibraries.read(["libmnl", "libnftnl", "libyaml"]) {
            print(library.name + String(repeating: " ", count: max(1, 10 - library.name.count)) + library.version)
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
