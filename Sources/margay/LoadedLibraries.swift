import Settings
import SystemCalls

/// The shared libraries that this process has mapped.
///
/// Asking the libraries would need their headers here; libmnl and libnftnl tell no version at run time anyway. The
/// number is the library file's, which is not the package's: libmnl.so.0.2.0 is of libmnl 1.0.
struct LoadedLibraries {
    static func read(_ names: [String], maps: String = "/proc/self/maps") -> [(name: String, version: String)] {
        let lines = (try? contents(ofFile: maps)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let files = Set(lines.split(separator: "\n").compactMap { $0.split(separator: "/").last.map(String.init) })
        return names.map { name in
            (name, files.filter { $0.hasPrefix(name) && $0.contains(".so") }.min() ?? "not loaded as a shared library")
        }
    }
}
