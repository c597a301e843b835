import CNFTNL

// libnftnl's objects, each owned by one value and freed with it. Strings and data are copied into them when set, so
// nothing here outlives the call that gave it.

/// Owns a `nftnl_table`, `nftnl_chain`, `nftnl_rule`, `nftnl_set`, … through its own pair of functions.
struct LibraryObject: ~Copyable {
    let pointer: OpaquePointer
    private let release: (OpaquePointer) -> Void

    /// - Throws: ``OutOfMemory`` when the library has none.
    init(_ allocate: () -> OpaquePointer?, release: @escaping (OpaquePointer) -> Void) throws(OutOfMemory) {
        guard let pointer = allocate() else { throw OutOfMemory() }
        self.pointer = pointer
        self.release = release
    }

    static func table() throws(OutOfMemory) -> Self {
        try Self({ nftnl_table_alloc() }, release: { nftnl_table_free($0) })
    }

    static func chain() throws(OutOfMemory) -> Self {
        try Self({ nftnl_chain_alloc() }, release: { nftnl_chain_free($0) })
    }

    static func rule() throws(OutOfMemory) -> Self {
        try Self({ nftnl_rule_alloc() }, release: { nftnl_rule_free($0) })
    }

    static func set() throws(OutOfMemory) -> Self {
        try Self({ nftnl_set_alloc() }, release: { nftnl_set_free($0) })
    }

    static func userData(capacity: UInt32) throws(OutOfMemory) -> Self {
        try Self({ nftnl_udata_buf_alloc(capacity) }, release: { nftnl_udata_buf_free($0) })
    }

    deinit {
        release(pointer)
    }
}

/// The library could not allocate an object.
struct OutOfMemory: Error {}

extension UInt16 {
    /// libnftnl numbers its attributes in named and in anonymous enumerations, which import differently.
    init(_ attribute: nftnl_rule_attr) { self = UInt16(attribute.rawValue) }
    init(_ attribute: nftnl_chain_attr) { self = UInt16(attribute.rawValue) }
    init(_ attribute: nftnl_table_attr) { self = UInt16(attribute.rawValue) }
    init(_ attribute: nftnl_set_attr) { self = UInt16(attribute.rawValue) }
}
