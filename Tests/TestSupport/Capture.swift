import Foundation

/// The kernel's real answers, for tests that mutate them; `Captures/capture` says how they were taken.
public func capture(_ name: String) -> [UInt8] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Captures")
    return try! Array(Data(contentsOf: folder.appending(path: "\(name).netlink")))
}

/// Every message of a capture but the ends of its dumps, each padded as the kernel pads it.
public func messages(of name: String) -> [[UInt8]] {
    var rest = capture(name)[...]
    var messages: [[UInt8]] = []
    while rest.count >= 16 {
        let length = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        // NLMSG_DONE
        if !rest.dropFirst(4).starts(with: [3, 0]) { messages.append(Array(rest.prefix((length + 3) & ~3))) }
        rest = rest.dropFirst((length + 3) & ~3)
    }
    return messages
}

/// Runs the body on exactly these octets, aligned as in a receive buffer, so that a tool sees any reading beyond them.
public func withAlignedBytes<Result>(
    _ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws -> Result
) rethrows -> Result {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
    defer { copy.deallocate() }
    copy.copyBytes(from: bytes)
    return try body(UnsafeRawBufferPointer(copy))
}
