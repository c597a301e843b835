package import Dataplane
import DataplaneLinux
package import NetworkValues
package import Nftables
package import Resources
package import Settings

/// What resources ask for beside what the kernel holds, read over a socket of its own.
package struct KernelComparison: Sendable {
    package let model: DataplaneModel
    package let interfaces: [InterfaceName: InterfaceState]
    /// Tables that should be locked and that nobody holds at present, as they are while no agent runs.
    package let unheldTables: [Table]

    /// - Parameter yielding: Those among the endpoints that lose every contest with others.
    /// - Throws: `NetlinkError` when the kernel cannot be read, for want of rights for example.
    package init(_ resources: [Resource], _ settings: AgentSettings, yielding: Set<ResourceKey> = []) throws {
        let options = DataplaneOptions(settings)
        var model = DataplaneModel(options: options)
        var kernel = try LinuxDataplane(options: options)
        for resource in resources {
            model.put(resource, yields: yielding.contains(resource.key))
        }
        interfaces = try kernel.interfaces()
        for (name, state) in interfaces {
            model.setInterface(state, for: name)
        }
        model.takePolicyChanges()
        model.setHost(try kernel.hostFacts(model.hostQuestion))
        model.update()
        var snapshot = try kernel.snapshot(model.tracker)
        var unheld: [Table] = []
        // Whoever looks on is never the holder: the agent is, or was.
        for (table, state) in snapshot.tables.states where model.tracker.tables.desired(table) == .locked {
            if state == .orphaned { unheld.append(table) }
            if state == .orphaned || state.flags == TableState.locked.flags {
                snapshot.tables.states[table] = .locked
            }
        }
        model.observe(snapshot)
        self.model = model
        unheldTables = unheld.sorted()
    }
}
