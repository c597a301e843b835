import NetworkValues

/// Networks, of which those inside another are hidden: the kernel's interval sets take no overlaps
/// (`nft_set_rbtree.c`, `nft_set_pipapo.c`: `EEXIST`).
struct NetworkCover: Sendable {
    private var networks = SortedNetworks()
    /// How many networks there are of a length.
    private var lengths: [IPFamily: [Int: Int]] = [:]
    /// Those that are in no other.
    private(set) var visible: Set<IPPrefix> = []

    /// Takes networks that were not there and drops some that were; returns what has become visible, and what is so no
    /// more.
    mutating func update(added: [IPPrefix], removed: [IPPrefix]) -> (shown: [IPPrefix], hidden: [IPPrefix]) {
        for network in removed {
            networks.remove(network)
            lengths[network.family, default: [:]][network.length, default: 0] -= 1
        }
        for network in added {
            networks.insert(network)
            lengths[network.family, default: [:]][network.length, default: 0] += 1
        }
        var affected = Set(added).union(removed)
        for network in added + removed where !network.isHost {
            networks.forEach(inside: network) { affected.insert($0) }
        }
        var (shown, hidden): ([IPPrefix], [IPPrefix]) = ([], [])
        for network in affected {
            let isVisible = networks.contains(network) && !isCovered(network)
            guard isVisible != visible.contains(network) else { continue }
            if isVisible {
                shown.append(network)
                visible.insert(network)
            } else {
                hidden.append(network)
                visible.remove(network)
            }
        }
        return (shown, hidden)
    }

    private func isCovered(_ network: IPPrefix) -> Bool {
        (lengths[network.family] ?? [:]).contains { length, count in
            length < network.length && count > 0
                && networks.contains(IPPrefix(network.address, length: length))
        }
    }
}

/// Networks in the order of their addresses, in pieces of bounded length.
struct SortedNetworks: Sendable {
    private static let longest = 512
    private var pieces: [[IPPrefix]] = []

    mutating func insert(_ network: IPPrefix) {
        guard !pieces.isEmpty else {
            pieces = [[network]]
            return
        }
        let piece = piece(for: network)
        let place = Self.place(of: network, in: pieces[piece])
        pieces[piece].insert(network, at: place)
        guard pieces[piece].count > Self.longest else { return }
        let half = Array(pieces[piece][(Self.longest / 2)...])
        pieces[piece].removeSubrange((Self.longest / 2)...)
        pieces.insert(half, at: piece + 1)
    }

    mutating func remove(_ network: IPPrefix) {
        guard contains(network) else { return }
        let piece = piece(for: network)
        pieces[piece].remove(at: Self.place(of: network, in: pieces[piece]))
        if pieces[piece].isEmpty {
            pieces.remove(at: piece)
        }
    }

    func contains(_ network: IPPrefix) -> Bool {
        guard !pieces.isEmpty else { return false }
        let piece = pieces[piece(for: network)]
        let place = Self.place(of: network, in: piece)
        return place < piece.count && piece[place] == network
    }

    /// Those within a network, itself included.
    func forEach(inside network: IPPrefix, _ body: (IPPrefix) -> Void) {
        guard !pieces.isEmpty else { return }
        let first = piece(for: network)
        var place = Self.place(of: network, in: pieces[first])
        for piece in pieces[first...] {
            while place < piece.count {
                guard network.contains(piece[place]) else { return }
                body(piece[place])
                place += 1
            }
            place = 0
        }
    }

    /// The last piece that begins at or before it.
    private func piece(for network: IPPrefix) -> Int {
        var (low, high) = (0, pieces.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if network < pieces[middle][0] { high = middle } else { low = middle }
        }
        return low
    }

    /// Of the first that is not before it.
    private static func place(of network: IPPrefix, in piece: [IPPrefix]) -> Int {
        var (low, high) = (0, piece.count)
        while low < high {
            let middle = (low + high) / 2
            if piece[middle] < network { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
