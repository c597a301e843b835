package import Dataplane
import DataplaneLinux
package import NetworkValues
package import Resources
package import Settings

/// What resources ask for beside what the kernel holds, read over a socket of its own.
package struct KernelComparison: Sendable {
    package let model: DataplaneModel
    package let interfaces: [InterfaceName: InterfaceState]

    /// - Throws: `NetlinkError` when the kernel cannot be read, for want of rights for example.
    package init(_ resources: [Resource], _ settings: AgentSettings) throws {
        let options = DataplaneOptions(settings)
        var model = DataplaneModel(options: options)
        var kernel = try LinuxDataplane(options: options)
        for resource in resources {
            model.put(resource)
        }
        interfaces = try kernel.interfaces()
        for (name, state) in interfaces {
            model.setInterface(state, for: name)
        }
        model.setHost(try kernel.hostFacts(model.hostQuestion))
        model.update()
        model.observe(try kernel.snapshot(model.tracker))
        self.model = model
    }
}
