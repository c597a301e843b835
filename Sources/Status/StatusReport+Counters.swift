extension StatusReport.Endpoint {
    /// Read from the kernel when the status is asked.
    package struct Counters: Codable, Hashable, Sendable {
        package var toWorkload: Traffic
        package var fromWorkload: Traffic
        package var drops: Drops

        package init(toWorkload: Traffic = Traffic(), fromWorkload: Traffic = Traffic(), drops: Drops = Drops()) {
            self.toWorkload = toWorkload
            self.fromWorkload = fromWorkload
            self.drops = drops
        }
    }

    package struct Traffic: Codable, Hashable, Sendable {
        package var packets: UInt64
        package var bytes: UInt64

        package init(packets: UInt64 = 0, bytes: UInt64 = 0) {
            self.packets = packets
            self.bytes = bytes
        }
    }

    /// Dropped packets by reason. `arp` counts refused ARP frames whatever was wrong with them; the others are IP.
    package struct Drops: Codable, Hashable, Sendable {
        package var mac: UInt64
        package var ip: UInt64
        package var arp: UInt64
        package var nd: UInt64
        package var ra: UInt64
        package var dhcp: UInt64
        package var policy: UInt64
        package var host: UInt64

        package init(
            mac: UInt64 = 0, ip: UInt64 = 0, arp: UInt64 = 0, nd: UInt64 = 0, ra: UInt64 = 0, dhcp: UInt64 = 0,
            policy: UInt64 = 0, host: UInt64 = 0
        ) {
            self.mac = mac
            self.ip = ip
            self.arp = arp
            self.nd = nd
            self.ra = ra
            self.dhcp = dhcp
            self.policy = policy
            self.host = host
        }

        /// The reasons in the documented order.
        package var byReason: [(reason: String, count: UInt64)] {
            [
                ("mac", mac), ("ip", ip), ("arp", arp), ("nd", nd), ("ra", ra), ("dhcp", dhcp), ("policy", policy),
                ("host", host),
            ]
        }

        package var total: UInt64 {
            byReason.reduce(0) { sum, next in
                let (total, isBeyond) = sum.addingReportingOverflow(next.count)
                return isBeyond ? .max : total
            }
        }
    }
}
