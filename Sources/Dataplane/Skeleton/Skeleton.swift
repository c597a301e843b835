/// The chains that stand whether or not there are endpoints.
///
/// Every chain that is reached by `goto` ends in a verdict: running off its end would meet the base chain's policy,
/// which accepts, so that other software's traffic is never touched. The maps' elements `jump`: from a chain that is empty or
/// was emptied by somebody, a packet comes back to where those of unknown interfaces are dropped.
package enum Skeleton {
    package static func chains(_ options: DataplaneOptions) -> [ChainDefinition] {
        sourceFilter(options) + filter(options) + nat(options) + (options.filtersARP ? arp(options) : [])
    }
}
