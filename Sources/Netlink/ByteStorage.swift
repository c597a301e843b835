import Glibc

/// Contiguous memory that grows: what a batch is written into.
///
/// What lies beyond ``count`` is zero: libmnl up to 1.0.4 skips the padding behind an attribute without writing it, and
/// the same batch shall be the same bytes.
struct ByteStorage: ~Copyable, @unchecked Sendable {
    // Sendable unchecked: the one owner is this value, and it cannot be copied.

    // From calloc(3), whose zero pages cost nothing until they are used: clearing the reserve of each message would
    // take longer than writing it. Aligned for any integer; without memory it traps, as Swift's own allocation does.
    private var base: UnsafeMutableRawPointer
    private var capacity: Int
    private(set) var count = 0

    init(capacity: Int = 0) {
        self.capacity = capacity
        base = calloc(capacity, 1)
    }

    deinit {
        free(base)
    }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    /// The byte at `offset`, until the storage next grows.
    func pointer(at offset: Int) -> UnsafeMutableRawPointer {
        precondition(offset >= 0 && offset <= capacity)
        return base + offset
    }

    /// Makes room for `additional` more bytes; what stands in the storage may move, so pointers into it end here.
    mutating func reserve(_ additional: Int) {
        let needed = count + additional
        guard needed > capacity else { return }
        capacity = max(needed, capacity * 2)
        let grown: UnsafeMutableRawPointer = calloc(capacity, 1)
        grown.copyMemory(from: base, byteCount: count)
        free(base)
        base = grown
    }

    mutating func append(_ source: UnsafeRawBufferPointer) {
        reserve(source.count)
        UnsafeMutableRawBufferPointer(start: base + count, count: capacity - count).copyMemory(from: source)
        count += source.count
    }

    mutating func append<Value: BitwiseCopyable>(_ value: Value) {
        withUnsafeBytes(of: value) { append($0) }
    }

    mutating func append(zeros added: Int) {
        reserve(added)
        count += added
    }

    /// Appends zero bytes up to the next multiple of 4 (`NLMSG_ALIGNTO`, `NLA_ALIGNTO`).
    mutating func pad() {
        append(zeros: -count & 3)
    }

    mutating func store<Value: BitwiseCopyable>(_ value: Value, at offset: Int) {
        precondition(offset >= 0 && offset + MemoryLayout<Value>.size <= count)
        base.storeBytes(of: value, toByteOffset: offset, as: Value.self)
    }

    /// Takes in bytes that were written behind the end, within the reserved room.
    mutating func extend(to newCount: Int) {
        precondition(newCount >= count && newCount <= capacity)
        count = newCount
    }

    /// Cuts back to `newCount` bytes.
    mutating func truncate(to newCount: Int) {
        precondition(newCount >= 0 && newCount <= count)
        memset(base + newCount, 0, count - newCount)
        count = newCount
    }
}
