import NetworkValues
import Nftables
import Resources

extension EndpointRenderer {
    /// What the endpoint may have as the source of its packets.
    func sources(_ subject: Subject, _ bundle: inout ObjectBundle) {
        switch subject.filter {
        case .enforced(let mac):
            let mac = Value(mac)
            bundle.add(.macs, subject.name, mac)
            if options.needs(.ownMACs) {
                bundle.add(.ownMACs, subject.name, mac)
            }
            for address in subject.addresses {
                bundle.add(.source(address.family), subject.name, mac, Value(address))
            }
        case .absent:
            bundle.add(.bare, subject.name)
            for address in subject.addresses {
                bundle.add(.bare(address.family), subject.name, Value(address))
            }
        case .unenforceable: return
        }
        // Beyond single addresses only once the MAC was checked, in the slower kind of set.
        let wide = subject.wideNetworks + subject.endpoint.allowSpoofedSourcePrefixes
        for family in IPFamily.allCases {
            bundle.add(.wide(family), Intervals(wide, family: family).elements(after: subject.name))
        }
        guard options.filtersND else { return }
        // Prefixes that it may use beside its own networks are somebody else's to answer for.
        for address in subject.addresses where address.family == .v6 {
            bundle.add(.ownTargets, subject.name, Value(address))
        }
        bundle.add(.ownTargetsWide, Intervals(subject.wideNetworks, family: .v6).elements(after: subject.name))
    }

    /// What the endpoint may claim about itself in ARP. Prefixes that it may use beside its own networks are somebody
    /// else's to claim.
    func arpSenders(_ subject: Subject, _ bundle: inout ObjectBundle) {
        let addresses = subject.addresses.filter { $0.family == .v4 }.map { Value($0) }
        let wide = Intervals(subject.wideNetworks, family: .v4).elements(after: subject.name)
        switch subject.filter {
        case .enforced(let mac):
            let mac = Value(mac)
            bundle.add(.arpProbe, subject.name, mac, mac)
            for address in addresses {
                bundle.add(.arpSender, subject.name, mac, mac, address)
            }
            bundle.add(.arpWide, wide)
        case .absent:
            bundle.add(.arpBare, subject.name, .anyIPv4)
            for address in addresses {
                bundle.add(.arpBare, subject.name, address)
            }
            bundle.add(.arpBareWide, wide)
        case .unenforceable: return
        }
        for address in addresses {
            bundle.add(.arpOwn, subject.name, address)
        }
    }
}
