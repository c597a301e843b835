import CMNL
import Glibc

/// A netlink socket.
///
/// It belongs to the network namespace of the thread that opened it, stays there, and may then be used from any thread;
/// exclusive access is what `mutating` and non-copyability enforce.
///
/// Keep a netfilter socket for life: closing one while the kernel still destroys deleted objects waits for that.
/// A socket that is a member of multicast groups should do nothing else, since events count towards its receive buffer.
public struct NetlinkSocket: ~Copyable, Sendable {
    let handle: SocketHandle
    public let family: NetlinkFamily
    var receiveBuffer = ReceiveBuffer()
    /// The sequence number that the next batch on this socket should start with.
    public internal(set) var nextSequence = UInt32.random(in: 1...0x3fff_ffff)
    var sendBufferSize = 0
    /// Whether answers to an abandoned request may still be queued.
    var hasLeftovers = false

    /// Opens a socket in the calling thread's network namespace, closed on exec.
    ///
    /// - Parameters:
    ///   - groups: Multicast groups to join (`RTNLGRP_*`, `NFNLGRP_*`).
    ///   - receiveBufferSize: In bytes. Beyond `net.core.rmem_max` this needs CAP_NET_ADMIN; without it the socket
    ///     gets what the system allows.
    public init(
        family: NetlinkFamily, groups: [UInt32] = [], receiveBufferSize: Int32 = 8 << 20
    ) throws(NetlinkError) {
        let handle = try SocketHandle(family)
        // Each option is newer than netlink itself; without one there is less to read, not a failure.
        // CAP_ACK: an error repeats only the header of what it refuses, not 64 KiB of elements.
        handle.enable(NETLINK_CAP_ACK)
        handle.enable(NETLINK_EXT_ACK)
        if family == .route {
            // Dump requests are checked and their filters obeyed (kernel 4.20).
            handle.enable(NETLINK_GET_STRICT_CHK)
        }
        handle.setReceiveBuffer(receiveBufferSize)
        for group in groups {
            try handle.join(group, of: family)
        }
        self.handle = handle
        self.family = family
    }

    /// For poll(2) and epoll(7): readable when an event has arrived. Reading or closing it breaks the socket.
    public var fileDescriptor: Int32 { mnl_socket_get_fd(handle.pointer) }

    /// The address that the kernel answers to.
    public var portID: UInt32 { mnl_socket_get_portid(handle.pointer) }

    /// Subscribes to the events of a multicast group (`RTNLGRP_*`, `NFNLGRP_*`).
    public mutating func join(group: UInt32) throws(NetlinkError) {
        try handle.join(group, of: family)
    }

    public mutating func leave(group: UInt32) throws(NetlinkError) {
        guard handle.setOption(NETLINK_DROP_MEMBERSHIP, Int32(bitPattern: group)) else {
            throw .systemCall("leave", "netlink \(family.rawValue) group \(group)")
        }
    }
}

/// Owns the `mnl_socket`.
struct SocketHandle: ~Copyable, @unchecked Sendable {
    // Sendable unchecked: libmnl keeps a descriptor and an address behind the pointer, bound to no thread.
    let pointer: OpaquePointer

    init(_ family: NetlinkFamily) throws(NetlinkError) {
        pointer = try Self.open(family)
    }

    private static func open(_ family: NetlinkFamily) throws(NetlinkError) -> OpaquePointer {
        let object = "netlink \(family.rawValue) socket"
        guard let opened = mnl_socket_open2(family.bus, Int32(SOCK_CLOEXEC.rawValue)) else {
            throw .systemCall("open", object)
        }
        guard mnl_socket_bind(opened, 0, MNL_SOCKET_AUTOPID) == 0 else {
            let error = NetlinkError.systemCall("bind", object)
            mnl_socket_close(opened)
            throw error
        }
        return opened
    }

    deinit {
        mnl_socket_close(pointer)
    }

    @discardableResult
    borrowing func setOption(_ option: Int32, _ value: Int32) -> Bool {
        var value = value
        return mnl_socket_setsockopt(pointer, option, &value, socklen_t(MemoryLayout<Int32>.size)) == 0
    }

    borrowing func join(_ group: UInt32, of family: NetlinkFamily) throws(NetlinkError) {
        guard setOption(NETLINK_ADD_MEMBERSHIP, Int32(bitPattern: group)) else {
            throw .systemCall("join", "netlink \(family.rawValue) group \(group)")
        }
    }

    borrowing func enable(_ option: Int32) {
        setOption(option, 1)
    }

    borrowing func setReceiveBuffer(_ size: Int32) {
        if !setSocketOption(SO_RCVBUFFORCE, size) {
            _ = setSocketOption(SO_RCVBUF, size)
        }
    }

    /// - Returns: Whether the size was set; without CAP_NET_ADMIN the system may cap it silently.
    borrowing func setSendBuffer(_ size: Int32) -> Bool {
        setSocketOption(SO_SNDBUFFORCE, size) || setSocketOption(SO_SNDBUF, size)
    }

    private borrowing func setSocketOption(_ option: Int32, _ value: Int32) -> Bool {
        var value = value
        let length = socklen_t(MemoryLayout<Int32>.size)
        return setsockopt(mnl_socket_get_fd(pointer), SOL_SOCKET, option, &value, length) == 0
    }
}

/// Memory for one datagram. The kernel fills up to 32 KiB of a dump at once, if the reader has room for it; a single
/// message may be longer.
struct ReceiveBuffer: ~Copyable, @unchecked Sendable {
    // Sendable unchecked: the one owner is this value, and it cannot be copied.
    private(set) var bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)

    deinit {
        bytes.deallocate()
    }

    mutating func grow(to count: Int) {
        bytes.deallocate()
        bytes = .allocate(byteCount: count, alignment: 16)
    }
}
