import Glibc

/// One `struct inotify_event` (inotify(7)). The name is empty for the folder itself.
struct InotifyEvent: Hashable {
    /// The watch that the event comes from; -1 for an overflow, which comes from none.
    var watch: Int32
    var mask: UInt32
    var name: String

    func has(_ flags: Int32...) -> Bool { flags.contains { mask & UInt32(bitPattern: $0) != 0 } }
}

extension InotifyEvent {
    /// The events in what one `read` of an inotify descriptor returned. Names that are not UTF-8 cannot be shown or
    /// compared as text; their events are left out, as `Folder.entries()` leaves out the files.
    static func events(in bytes: some RandomAccessCollection<UInt8>) -> [InotifyEvent] {
        // Fields of 32 bits: wd, mask, cookie, len; then len bytes of name, padded with zeros.
        let headerLength = 16
        var events: [InotifyEvent] = []
        var rest = bytes[...]
        while rest.count >= headerLength {
            let header = rest.prefix(headerLength)
            rest = rest.dropFirst(headerLength)
            let nameLength = Int(word(3, of: header))
            guard nameLength <= rest.count else { break }
            let name = rest.prefix(nameLength).prefix { $0 != 0 }
            rest = rest.dropFirst(nameLength)
            if let name = String(validating: name, as: UTF8.self) {
                events.append(
                    InotifyEvent(
                        watch: Int32(bitPattern: word(0, of: header)), mask: word(1, of: header), name: name))
            }
        }
        return events
    }

    private static func word(_ index: Int, of header: some Collection<UInt8>) -> UInt32 {
        let octets = header.dropFirst(4 * index).prefix(4)
        #if _endian(little)
        return octets.reversed().reduce(0) { $0 << 8 | UInt32($1) }
        #else
        return octets.reduce(0) { $0 << 8 | UInt32($1) }
        #endif
    }
}
