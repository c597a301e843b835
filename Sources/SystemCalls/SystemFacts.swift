import Glibc

/// The numeric id of a group, or `nil` if there is none of that name.
package func groupIdentifier(named name: String) -> UInt32? {
    var entry = group()
    var found: UnsafeMutablePointer<group>?
    var buffer = [CChar](repeating: 0, count: 1024)
    while true {
        let code = getgrnam_r(name, &entry, &buffer, buffer.count, &found)
        guard code == ERANGE, buffer.count < 1 << 20 else {
            return code == 0 && found != nil ? entry.gr_gid : nil
        }
        buffer = [CChar](repeating: 0, count: buffer.count * 2)
    }
}

/// The kernel's name, release and machine, as `uname -srm` prints them.
package func kernelDescription() -> String {
    var names = utsname()
    guard uname(&names) == 0 else { return "unknown" }
    return [text(names.sysname), text(names.release), text(names.machine)].joined(separator: " ")
}

/// A C array of characters as Swift imports it, a tuple.
private func text<Characters>(_ characters: Characters) -> String {
    withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}
