import Dataplane
import DataplaneLinux
import Logging
import NetworkValues
import Nftables
import Settings
import Status

extension Reconciler {
    /// Chains of others that stand in the way of the present endpoints' packets.
    var foreignChains: [ForeignChain] {
        ForeignChain.judge(othersChains, families: Set(IPFamily.allCases.filter(model.isUsed)))
    }

    /// What of them the status says in words.
    var foreignNotices: [String] {
        foreignChains.filter { isWorthANotice($0) }.map { $0.text(prefixes: settings.interfacePrefixes) }
    }

    /// Hosts that protect themselves are no news, unless endpoints are meant to reach them.
    private func isWorthANotice(_ chain: ForeignChain) -> Bool {
        chain.concernsForwarding || chain.effect == .drops || model.options.acceptsEndpointToHost
    }

    /// Reads what base chains others have.
    func readForeignChains() {
        do {
            othersChains = try kernel.foreignBaseChains()
        } catch {
            // It decides about nothing that is programmed; what was known is said on.
            logger.debug("Chains of others cannot be read", metadata: ["error": "\(error)"])
        }
    }

    /// Says once of each that it is there, and once that it has gone.
    func noteForeignChains() {
        let present = Set(foreignChains.filter { isWorthANotice($0) })
        guard present != notedChains else { return }
        for chain in present.subtracting(notedChains) {
            logger.warning(
                "A chain of another program stands in the way of endpoints' packets",
                metadata: ["chain": "\(chain.text)", "effect": "\(chain.effect.rawValue)"])
        }
        for chain in notedChains.subtracting(present) {
            logger.notice(
                "A chain of another program no longer stands in the way of endpoints' packets, or in another way",
                metadata: ["chain": "\(chain.text)"])
        }
        notedChains = present
    }

    /// Others changed something of theirs. Programs that keep large rulesets change them all the time, so this looks once
    /// after a while for all that was changed meanwhile.
    func foreignersChanged() {
        guard foreignReading == nil else { return }
        foreignReading = Task {
            try? await Task.sleep(for: .milliseconds(300))
            rereadForeignChains()
        }
    }

    private func rereadForeignChains() {
        foreignReading = nil
        begin(.read)
        defer { rest() }
        readForeignChains()
        noteForeignChains()
    }
}

extension StatusReport.ForeignChain {
    init(_ foreign: ForeignChain) {
        let chain = foreign.chain
        self.init(
            table: "\(chain.table)", chain: chain.name, hook: chain.base.hook.rawValue, priority: chain.base.priority,
            policy: chain.base.policy == .drop ? "drop" : "accept", devices: chain.devices,
            effect: foreign.effect == .drops ? .drops : .mayDrop)
    }
}
