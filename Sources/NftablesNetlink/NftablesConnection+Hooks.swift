import CMNL
import CNFTNL
import Glibc
public import Netlink
public import Nftables

extension NftablesConnection {
    /// The base chains of every table but these, those of dormant tables left out: they stand at no hook.
    ///
    /// Not of one generation: a chain that changes meanwhile is announced afterwards.
    public mutating func baseChains(except excluded: [Table]) throws(NetlinkError) -> [HookedChain] {
        let found = try hookedChains().filter { !excluded.contains($0.table) }
        var dormant: [Table: Bool] = [:]
        var chains: [HookedChain] = []
        for chain in found {
            if dormant[chain.table] == nil {
                dormant[chain.table] = try table(chain.table)?.flags.contains(.dormant) ?? true
            }
            guard dormant[chain.table] == false else { continue }
            chains.append(
                HookedChain(
                    chain.table, chain.name, base: chain.base, devices: chain.devices,
                    rules: try rules(in: chain.table, chain: chain.name)[chain.name] ?? []))
        }
        return chains
    }

    /// Without their rules.
    private mutating func hookedChains() throws(NetlinkError) -> [HookedChain] {
        var request = MessageBatch(firstSequence: socket.nextSequence)
        // Family 0 is every family's.
        request.append(type: NetfilterMessage.type(NFT_MSG_GETCHAIN), flags: .dump, header: NetfilterHeader(family: 0))
        return try socket.dump(request, operation: "dump", object: "base chains", into: [HookedChain]()) {
            chains, message throws(NetlinkError) in
            guard let family = TableFamily(rawValue: try message.header(NetfilterHeader.self).family) else { return }
            let tableName: String
            let devices: [String]
            do throws(OutOfMemory) {
                let encoded = try LibraryObject.chain()
                guard nftnl_chain_nlmsg_parse(message.pointer, encoded.pointer) >= 0,
                    let name = nftnl_chain_get_str(encoded.pointer, UInt16(NFTNL_CHAIN_TABLE))
                else { return }
                tableName = String(cString: name)
                devices = Self.devices(encoded.pointer)
            } catch {
                throw .outOfMemory("decode", "chain")
            }
            let table = Table(family, tableName)
            guard let chain = try Self.parseChain(message, in: table), let base = chain.base else { return }
            chains.append(HookedChain(table, chain.name, base: base, devices: devices))
        }
    }

    private static func devices(_ chain: OpaquePointer) -> [String] {
        if let device = nftnl_chain_get_str(chain, UInt16(NFTNL_CHAIN_DEV)) { return [String(cString: device)] }
        guard let list = nftnl_chain_get_array(chain, UInt16(NFTNL_CHAIN_DEVICES)) else { return [] }
        var devices: [String] = []
        var next = list
        while let name = next.pointee {
            devices.append(String(cString: name))
            next += 1
        }
        return devices
    }
}
