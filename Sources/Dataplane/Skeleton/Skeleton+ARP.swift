package import NetworkValues
import Nftables

extension Skeleton {
    /// The gateway that workloads are told to use, Calico's convention.
    package static let gateway = IPAddress(family: .v4, rawValue: 0xa9fe_0101)

    /// The source filter for ARP: what an endpoint claims about itself must be its own.
    ///
    /// Every ARP frame for the host passes this hook before the kernel acts on it, proxied requests too. The first
    /// fields are matched because the offsets of the others depend on them (RFC 826).
    static func arp(_ options: DataplaneOptions) -> [ChainDefinition] {
        let ethernetIPv4: [Statement] = [
            .equal(.arpHardwareType, Value(bigEndian: 1)), .equal(.arpProtocolType, .etherTypeIPv4),
            .equal(.arpHardwareLength, Value(octet: 6)), .equal(.arpProtocolLength, Value(octet: 4)),
        ]
        return [
            ChainDefinition(
                .margayARP, "input", base: BaseChain(.filter, hook: .input, priority: 0),
                [Rule(.lookup(.iifname, in: .arpEndpoints), .goto(Name.source))]
                    + unknownInterfaces(options, .iifname)),
            ChainDefinition(
                .margayARP, Name.source,
                [
                    Rule(
                        ethernetIPv4 + [
                            .lookup(.iifname, .etherSource, .arpSenderEther, .arpSenderIPv4, in: .arpSender), .accept,
                        ]),
                    // An address probe has no sender address yet (RFC 5227 section 2.1.1).
                    Rule(
                        ethernetIPv4 + [
                            .equal(.arpOperation, .arpRequest), .equal(.arpSenderIPv4, .anyIPv4),
                            .lookup(.iifname, .etherSource, .arpSenderEther, in: .arpProbe), .accept,
                        ]),
                    Rule(
                        ethernetIPv4 + [
                            .lookup(.iifname, .etherSource, .arpSenderEther, in: .arpProbe),
                            .lookup(.iifname, .arpSenderIPv4, in: .arpWide), .accept,
                        ]),
                    Rule(ethernetIPv4 + [.lookup(.iifname, .arpSenderIPv4, in: .arpBare), .accept]),
                    Rule(ethernetIPv4 + [.lookup(.iifname, .arpSenderIPv4, in: .arpBareWide), .accept]),
                    Rule(.lookup(.iifname, in: .arpDrops), .drop),
                    Rule(.drop),
                ]),
            ChainDefinition(
                .margayARP, "output", base: BaseChain(.filter, hook: .output, priority: 0),
                [
                    // The local route for a gateway would make the host answer for it on every other link too.
                    Rule(
                        .lookup(.oifname, in: .arpEndpoints, inverted: true), .equal(.arpOperation, .arpReply),
                        .lookup(.arpSenderIPv4, in: .arpGateways), .drop)
                ]
                    // While the route of an address is missing, proxy_arp would claim it to its own endpoint.
                    + [KnownSet.arpOwn, .arpWide, .arpBareWide].map { set in
                        Rule(.lookup(.oifname, .arpSenderIPv4, in: set), .equal(.arpOperation, .arpReply), .drop)
                    }),
        ]
    }
}
