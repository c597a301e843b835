import TestSupport
import Testing

@testable import margay

@Suite struct LoadedLibrariesTests {
    @Test func theNamesOfMappedFilesTellTheVersions() throws {
        let folder = TemporaryFolder()
        let maps = """
            7f00-7f01 r--p 00000000 08:01 11 /usr/lib/x86_64-linux-gnu/libmnl.so.0.2.0
            7f02-7f03 r-xp 00001000 08:01 11 /usr/lib/x86_64-linux-gnu/libmnl.so.0.2.0
            7f04-7f05 r--p 00000000 08:01 12 /usr/lib/x86_64-linux-gnu/libyaml-0.so.2.0.9
            7f06-7f07 rw-p 00000000 00:00 0  [heap]

            """
        let path = folder.write(maps, to: "maps")
        let libraries = LoadedLibraries.read(["libmnl", "libnftnl", "libyaml"], maps: path)
        #expect(libraries.map(\.name) == ["libmnl", "libnftnl", "libyaml"])
        #expect(
            libraries.map(\.version) == ["libmnl.so.0.2.0", "not loaded as a shared library", "libyaml-0.so.2.0.9"])
    }
}
