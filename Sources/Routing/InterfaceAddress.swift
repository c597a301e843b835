public import NetworkValues

/// An address of an interface of the host (rtnetlink(7), `RTM_NEWADDR`).
public struct InterfaceAddress: Hashable, Sendable {
    public var interfaceIndex: UInt32
    /// The host's own address (`IFA_LOCAL`).
    public var local: IPAddress
    /// The network it makes reachable; of a point-to-point interface, the peer.
    public var prefix: IPPrefix
    public var scope: RouteScope
    /// `IFA_F_*`: bit 0x40 is tentative, 0x08 failed duplicate address detection.
    public var flags: UInt32

    public init(
        interfaceIndex: UInt32, local: IPAddress, prefix: IPPrefix, scope: RouteScope = .universe, flags: UInt32 = 0
    ) {
        self.interfaceIndex = interfaceIndex
        self.local = local
        self.prefix = prefix
        self.scope = scope
        self.flags = flags
    }
}
