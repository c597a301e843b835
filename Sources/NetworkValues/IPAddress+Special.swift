extension IPAddress {
    /// Why no workload can have this address, in a few words, or `nil` when one can (RFC 6890; RFC 4291 section 2.4).
    public var reasonAgainstWorkload: String? {
        switch family {
        case .v4:
            switch rawValue >> 24 {
            case 0: "of this network (0.0.0.0/8)"
            case 127: "a loopback address"
            case 224...239: "a multicast address"
            case 255 where rawValue == 0xffff_ffff: "the broadcast address"
            // Calico's gateway, which the host answers for.
            default: rawValue == 0xa9fe_0101 ? "the workloads' gateway" : nil
            }
        case .v6:
            if rawValue == 0 {
                "the unspecified address"
            } else if rawValue == 1 {
                "the loopback address"
            } else {
                rawValue >> 120 == 0xff ? "a multicast address" : nil
            }
        }
    }
}
