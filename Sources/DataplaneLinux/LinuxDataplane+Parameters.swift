import Dataplane
import Netlink
import NetworkValues
import Routing

extension LinuxDataplane {
    /// The kernel parameters that can be read: many by dumps of all interfaces, few or others by their files.
    mutating func parameters(_ ids: some Collection<SysctlID>) -> [SysctlID: String] {
        // Without dumps there are files still.
        let settings = ids.count > Self.fewParameters ? try? routing.settings() : nil
        var values: [SysctlID: String] = [:]
        values.reserveCapacity(ids.count)
        for id in ids {
            values[id] = settings?.value(of: id) ?? (try? sysctl.read(SysctlKey(id)))
        }
        return values
    }

    /// For so many the dumps would cost more where a host has hundreds of interfaces.
    private static var fewParameters: Int { 256 }
}

extension [String: InterfaceSettings] {
    fileprivate func value(of id: SysctlID) -> String? {
        switch id {
        case .forwarding: nil
        case .interface(let name, let family, .proxyDelay): self[name.rawValue]?[proxyDelay: family].map { "\($0)" }
        case .interface(let name, let family, let key):
            self[name.rawValue]?.configuration(family, key.rawValue).map { "\($0)" }
        }
    }
}
