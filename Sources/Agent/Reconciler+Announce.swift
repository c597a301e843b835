import Dataplane
import DataplaneLinux
import Logging
import NetworkValues
import Routing

extension Reconciler {
    /// Tells neighbours of the external addresses that this host has newly begun to answer for, and once more after a
    /// while: nobody acknowledges such a frame, and a switch's port may only just have come up.
    ///
    /// An agent that finds its entries in the kernel has taken nothing over, and says nothing.
    func announceTakeover(of entries: Set<NeighbourID>) {
        guard announce(entries) else { return }
        Task { [weak self] in
            guard (try? await Task.sleep(for: .milliseconds(1500))) != nil else { return }
            await self?.announce(entries)
        }
    }

    /// What a neighbour would send to the card's former address, it learns at once.
    func announceMoved(from former: [HostLink]?) {
        let moved = Set(
            (model.host.links ?? []).filter { link in
                former?.contains { $0.index == link.index && $0.hardwareAddress != link.hardwareAddress } == true
            }.map(\.index))
        guard !moved.isEmpty else { return }
        announceTakeover(of: Set(model.tracker.neighbours.desiredKeys.filter { moved.contains($0.interfaceIndex) }))
    }

    /// - Returns: Whether there was anything to tell.
    @discardableResult
    private func announce(_ entries: Set<NeighbourID>) -> Bool {
        let entries = model.announced(entries)
        guard !entries.isEmpty else { return false }
        let problems = kernel.announce(entries)
        let addresses = Set(entries.map(\.address)).sorted()
        let shown = 5
        let list = addresses.prefix(shown).map(\.description).joined(separator: ", ")
        let metadata: Logger.Metadata = ["addresses": "\(list)\(addresses.count > shown ? ", …" : "")"]
        for problem in problems {
            logger.warning(
                "Neighbours were not told of external addresses; they learn when they ask anew",
                metadata: metadata.merging(["error": "\(problem)"]) { $1 })
        }
        if problems.isEmpty { logger.info("Announced external addresses", metadata: metadata) }
        return true
    }
}
