import Glibc

/// A path for each network namespace of this machine that a process is in, or that has a name: below `/proc`, and
/// where iproute2, container runtimes and Docker keep names (`/run/netns`, `/run/docker/netns`). What cannot be looked
/// at is left out.
package func networkNamespacePaths() -> [String] {
    struct Identity: Hashable {
        let device: dev_t
        let inode: ino_t
    }
    var seen: Set<Identity> = []
    let named = ["/run/netns", "/run/docker/netns"].flatMap { folder in entries(of: folder).map { "\(folder)/\($0)" } }
    let processes = entries(of: "/proc").filter { $0.allSatisfy(\.isNumber) }.map { "/proc/\($0)/ns/net" }
    return (named + processes).filter { path in
        var facts = stat()
        guard stat(path, &facts) == 0 else { return false }
        return seen.insert(Identity(device: facts.st_dev, inode: facts.st_ino)).inserted
    }
}

private func entries(of folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        if !name.hasPrefix(".") { names.append(name) }
    }
    return names
}

/// Opens what a path leads to, for reading; `nil` where that cannot be.
package func openForReading(_ path: String) -> Descriptor? { Descriptor(open(path, O_RDONLY | O_CLOEXEC)) }
