package import NetworkValues
package import Routing

extension DataplaneModel {
    /// The parameters of ours that are not what the kernel says they are now.
    package func contradicted(by parameters: InterfaceParameters) -> [SysctlID] {
        let values: [(SysctlID?, Int32?)]
        switch parameters.scope {
        case .standard: return []
        case .all: values = [(.forwarding(parameters.family), parameters.forwarding)]
        case .interface(let index):
            guard let name = tracker.interfaceNames[index] else { return [] }
            let proxy: SysctlID.Key = parameters.family == .v4 ? .proxyARP : .proxyNDP
            values = [
                (.interface(name, parameters.family, .forwarding), parameters.forwarding),
                (.interface(name, parameters.family, .reversePathFilter), parameters.reversePathFilter),
                (.interface(name, parameters.family, proxy), parameters.proxyNeighbours),
            ]
        }
        return values.compactMap { id, value in
            // What is not set yet is no loss: the kernel tells of each interface that appears.
            guard let id, let value, tracker.sysctls.isSettled(id), tracker.sysctls.desired(id) != "\(value)" else {
                return nil
            }
            return id
        }
    }

    /// The parameters of ours that the interface was believed to have.
    package func settledParameters(of name: InterfaceName) -> [SysctlID] {
        claims.claimants(of: name).flatMap { key in
            bundle(of: key)?.sysctls ?? []
        }.filter(tracker.sysctls.isSettled)
    }
}
