/// Text for `nft -f` in the shape of Felix's dataplane for as many endpoints as ours has.
///
/// Of each endpoint two chains with 18 rules between them, two elements of the verdict maps that lead there, and two of the maps
/// for its external address; a profile and a policy that all share. Marks, returns and the order of rules are Felix's
/// (felix/rules/endpoints.go: `filter-cali-fw-`, `filter-cali-tw-`), the check of MAC and addresses is added, so that it
/// does what ours does; its second table for IPv6, comments and counters are left out, which is in its favour.
struct FelixRuleset {
    let count: Int

    /// That of the endpoints of ``World``.
    var text: String {
        var text = """
            table inet calico {
            \tmap from { type ifname : verdict; \(elements { "\"cali\($0)\" : goto filter-cali-fw-cali\($0)" }) }
            \tmap to { type ifname : verdict; \(elements { "\"cali\($0)\" : goto filter-cali-tw-cali\($0)" }) }
            \tmap fip-dnat { type ipv4_addr : ipv4_addr; \(elements { "\(World.external($0)) : \(World.address($0))" }) }
            \tmap fip-snat { type ipv4_addr : ipv4_addr; \(elements { "\(World.address($0)) : \(World.external($0))" }) }

            """
        text += """
            \tchain filter-cali-pi-web { meta l4proto tcp tcp dport { 80, 443 } meta mark set meta mark or 0x10000 return; }
            \tchain filter-cali-po-web { meta mark set meta mark or 0x10000; return; }
            \tchain filter-cali-pri-open { meta mark set meta mark or 0x10000; return; }
            \tchain filter-cali-pro-open { meta mark set meta mark or 0x10000; return; }

            """
        for number in 1...max(count, 1) {
            text += from(number)
            text += to(number)
        }
        return text + """
            \tchain forward {
            \t\ttype filter hook forward priority 0; policy accept;
            \t\tmeta mark set meta mark and 0xfffcffff
            \t\tiifname "cali*" iifname vmap @from
            \t\toifname "cali*" oifname vmap @to
            \t}
            \tchain prerouting { type nat hook prerouting priority -100; dnat ip to ip daddr map @fip-dnat; }
            \tchain postrouting { type nat hook postrouting priority 110; snat ip to ip saddr map @fip-snat; }
            }

            """
    }

    private func elements(_ element: (Int) -> String) -> String {
        "elements = { \((1...max(count, 1)).map(element).joined(separator: ", ")) }"
    }

    /// What a workload sends: ten rules.
    private func from(_ number: Int) -> String {
        """
        \tchain filter-cali-fw-cali\(number) {
        \t\tct state established,related accept
        \t\tct state invalid drop
        \t\tether saddr != \(World.mac(number)) drop
        \t\tmeta nfproto ipv4 ip saddr != \(World.address(number)) drop
        \t\tmeta nfproto ipv6 ip6 saddr != \(World.address6(number)) drop
        \t\tmeta mark set meta mark and 0xfffcffff
        \t\tjump filter-cali-po-web
        \t\tmeta mark and 0x10000 == 0x10000 return
        \t\tjump filter-cali-pro-open
        \t\tmeta mark and 0x10000 != 0x10000 drop
        \t}

        """
    }

    /// What it gets: eight.
    private func to(_ number: Int) -> String {
        """
        \tchain filter-cali-tw-cali\(number) {
        \t\tct state established,related accept
        \t\tct state invalid drop
        \t\tmeta mark set meta mark and 0xfffcffff
        \t\tjump filter-cali-pi-web
        \t\tmeta mark and 0x10000 == 0x10000 return
        \t\tjump filter-cali-pri-open
        \t\tmeta mark and 0x10000 == 0x10000 return
        \t\tdrop
        \t}

        """
    }
}
