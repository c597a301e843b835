import CMNL
import Glibc
public import Netlink
public import NetworkValues

/// Kernel parameters of one interface that are read for all interfaces at once, through netlink.
public struct InterfaceSettings: Hashable, Sendable {
    // In the order of the places below; side by side, since there may be ten thousand interfaces.
    private var configuration4: SIMD4<Int32>?
    private var configuration6: SIMD4<Int32>?
    private var proxyDelay4: UInt32?
    private var proxyDelay6: UInt32?

    /// Where in `IFLA_INET_CONF` each stands: `IPV4_DEVCONF_*` of linux/ip.h, less one.
    private static let places4 = [("forwarding", 0), ("proxy_arp", 2), ("rp_filter", 7), ("accept_source_route", 8)]
    /// Where in `IFLA_INET6_CONF` each stands: `DEVCONF_*` of linux/ipv6.h.
    private static let places6 = [("forwarding", 0), ("accept_ra", 3), ("proxy_ndp", 22)]

    private static func places(_ family: IPFamily) -> [(key: String, place: Int)] {
        family == .v4 ? places4 : places6
    }

    /// `conf/<interface>/<key>`, as its file has it; `nil` for a key that is not among those that are read so.
    public func configuration(_ family: IPFamily, _ key: String) -> Int32? {
        guard let index = Self.places(family).firstIndex(where: { $0.key == key }) else { return nil }
        return (family == .v4 ? configuration4 : configuration6)?[index]
    }

    /// `neigh/<interface>/proxy_delay`, in hundredths of a second (`USER_HZ`), as its file has it.
    public internal(set) subscript(proxyDelay family: IPFamily) -> UInt32? {
        get { family == .v4 ? proxyDelay4 : proxyDelay6 }
        set { if family == .v4 { proxyDelay4 = newValue } else { proxyDelay6 = newValue } }
    }

    /// Takes the kernel's array, which grows from one version to the next; one that is too short is left out.
    fileprivate mutating func read(_ family: IPFamily, _ array: UnsafeRawBufferPointer) {
        var values = SIMD4<Int32>()
        for (index, (_, place)) in Self.places(family).enumerated() {
            guard array.count >= 4 * place + 4 else { return }
            values[index] = array.loadUnaligned(fromByteOffset: 4 * place, as: Int32.self)
        }
        if family == .v4 { configuration4 = values } else { configuration6 = values }
    }
}

extension RoutingSocket {
    /// The parameters of all interfaces by their names; what one has none of, IPv6's for example, is left out.
    ///
    /// Costs 9 us for each interface; reading as many parameters by their files takes 36.
    public mutating func settings() throws(NetlinkError) -> [String: InterfaceSettings] {
        var request = newRequest()
        Link.appendRequest(to: &request, .all)
        var settings = try socket.dump(request, object: "links", into: [UInt32: (name: String, InterfaceSettings)]()) {
            settings, message throws(NetlinkError) in
            let header = try message.header(ifinfomsg.self)
            guard Int32(header.ifi_family) == AF_UNSPEC else { return }
            var (name, found) = ("", InterfaceSettings())
            var attributes = try message.attributes(after: ifinfomsg.self)
            while let attribute = try attributes.next() {
                switch Int(attribute.type) {
                case Int(IFLA_IFNAME): name = attribute.string
                case Int(IFLA_AF_SPEC): try found.read(families: attribute.nested)
                default: break
                }
            }
            settings[UInt32(bitPattern: header.ifi_index)] = (name, found)
        }
        for family in IPFamily.allCases {
            for (index, delay) in try proxyDelays(family) { settings[index]?.1[proxyDelay: family] = delay }
        }
        return Dictionary(settings.values.map { ($0.name, $0.1) }) { first, _ in first }
    }

    private mutating func proxyDelays(_ family: IPFamily) throws(NetlinkError) -> [UInt32: UInt32] {
        var header = ndtmsg()
        header.ndtm_family = family.number
        var request = newRequest()
        request.append(type: UInt16(RTM_GETNEIGHTBL), flags: .dump, header: header)
        return try socket.dump(request, object: "neighbour tables", into: [:]) { delays, message throws(NetlinkError) in
            // IPv4's table or IPv6's: there are others of the kind.
            guard try message.header(ndtmsg.self).ndtm_family == family.number else { return }
            var attributes = try message.attributes(after: ndtmsg.self)
            while let attribute = try attributes.next() {
                // NDTA_PARMS; without an interface they are the default.
                guard attribute.type == 6 else { continue }
                var (index, delay): (UInt32?, UInt32?)
                var parameters = attribute.nested
                while let parameter = try parameters.next() {
                    switch parameter.type {
                    case 1: index = try parameter.integer(UInt32.self)
                    // NDTPA_PROXY_DELAY, in milliseconds.
                    case 13: delay = UInt32(truncatingIfNeeded: try parameter.integer(UInt64.self) / 10)
                    default: break
                    }
                }
                if let index, let delay { delays[index] = delay }
            }
        }
    }
}

extension InterfaceSettings {
    /// What each address family tells of the interface (`IFLA_AF_SPEC`).
    fileprivate mutating func read(families: AttributeReader) throws(NetlinkError) {
        var families = families
        while let attribute = try families.next() {
            guard let family = IPFamily(number: UInt8(truncatingIfNeeded: attribute.type)) else { continue }
            var attributes = attribute.nested
            while let attribute = try attributes.next() {
                // IFLA_INET_CONF, IFLA_INET6_CONF.
                if attribute.type == (family == .v4 ? 1 : 2) { read(family, attribute.payload) }
            }
        }
    }
}
