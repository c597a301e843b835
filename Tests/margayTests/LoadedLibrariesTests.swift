import Glibc
import Testing

@testable import margay

@Suite struct LoadedLibrariesTests {
    @Test func theNamesOfMappedFilesTellTheVersions() throws {
        var template = Array("/tmp/margay-maps.XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { unlink(path) }
        let maps = """
            7f00-7f01 r--p 00000000 08:01 11 /usr/lib/x86_64-linux-gnu/libmnl.so.0.2.0
            7f02-7f03 r-xp 00001000 08:01 11 /usr/lib/x86_64-linux-gnu/libmnl.so.0.2.0
            7f04-7f05 r--p 00000000 08:01 12 /usr/lib/x86_64-linux-gnu/libyaml-0.so.2.0.9
            7f06-7f07 rw-p 00000000 00:00 0  [heap]

            """
        #expect(write(descriptor, maps, maps.utf8.count) == maps.utf8.count)
        close(descriptor)

        let libraries = LoadedLibraries.read(["libmnl", "libnftnl", "libyaml"], maps: path)
        #expect(libraries.map(\.name) == ["libmnl", "libnftnl", "libyaml"])
        #expect(
            libraries.map(\.version) == ["libmnl.so.0.2.0", "not loaded as a shared library", "libyaml-0.so.2.0.9"])
    }
}
