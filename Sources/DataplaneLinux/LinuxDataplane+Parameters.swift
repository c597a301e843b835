import Dataplane
import Netlink
import NetworkValues
import Routing

extension LinuxDataplane {
    /// The kernel parameters that can be read: many by dumps of all interfaces, few or others by their files.
    mutating func parameters(_ ids: some Collection<SysctlID>) -> [SysctlID: String] {
        let reader = parameterReader(for: ids.count)
        var values: [SysctlID: String] = [:]
        values.reserveCapacity(ids.count)
        for id in ids {
            values[id] = reader.value(of: id)
        }
        return values
    }

    /// For this many parameters.
    mutating func parameterReader(for count: Int) -> ParameterReader {
        // Without dumps there are files still.
        ParameterReader(sysctl: sysctl, settings: count > Self.fewParameters ? try? routing.settings() : nil)
    }

    /// For so many the dumps would cost more where a host has hundreds of interfaces.
    private static var fewParameters: Int { 256 }
}

/// Reads kernel parameters one by one, of interfaces that were dumped from that.
struct ParameterReader {
    let sysctl: Sysctl
    let settings: [String: InterfaceSettings]?

    /// `nil` if it is not there.
    func value(of id: SysctlID) -> String? { settings?.value(of: id) ?? (try? sysctl.read(SysctlKey(id))) }
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
